"""A household as the pages of an application and of a file show it: masked, in words."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.registry import queries as registry
from nuanxin.registry.groups import FINANCE, HIDDEN, may, shown
from nuanxin.registry.labels import label
from nuanxin.registry.models import Expense, Household

from ..models import Assessment


@dataclass(frozen=True)
class Fact:
    """One figure of the strip under a page's head."""

    label: Any
    value: Any
    unit: Any = ""


def facts_strip(household: Household, assessment: Assessment | None) -> list[Fact]:
    """Five figures that matter: people, monthly per head, the local line, the cause, the card."""
    line = _standard(assessment, "dibao")
    return [
        Fact(_("家庭人口"), household.people or "—", _("人") if household.people else ""),
        _per_head(assessment),
        Fact(_("当地低保标准"), line or "—", _("元") if line else ""),
        Fact(_("主要致困原因"), label("main_cause", household.main_cause) or "—"),
        Fact(_("银行卡尾号"), shown(household, "card_mask")[-4:] if household.card_mask else _("未登记")),
    ]


def _per_head(assessment: Assessment | None) -> Fact:
    title = _("月人均（扣除刚性支出）")
    if assessment is None or assessment.monthly_per_head is None:
        return Fact(title, "—")
    if not may(scope.current(), FINANCE):
        return Fact(title, HIDDEN)
    return Fact(title, f"{assessment.monthly_per_head:,.2f}", _("元"))


def _standard(assessment: Assessment | None, name: str) -> str:
    """An amount the assessment used, as it is written."""
    used = assessment.standards.get(name) if assessment else None
    return f"{Decimal(used['value']):,.2f}" if used else ""


@dataclass(frozen=True)
class Person:
    """A member as the page shows them: no full ID number, no phone."""

    name: str
    relation: str
    sex: str
    born_on: str
    id_mask: str
    health: str
    work: str
    school: str
    monthly_income: str


def people(household: Household) -> list[Person]:
    """Who lives in the household now."""
    return [
        Person(
            name=shown(member.person, "name"),
            relation=label("relation", member.relation),
            sex=label("sex", member.person.sex),
            born_on=shown(member.person, "born_on"),
            id_mask=shown(member.person, "id_mask"),
            health=shown(member.person, "health"),
            work=label("work_status", member.person.work_status),
            school=shown(member.person, "school") if member.person.school else "",
            monthly_income=shown(member.person, "monthly_income"),
        )
        for member in registry.members_of(household)
    ]


@dataclass(frozen=True)
class Finances:
    """What comes in and what must go out in a year, as far as the reader may see it."""

    annual_income: str
    other_income: str
    loss: str
    expenses: list[Expense]


def finances(household: Household) -> Finances:
    """The household's income, sudden loss and rigid spending."""
    income, other, loss = (shown(household, name) for name in ("annual_income", "other_income", "loss"))
    return Finances(income, other, loss, list(registry.expenses_of(household)))

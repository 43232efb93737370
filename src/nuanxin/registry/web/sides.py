"""Two rows of the registry beside each other: their facts, their households, what a merge would move."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.registry import groups, queries
from nuanxin.registry.doubles import rules
from nuanxin.registry.models import Household, Likeness, Person
from nuanxin.registry.services.merge_homes import home_of

FACTS = (
    "name", "sex", "born_on", "id_mask", "phone_mask", "contact_mask", "ethnic", "political",
    "education", "marriage", "hukou", "health", "disability_kind", "work_status", "employer", "school",
    "medical_insurance",
    "died_on",
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """A row with its household and how many rows of each kind refer to it."""

    person: Person
    name: str
    home: Household | None
    members: list[str]
    belongs: list[tuple[Any, int]]


@dataclass(frozen=True)
class Sides:
    left: Side
    right: Side
    facts: list[tuple[Any, str, str]]


def sides(pair: Likeness) -> Sides:
    """Both rows of a pair with their facts compared."""
    facts = [
        (queries.name_of(Person, name), groups.shown(pair.left, name), groups.shown(pair.right, name))
        for name in FACTS
    ]
    facts.insert(0, (_("所属工会"), pair.left.org.local_name, pair.right.org.local_name))
    facts = [(label, one, other) for label, one, other in facts if (one, other) != ("—", "—")]
    left, right = _side(pair.left), _side(pair.right)
    facts.append((_("家庭住址"), _address(left), _address(right)))
    return Sides(left, right, facts)


def _address(side: Side) -> str:
    return side.home.address if side.home else ""


def _side(person: Person) -> Side:
    home = home_of(person)
    members = [groups.shown(m.person, "name") for m in queries.members_of(home)] if home else []
    belongs = [(label, count) for label, count in queries.belongings(person) if count]
    return Side(person, groups.shown(person, "name"), home, members, belongs)


def explained(pair: Likeness) -> list[tuple[Any, Any, float]]:
    """What speaks for and against: what was compared, how it came out, and the bits it added."""
    return [
        (
            rules.WHAT[mark["what"]],
            rules.HOW.get(mark["how"], rules.LABELS.get(mark["how"], "")),
            mark["bits"],
        )
        for mark in pair.marks
    ]

"""A programme in words, for pages: what its codes mean in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as approvals
from nuanxin.kernel.money import Money

from .. import cells, queries
from ..engine.texts import Text
from ..groups_zh import GROUPS
from ..programmes import Limit, Programme
from .showing import FUNDS

SUBJECTS = {
    "household": _("家庭"),
    "person": _("职工个人"),
    "child": _("职工子女"),
    "employer": _("用人单位"),
    "organisation": _("工会组织"),
}
NEEDS_FILE = {"yes": _("须有在册档案"), "no": _("不需要档案"), "either": _("有没有档案都可以")}
OUTCOMES = {"file": _("建立档案"), "award": _("发放救助金"), "service": _("提供服务")}
PAYEES = {
    "head": _("户主"),
    "person": _("申请人本人"),
    "employer": _("用人单位"),
    "organisation": _("工会组织"),
    "none": _("不付款"),
}
REPEATS = {"once": _("只享受一次"), "yearly": _("每年一次"), "any": _("可以多次")}
ANSWERS = {
    "text": _("文字"),
    "money": _("金额（元）"),
    "number": _("数字"),
    "count": _("整数"),
    "flag": _("是或否"),
    "date": _("日期"),
    "code": _("选择一项"),
}
FILED_AT = {
    "national": _("国家级"),
    "provincial": _("省级"),
    "city": _("市级"),
    "county": _("县级"),
    "grassroots": _("基层"),
}
WHO = {"person": _("同一职工"), "child": _("同一子女"), "household": _("同一家庭")}
PERIODS = {"year": _("同一年内"), "month": _("同一个月内"), "ever": _("任何时候")}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One programme as its page shows it."""

    programme: Programme
    title: str
    about: str
    group: str
    subject: str
    needs_file: str
    outcome: str
    payee: str
    repeat: str
    route: str
    funds: str
    standards: str
    limit: str
    double: str
    beside: str
    statistics: str
    act_first: str
    fields: list[dict[str, Any]]
    documents: list[tuple[str, bool]]


def say(text: Text | None) -> str:
    return text.in_(get_language() or "zh") if text else ""


def listed(words: Iterable[Any]) -> str:
    return gettext("、").join(map(str, words))


def sheet(programme: Programme, place: str, day: date) -> Sheet:
    """The programme in words, with its limits as they are at a place on a day."""
    return Sheet(
        programme=programme,
        title=say(programme.title),
        about=say(programme.about),
        group=say(programme.group_title),
        subject=str(SUBJECTS[programme.subject]),
        needs_file=str(NEEDS_FILE[programme.needs_file]),
        outcome=str(OUTCOMES[programme.outcome]),
        payee=str(PAYEES[programme.payee]),
        repeat=str(REPEATS[programme.repeat]),
        route=route_title(programme.route, place, day),
        funds=listed(FUNDS[fund] for fund in programme.funds),
        standards=listed(FILED_AT[filed.code] for filed in programme.standards),
        limit=limit(programme.limit, place, day),
        double=_double(programme),
        beside=_beside(programme, place, day),
        statistics=listed(say(cells.title(code)) for code in programme.statistics),
        act_first=_act_first(programme, place, day),
        fields=[_field(field) for field in programme.fields],
        documents=[(say(document.title), document.required) for document in programme.documents],
    )


def routes(place: str, day: date) -> list[tuple[str, str]]:
    """The routes at a place, by code: for a choice."""
    return [(route.code, route.local_title) for route in approvals.routes_in_force(place, day)]


def route_title(code: str, place: str, day: date) -> str:
    return dict(routes(place, day)).get(code, code)


def limit(found: Limit | None, place: str, day: date) -> str:
    """An amount in words; a standard nobody has set here is said to be missing."""
    if found is None:
        return ""
    amount: Money | None = queries.limit_at(found, place, day)
    if amount is None:
        return gettext("本地尚未设定")
    return gettext("%(yuan)s 元") % {"yuan": f"{amount.to_yuan():,.2f}"}


def _double(programme: Programme) -> str:
    found = programme.double
    if found is None:
        return ""
    values = {"who": WHO[found.who], "period": PERIODS[found.period]}
    return gettext("%(who)s，%(period)s只享受一次") % values


def _beside(programme: Programme, place: str, day: date) -> str:
    if programme.double is None or not programme.double.kinds:
        return ""
    titles = {other.code: say(other.title) for other in queries.programmes_in_force(place, day)}
    return listed(titles.get(code, code) for code in programme.double.kinds)


def _act_first(programme: Programme, place: str, day: date) -> str:
    found = programme.act_first
    if found is None:
        return ""
    values = {
        "cap": limit(found.cap, place, day),
        "people": found.approvers,
        "days": found.papers_days,
    }
    return gettext("上限 %(cap)s，%(people)s 人同意后先付款，%(days)s 个工作日内补齐材料") % values


def _field(field: Any) -> dict[str, Any]:
    return {
        "title": say(field.title),
        "help": say(field.help),
        "type": str(ANSWERS[field.type]),
        "options": listed(say(title) for _value, title in field.options),
        "required": field.required,
        "fact": field.fact,
    }


def by_group(programmes: Iterable[Programme]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The programmes under their headings, in the order of the menu."""
    found: dict[str, list[dict[str, Any]]] = {}
    for programme in programmes:
        row = {
            "programme": programme,
            "title": say(programme.title),
            "about": say(programme.about),
            "subject": SUBJECTS[programme.subject],
            "needs_file": NEEDS_FILE[programme.needs_file],
            "outcome": OUTCOMES[programme.outcome],
        }
        found.setdefault(programme.group, []).append(row)
    return [(say(GROUPS[group]), rows) for group, rows in found.items()]

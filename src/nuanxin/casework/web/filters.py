"""Filters of the lists."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import queries as approvals
from nuanxin.approvals.models import RouteStep
from nuanxin.kernel import scope
from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.kernel.sets import begins, found_in
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.orgs import queries as orgs
from nuanxin.policy import queries as policy
from nuanxin.registry.labels import choices
from nuanxin.registry.models import Roster

from .. import queries
from ..models import CLASSES, RESULTS, Award, Exit, FileStandard, Watch
from .explained import say


def units_below() -> list[tuple[str, Any]]:
    """The units directly below the actor's, to filter by."""
    actor = scope.current()
    return [(node.path, node.local_name) for node in orgs.children_of(actor.org_path)]


def committed_rosters(request: Any = None) -> QuerySet[Roster]:
    """Rosters whose households are in the registry, newest first."""
    return Roster.objects.filter(committed__isnull=False).order_by("-id")


def by_unit(rows: QuerySet[Any], name: str, path: str) -> QuerySet[Any]:
    """The rows at or below the chosen unit."""
    return queries.below(rows, path)


def by_head(prefix: str, text: str) -> Q:
    """A condition by the beginning of the head's name or pinyin, which an index serves in any scope."""
    found = begins(f"{prefix}pinyin", pinyin_key(text))
    return found if text.isascii() else begins(f"{prefix}name", text)


def search_heads(rows: QuerySet[Any], prefix: str, text: str) -> QuerySet[Any]:
    """Rows whose head is called so, by name, pinyin or initials."""
    text = text.replace("\0", "").strip()
    called = by_head(prefix, text)
    if not text.isascii():
        return rows.filter(called)
    return rows.filter(called | Q(**{f"{prefix}initials": text.lower()}))


def search_files(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows of a file: by its number, or by the head's name, pinyin or initials."""
    if any(sign.isdigit() for sign in text):
        return rows.filter(begins("file__number", text.strip()))
    return search_heads(rows, "file__household__head__", text)


class MoneyFilter(filters.Filter):
    """An amount in yuan, as it is typed."""

    field_class = MoneyFormField


def programmes_here() -> list[tuple[str, str]]:
    """The programmes in force where one sits."""
    found = policy.programmes_in_force(scope.current().org_path, timezone.localdate())
    return [(programme.code, say(programme.title)) for programme in found]


def steps_here() -> list[tuple[str, str]]:
    """The steps of the routes in force where one sits, each code once."""
    routes = approvals.routes_in_force(scope.current().org_path, timezone.localdate())
    steps = RouteStep.objects.filter(route__in=routes).order_by("position", "code")
    return list({step.code: step.local_title for step in steps}.items())


#: What the reader is to do about an application: the heaps of the work list.
TODO = [
    ("returned", _("退回给我补正")),
    ("draft", _("待我提交")),
    ("review", _("待我审核")),
    ("objected", _("待处理的异议")),
    ("decide", _("待我审批")),
]


class ApplicationFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、单位名称、拼音"), method="search")
    programme = filters.ChoiceFilter(label=_("项目"), choices=programmes_here)
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    step = filters.ChoiceFilter(label=_("当前步骤"), choices=steps_here, method="at_step")
    todo = filters.ChoiceFilter(label=_("由我办理"), choices=TODO, method="to_do")
    result = filters.ChoiceFilter(label=_("认定结论"), choices=RESULTS, field_name="assessment__result")
    applied_on = filters.DateFromToRangeFilter(label=_("申请日期"))
    at_least = MoneyFilter(label=_("金额不低于"), field_name="amount", lookup_expr="gte")
    at_most = MoneyFilter(label=_("金额不高于"), field_name="amount", lookup_expr="lte")

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        text = value.replace("\0", "").strip()
        called = by_head("household__head__", text) | by_head("person__", text) | by_head("employer__", text)
        if text.isascii():
            initials = text.lower()
            called |= Q(household__head__initials=initials) | Q(person__initials=initials)
        return rows.filter(called)

    def at_step(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queries.at_step(rows, value)

    def to_do(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """What the work list has for the reader."""
        return rows.filter(found_in(queries.to_do(value, scope.current()).order_by().values("pk")))


class HouseholdFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    roster = filters.ModelChoiceFilter(
        label=_("花名册"),
        queryset=committed_rosters,
    )

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_heads(rows, "head__", value)


#: Where a file stands this year: (stock, new, returned to difficulty).
ORIGINS = [("stock", _("存量")), ("new", _("增量")), ("returned", _("返困"))]


def by_origin(rows: QuerySet[Any], name: str, origin: str) -> QuerySet[Any]:
    """Files of earlier years, or those of this year, new or returned."""
    first = timezone.localdate().replace(month=1, day=1)
    if origin == "stock":
        return rows.filter(opened_on__lt=first)
    return rows.filter(opened_on__gte=first, reopened=origin == "returned")


def by_standard(rows: QuerySet[Any], name: str, standard: str) -> QuerySet[Any]:
    """Files kept at a standard now."""
    live = FileStandard.objects.filter(file=OuterRef("pk"), standard=standard, until__isnull=True)
    return rows.filter(Exists(live))


class FileFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    clazz = filters.ChoiceFilter(label=_("困难类别"), choices=CLASSES[:3])
    cause = filters.ChoiceFilter(
        label=_("主要致困原因"),
        choices=lambda: choices("main_cause")[1:],
        field_name="household__main_cause",
    )
    origin = filters.ChoiceFilter(label=_("存量、增量、返困"), choices=ORIGINS, method=by_origin)
    standard = filters.ChoiceFilter(
        label=_("建档标准"), choices=FileStandard.Standard.choices, method=by_standard
    )
    opened_on = filters.DateFromToRangeFilter(label=_("建档日期"))

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if any(sign.isdigit() for sign in value):
            return rows.filter(begins("number", value.strip()))
        return search_heads(rows, "household__head__", value)


class AidListFilter(FilterSet):
    q = filters.CharFilter(label=_("名单名称"), field_name="title", lookup_expr="icontains")
    year = filters.NumberFilter(label=_("年度"))


class AwardFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    clazz = filters.ChoiceFilter(label=_("困难类别"), choices=CLASSES[:3], field_name="file__clazz")
    state = filters.ChoiceFilter(label=_("状态"), choices=Award._meta.get_field("state").choices)
    card = filters.BooleanFilter(
        label=_("未登记银行卡"), field_name="file__household__card_hash", lookup_expr="isnull"
    )

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_files(rows, value)


class ExitFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    kind = filters.ChoiceFilter(label=_("退出类型"), choices=Exit.Kind.choices)
    decided_on = filters.DateFromToRangeFilter(label=_("批准日期"))

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_files(rows, value)


class TaperFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音、档案号"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_files(rows, value)


class WatchFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名、拼音"), method="search")
    unit = filters.ChoiceFilter(label=_("下级单位"), choices=units_below, method=by_unit)
    kind = filters.ChoiceFilter(label=_("监测类型"), choices=Watch.Kind.choices)

    def search(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return search_heads(rows, "household__head__", value)

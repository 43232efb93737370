"""Likely doubles: the queue, two rows side by side, merging and taking it back; and a look while entering."""

from collections.abc import Sequence
from typing import Any

import django_filters as filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import begins
from nuanxin.kernel.web.filters import FilterSet
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, NumberColumn, Table
from nuanxin.records import queries as records
from nuanxin.registry import flow, groups, queries, services
from nuanxin.registry.doubles import rules
from nuanxin.registry.models import Likeness, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD, EXPORT, MERGE

from .sides import explained, sides

TONES = {"open": "wait", "merged": "done", "distinct": "off"}


class LikenessTable(Table):
    main = "left"
    left = Column(_("两条记录"), orderable=False)
    numbers = Column(_("身份证号"), accessor="pk", orderable=False)
    places = Column(_("单位"), accessor="pk", orderable=False)
    rule = Column(_("依据"))
    weight = NumberColumn(_("可能性（分）"), order_by=("weight", "pk"))
    state = ChipColumn(_("状态"), tones=TONES)
    found = DateColumn(_("发现日期"))

    class Meta(Table.Meta):
        order_by = ("-weight",)

    def row_url(self, record: Likeness) -> str:
        return reverse("registry:likeness", args=[record.pk])

    def render_left(self, record: Likeness) -> str:
        return " ／ ".join(groups.shown(person, "name") for person in (record.left, record.right))

    def render_numbers(self, record: Likeness) -> str:
        return " ／ ".join(groups.shown(person, "id_mask") for person in (record.left, record.right))

    def render_places(self, record: Likeness) -> str:
        return " ／ ".join(dict.fromkeys(person.org.local_name for person in (record.left, record.right)))

    def render_rule(self, value: str) -> Any:
        return rules.LABELS[value]

    def render_weight(self, value: float) -> str:
        return f"{value:.0f}"

    def value_weight(self, value: float) -> int:
        return round(value)

    value_left, value_numbers, value_places, value_rule = (
        render_left,
        render_numbers,
        render_places,
        render_rule,
    )


class LikenessFilter(FilterSet):
    q = filters.CharFilter(label=_("姓名"), method="search")
    rule = filters.ChoiceFilter(label=_("依据"), choices=list(rules.LABELS.items()))
    weight = filters.NumberFilter(label=_("可能性不低于（分）"), field_name="weight", lookup_expr="gte")
    county = filters.CharFilter(label=_("单位"), method="placed")

    def search(self, rows: QuerySet[Likeness], name: str, value: str) -> QuerySet[Likeness]:
        return rows.filter(begins("left__name", value) | begins("right__name", value))

    def placed(self, rows: QuerySet[Likeness], name: str, value: str) -> QuerySet[Likeness]:
        return rows.filter(org__name__icontains=value)


class Likenesses(ListPage):
    permissions = (MERGE,)
    title = _("疑似重复")
    note = _("可能是同一人的两条记录。逐对核对：合并，或标明不是同一人；拿不准的留着以后再看。")
    table_class = LikenessTable
    filterset_class = LikenessFilter
    export_name = "registry.likenesses"
    export_permission = EXPORT
    template_name = "registry/likenesses.html"
    unit = pgettext_lazy("pair", "对")
    empty_title = _("没有疑似重复")
    empty_text = _("登记人员、导入花名册时会自动比对；也可以把管辖范围内的全部人员查找一遍。")

    def get_queryset(self) -> QuerySet[Likeness]:
        return queries.likenesses()

    def get_tabs(self) -> Sequence[Tab]:
        return [
            Tab("open", flow.LIKENESS.states["open"], queries.open_likenesses().count()),
            Tab("merged", flow.LIKENESS.states["merged"]),
            Tab("distinct", flow.LIKENESS.states["distinct"]),
        ]

    def in_tab(self, rows: QuerySet[Likeness], key: str) -> QuerySet[Likeness]:
        return queries.open_likenesses() if key == "open" else rows.filter(state=key)

    def get_context(self) -> dict[str, Any]:
        return {"job": services.search_under_way()}


class MergeForm(Form):
    groups = [Group(_("合并"), ["keep", "reason"])]
    layouts = {"keep": "segments"}

    keep = forms.ChoiceField(label=_("保留哪一条"))
    reason = forms.CharField(
        label=_("判断是同一人的依据"), max_length=200, help_text=_("如：身份证原件、户口簿、本人确认。")
    )

    def __init__(self, *args: Any, pair: tuple[Person, Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pair = {str(person.pk): person for person in pair}
        named = [
            (key, f"{groups.shown(p, 'name')} {groups.shown(p, 'id_mask')}") for key, p in self.pair.items()
        ]
        self.fields["keep"] = forms.ChoiceField(
            label=_("保留哪一条"), choices=named, widget=forms.RadioSelect, initial=named[0][0]
        )

    def chosen(self) -> tuple[Person, Person]:
        """The row to keep and the one to go."""
        kept = self.pair[self.cleaned_data["keep"]]
        return kept, next(person for person in self.pair.values() if person != kept)


class ReasonForm(Form):
    reason = forms.CharField(label=_("依据"), max_length=200)


def _found(pk: int) -> Likeness:
    return get_or_out_of_sight(queries.likenesses(), pk=pk)


def _page(request: HttpRequest, pair: Likeness, form: MergeForm, status: int = 200) -> HttpResponse:
    merge = queries.merges_of(pair).first()
    nxt = queries.open_likenesses().exclude(pk=pair.pk).first()
    context = {
        "pair": pair,
        "tone": TONES[pair.state],
        "form": form,
        "distinct": ReasonForm(prefix="distinct"),
        "undo": ReasonForm(prefix="undo"),
        "sides": (compared := sides(pair)),
        "sides_list": (compared.left, compared.right),
        "marks": explained(pair),
        "rule": rules.LABELS[pair.rule],
        "merge": merge if merge and not merge.undone else None,
        "next": nxt.pk if nxt else None,
        "events": records.timeline(pair, pair.left, pair.right)[:20],
    }
    return render(request, "registry/likeness.html", context, status=status)


@needs(MERGE)
def likeness(request: HttpRequest, pk: int) -> HttpResponse:
    """Two rows side by side; merging one into the other."""
    pair = _found(pk)
    data = request.POST if request.method == "POST" else None
    form = MergeForm(data, pair=(pair.left, pair.right))
    if data is not None and form.is_valid():
        kept, gone = form.chosen()
        try:
            services.merge_persons(kept=kept, gone=gone, reason=form.cleaned_data["reason"], likeness=pair)
            messages.success(request, _("已合并。拿错了可以在本页撤销。"))
            return redirect("registry:likeness", pk)
        except Refused as refusal:
            form.refuse(refusal)
    return _page(request, pair, form, 422 if form.errors else 200)


@needs(MERGE)
@require_POST
def distinct(request: HttpRequest, pk: int) -> HttpResponse:
    """These are two persons."""
    services.judge_distinct(likeness=_found(pk), reason=request.POST.get("distinct-reason", ""))
    messages.success(request, _("已标明不是同一人，以后的查找不再列出这一对。"))
    return redirect("registry:likenesses")


@needs(MERGE)
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a pair once more that was judged to be two persons."""
    services.look_again(likeness=_found(pk))
    return redirect("registry:likeness", pk)


@needs(MERGE)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the merge of the pair back."""
    pair = _found(pk)
    merge = get_or_out_of_sight(queries.merges_of(pair).filter(undone__isnull=True), gone__isnull=False)
    services.undo_merge(merge=merge, reason=request.POST.get("undo-reason", ""))
    messages.success(request, _("已撤销合并，两条记录恢复原样。"))
    return redirect("registry:likeness", pk)


@needs(MERGE)
@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """Look through everybody in scope, as a job."""
    services.find_doubles()
    return redirect("registry:likenesses")


@needs(EDIT_HOUSEHOLD)
@require_POST
def likely(request: HttpRequest) -> HttpResponse:
    """While somebody is being entered: who may be registered already, as a part of the form."""
    typed: dict[str, Any] = {n: request.POST.get(n, "")[:60] for n in ("name", "id_number", "phone")}
    address = request.POST.get("address", "")[:200]
    org_path = request.POST.get("union", "") or scope.current().org_path
    context = {
        "likely": [_shown(one) for one in queries.likely(org_path=org_path, address=address, **typed)],
        "elsewhere": services.filed_elsewhere_by_number(typed["id_number"]),
        "ask_url": _url_or_none("registry:transfer_ask"),
    }
    return render(request, "registry/_likely.html", context)


def _shown(one: queries.Likely) -> dict[str, Any]:
    """What a page says of somebody who may be meant."""
    return {
        "person": one.person,
        "name": groups.shown(one.person, "name"),
        "id_mask": groups.shown(one.person, "id_mask"),
        "home_url": reverse("registry:household", args=[one.household.pk]) if one.household else "",
        "reasons": one.reasons,
    }


def _url_or_none(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None

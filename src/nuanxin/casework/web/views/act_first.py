"""Act first: for whom, one short page on the phone, and the list of papers that are still to come."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Group
from nuanxin.kernel.web.lists import ListPage, Tab
from nuanxin.kernel.web.tables import DateColumn
from nuanxin.policy.programmes import Programme
from nuanxin.registry.models import Household, Person

from ... import programmes, queries, services, urgency
from ...models import Application
from ...permissions import APPLY, SEE
from ..answer_form import PAYEE, PREFIX, AnswerForm
from ..filters import ApplicationFilter
from ..tables import ApplicationTable
from .starting import choices_for


class QuickForm(AnswerForm):
    """The few questions that cannot wait: the cause, the sum, the account, what the check found."""

    def _fields(self) -> dict[str, forms.Field]:
        made = super()._fields()
        for field in self.programme.fields:
            made[PREFIX + field.code].required = field.required
        made["asked"].required = made["fund"].required = True
        made["note"] = forms.CharField(
            label=_("核实情况"),
            widget=forms.Textarea,
            max_length=500,
            help_text=_("怎样核实的、见了谁、打了哪个电话"),
        )
        return made

    def _groups(self) -> list[Group]:
        asked = [PREFIX + field.code for field in self.programme.fields if field.required]
        account = [Group(_("收款账户"), list(PAYEE))] if self.wants_account else []
        return [
            Group(_("快速核实"), [*asked, "note"]),
            Group(_("金额与资金"), ["asked", "fund"]),
            *account,
        ]

    @property
    def wants_account(self) -> bool:
        """The head's card stands with the household already."""
        person = self.application.person
        known = person and Household.objects.live().filter(head=person, card_hash__isnull=False).exists()
        return super().wants_account and not known


@needs(APPLY)
def choose(request: HttpRequest, code: str) -> HttpResponse:
    """For whom: a search within scope, never in the address."""
    programme = _programme(code)
    text = request.POST.get("q", "")
    context = {"programme": programme, "q": text, "choices": _links(programme, text)}
    template = (
        "casework/_urgent_choices.html"
        if request.htmx  # type: ignore[attr-defined]
        else "casework/act_first_for.html"
    )
    return render(request, template, context | _terms(programme))


def _programme(code: str) -> Programme:
    """The programme in force; Refused where its money never comes before the papers."""
    programme = programmes.in_force(code, scope.current().org_path, timezone.localdate())
    urgency.rule_of(programme)
    return programme


def _links(programme: Programme, text: str) -> list[tuple[str, str, int]]:
    """Whom the search found, with the key the next page takes."""
    found = choices_for(programme, text)
    return [(one.name, one.note, one.sends.get("person") or one.sends["household"]) for one in found]


def _terms(programme: Programme) -> dict[str, Any]:
    """The cap, the approvers, the days; and how many papers of the unit are late already."""
    rule = urgency.rule_of(programme)
    return {
        "cap": urgency.cap_of(programme, scope.current().org_path),
        "approvers": rule.approvers,
        "papers_days": rule.papers_days,
        "late": queries.papers_late().count(),
    }


@needs(APPLY)
def check(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """The quick check: what is typed goes straight to the two approvers."""
    programme = _programme(code)
    subject = _subject(programme, pk)
    row = Application(
        programme=code, org_id=(subject.get("person") or subject["household"]).org_id, **subject
    )
    form = QuickForm(programme, row, request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            made = services.act_first(
                programme=code,
                **subject,
                amount=data["asked"],
                answers=form.answered,
                fund=data["fund"],
                payee=form.payee,
                note=data["note"],
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("已提交，等待两人审批。"))
            return redirect("casework:application", pk=made.pk)
    context = {"programme": programme, "application": row, "form": form, "subject_pk": pk} | _terms(programme)
    return render(request, "casework/act_first.html", context, status=422 if form.is_bound else 200)


def _subject(programme: Programme, pk: int) -> dict[str, Any]:
    """The person or household of the key, within scope."""
    if programme.subject in ("person", "child"):
        return {"person": get_or_out_of_sight(Person.objects.all(), pk=pk)}
    return {"household": get_or_out_of_sight(Household.objects.live().select_related("head"), pk=pk)}


class ActedFirstTable(ApplicationTable):
    papers_due_on = DateColumn(_("补件期限"))
    papers_done_on = DateColumn(_("补件完成日期"))

    class Meta:
        exclude = ("result", "due_on", "step")


class ActedFirst(ListPage):
    """Money before papers: what is awaited, what is late, what is done."""

    permissions = (SEE,)
    title = _("先行救助")
    note = _("先发放、后补材料的救助。逾期未补齐的列在“已逾期”，上级同样看得到。")
    unit = _("件")
    table_class = ActedFirstTable
    filterset_class = ApplicationFilter
    export_name = "casework.acted_first"
    empty_title = _("没有先行救助")
    empty_text = _("在新建申请里选择可先行救助的项目。")

    def get_queryset(self) -> QuerySet[Application]:
        return queries.acted_first()

    def get_tabs(self) -> Sequence[Tab]:
        rows = queries.acted_first()
        return (
            Tab("awaited", _("待补材料"), queries.papers_awaited().count()),
            Tab("late", _("已逾期"), queries.papers_late().count()),
            Tab("done", _("已补齐"), rows.filter(papers_done_on__isnull=False).count()),
            Tab("all", _("全部"), rows.count()),
        )

    def in_tab(self, rows: QuerySet[Application], key: str) -> QuerySet[Application]:
        if key in ("awaited", "late"):
            return queries.papers_late() if key == "late" else queries.papers_awaited()
        return rows.filter(papers_done_on__isnull=False) if key == "done" else rows

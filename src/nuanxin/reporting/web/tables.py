"""The list of returns, and the records a cell counts."""

from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.campaigns.models import Recipient
from nuanxin.casework.models import Application, Award, File
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.web.filters import FilterSet, filters
from nuanxin.kernel.web.tables import ChipColumn, Column, DateColumn, Table

from ..flow import RETURN
from ..formdefs import forms
from ..models import Return

TONES = {"draft": "off", "submitted": "wait", "returned": "no", "accepted": "done", "superseded": "off"}


class ReturnTable(Table):
    main = "form"
    form = Column(_("报表"))
    org = Column(_("单位"), order_by="org_id")
    period = Column(_("统计期"), accessor="starts_on")
    version = Column(_("版次"))
    due_on = DateColumn(_("上报截止"))
    state = ChipColumn(_("状态"), tones=TONES)

    class Meta(Table.Meta):
        model = Return
        fields = ("form", "org", "period", "version", "due_on", "state")

    def render_form(self, value: str) -> str:
        return forms()[value].title

    value_form = render_form

    def render_period(self, record: Return) -> str:
        return f"{record.starts_on} – {record.ends_on - timedelta(days=1)}"

    value_period = render_period

    def row_url(self, record: Return) -> str:
        return reverse("reporting:return", args=[record.pk])


class ReturnFilter(FilterSet):
    form = filters.ChoiceFilter(label=_("报表"))
    state = filters.ChoiceFilter(label=_("状态"), choices=RETURN.choices)

    class Meta:
        model = Return
        fields = ["form", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["form"].choices = [("", _("报表")), *((f.code, f.title) for f in forms().values())]


class RecordTable(Table):
    """The records behind a cell, whatever they are: who or what, where, when, and what each counts."""

    what = Column(_("记录"), accessor="pk", orderable=False)
    org = Column(_("单位"), empty_values=(), orderable=False)
    when = Column(_("日期"), empty_values=(), orderable=False)
    counted = tables.Column(_("计入"), accessor="cell_value", orderable=False)
    main = "what"

    def __init__(self, *args: Any, money: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.money = money
        self.columns["counted"].column.css = "num"

    def render_what(self, record: Any) -> str:
        if isinstance(record, File):
            return f"{record.number} {record.household.head.name}"
        if isinstance(record, Award):
            return f"{record.file.number if record.file else record.title} {record.who}"
        if isinstance(record, Application):
            return record.who
        if isinstance(record, Recipient):
            return record.name
        return f"{record.get_kind_display()} {record.memo}".strip()

    def render_org(self, record: Any) -> str:
        return str(record.org if hasattr(record, "org") else record.credit_org)

    def render_when(self, record: Any) -> Any:
        if isinstance(record, File):
            return record.closed_on or record.opened_on
        if isinstance(record, Application):
            return record.decided_on
        return getattr(record, "paid_on", None) or getattr(record, "visited_on", None) or record.booked_on

    def render_counted(self, value: int) -> str:
        return format_yuan(Money(value)) if self.money else f"{value:,}"

    def row_url(self, record: Any) -> str:
        if isinstance(record, File):
            return reverse("casework:file", args=[record.pk])
        if isinstance(record, Award):
            return reverse("casework:award", args=[record.pk])
        if isinstance(record, Application):
            return reverse("casework:application", args=[record.pk])
        if isinstance(record, Recipient):
            return reverse("campaigns:drive", args=[record.drive_id])
        return reverse("ledger:fund", args=[record.credit.fund_id])


def with_names(rows: Any) -> Any:
    """Load what RecordTable shows, in one query."""
    related = {
        File: ("household__head", "org"),
        Award: (
            "file__household__head",
            "application__household__head",
            "application__person",
            "application__employer",
            "application__org",
            "org",
        ),
        Application: ("household__head", "person", "employer", "org"),
        Recipient: ("org",),
    }.get(rows.model, ("credit__fund", "credit_org", "debit_org"))
    return rows.select_related(*related).order_by("-pk")

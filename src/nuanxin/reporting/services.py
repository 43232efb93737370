"""Deriving, submitting, checking, rolling up and correcting returns."""

from datetime import date

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records

from . import flow, queries
from .formdefs import forms
from .models import Cell, Return
from .permissions import FILL
from .sources import Period, Place, sums


@transaction.atomic
def create(*, form: str, starts_on: date, ends_on: date, due_on: date | None = None) -> Return:
    """Make the current unit's return for the half-open period and fill it from the records."""
    actor = scope.current()
    actor.require(FILL)
    if form not in forms():
        raise OutOfSight("reporting.form", form)
    if ends_on <= starts_on:
        raise Refused(_("统计期的结束日期必须晚于开始日期。"), code="bad_period", field="ends_on")
    rows = Return.objects.filter(org_id=actor.org_path, form=form, starts_on=starts_on, ends_on=ends_on)
    if rows.exclude(state="superseded").exists():
        raise Refused(_("该统计期的报表已经存在，请打开原表。"), code="exists", field="starts_on")
    report = Return.objects.create(
        org_id=actor.org_path,
        form=form,
        starts_on=starts_on,
        ends_on=ends_on,
        due_on=due_on,
        maker_id=actor.staff_id,
        version=rows.count() + 1,
    )
    records.note("return.created", subject=report, note=forms()[form].zh)
    return derive(report=report)


@transaction.atomic
def derive(*, report: Return) -> Return:
    """Fill every cell anew: accepted returns of the units below, plus the records no such unit covers."""
    report = flow.RETURN.fire(report, "derive", derived_at=timezone.now(), returned_because="")
    below = list(queries.accepted_below(report))
    figures = _own_figures(report, Place(report.org_id, tuple(child.org_id for child in below)))
    for code, total in _sum_of_cells(below).items():
        figures[code] = figures.get(code, 0) + total
    report.cells.all().delete()
    Cell.objects.bulk_create(
        Cell(org_id=report.org_id, report=report, code=cell.code, value=figures.get(cell.code, 0))
        for cell in forms()[report.form].cells
    )
    Return.objects.filter(pk=report.pk).update(rolled_up=bool(below))
    report.rolled_up = bool(below)
    return report


def _own_figures(report: Return, place: Place) -> dict[str, int]:
    """The figures of the records in the place; one query a section."""
    period = Period(report.starts_on, report.ends_on)
    figures: dict[str, int] = {}
    for section in forms()[report.form].sections:
        parts = sums(section.source, place, period)
        figures[section.code] = sum(parts.values())
        figures |= {f"{section.code}.{key}": parts.get(key, 0) for key in section.keys}
    return figures


def _sum_of_cells(reports: list[Return]) -> dict[str, int]:
    cells = Cell.objects.filter(report__in=reports).order_by().values_list("code").annotate(sum=Sum("value"))
    return {code: total or 0 for code, total in cells}


@transaction.atomic
def submit(*, report: Return, note: str = "") -> Return:
    """Send the return up. Flags do not stop it, but each must then be explained in `note`."""
    flags = [check for check in queries.checks(report) if not check.holds]
    if flags and not note.strip():
        raise Refused(
            _("有 %(count)s 处校验不符，请核对数据，或写明说明后再上报。") % {"count": len(flags)},
            code="flags_unexplained",
            field="note",
        )
    process = approvals.open_process(subject=report)
    return flow.RETURN.fire(
        report,
        "submit",
        note=note.strip(),
        process_id=process.pk,
        submitted_at=timezone.now(),
        explanation=note.strip(),
    )


@transaction.atomic
def accept(*, report: Return) -> Return:
    """The superior takes the return as right; from now on it counts in the roll-up."""
    _require_superior(report)
    moved = flow.RETURN.fire(report, "accept", accepted_at=timezone.now())
    approvals.vote(process=moved.process, step="check", verdict="pass")
    approvals.close(process=moved.process)
    return moved


@transaction.atomic
def send_back(*, report: Return, reason: str) -> Return:
    """The superior returns it with the reason."""
    _require_superior(report)
    if not reason.strip():
        raise Refused(_("退回时请写明理由。"), code="no_reason", field="reason")
    moved = flow.RETURN.fire(report, "return", note=reason.strip(), returned_because=reason.strip())
    approvals.vote(process=moved.process, step="check", verdict="return", reason=reason)
    return moved


@transaction.atomic
def correct(*, report: Return) -> Return:
    """Open a new version of an accepted return; the old one stays readable."""
    if report.org_id != scope.current().org_path:
        raise Refused(_("只能更正本单位的报表。"), code="not_own")
    old = flow.RETURN.fire(report, "supersede")
    return create(form=old.form, starts_on=old.starts_on, ends_on=old.ends_on, due_on=old.due_on)


def _require_superior(report: Return) -> None:
    """A return is checked from above, never by the unit that made it."""
    low, high = subtree(scope.current().org_path)
    if report.org_id == low or not low <= report.org_id < high:
        raise Refused(_("报表由上级工会审核，本单位不能审核自己的报表。"), code="not_superior")

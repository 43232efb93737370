"""Standards by two people: one enters a table of values, another puts it in force."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records

from .. import flow, standing
from ..entries import Line, StandardKind, plain_entries
from ..models import Parameter, StandardsChange
from ..permissions import PROPOSE_STANDARD, SET_STANDARD
from .standards import NewStandard, set_standards

Entries = Iterable[Mapping[str, Any]]


@transaction.atomic
def draft_change(*, code: str, entries: Entries = (), **heading: Any) -> StandardsChange:
    """Begin a change of the actor's own federation; `heading` as in `change_heading`."""
    actor = scope.current()
    actor.require(PROPOSE_STANDARD)
    if actor.staff_id is None or not actor.org_path:
        raise Refused(_("标准须由单位的工作人员提交。"), code="no_staff")
    kind = standing.standard_kinds(timezone.localdate()).get(code)
    if kind is None:
        raise Refused(_("没有这项标准，请从列表中选择。"), code="no_standard", field="code")
    change = StandardsChange(
        org_id=actor.org_path,
        maker_id=actor.staff_id,
        code=code,
        name=kind.name,
        name_en=kind.name_en,
        entries=plain_entries(entries),
        **_heading(**heading),
    )
    change.save()
    records.note("standards_change.drafted", subject=change)
    return change


@transaction.atomic
def change_heading(*, change: StandardsChange, **heading: Any) -> StandardsChange:
    """Change the document (document, document_en, document_number, document_date), the period (valid_from,
    valid_to) or whether it is a correction."""
    row = _open(change)
    values = _heading(**heading)
    for name, value in values.items():
        setattr(row, name, value)
    row.save(update_fields=list(values))
    return row


@transaction.atomic
def change_entries(*, change: StandardsChange, entries: Entries) -> StandardsChange:
    """Keep other entries in place of all there were: as typed, what is wrong as well."""
    row = _open(change)
    row.entries = plain_entries(entries)
    row.save(update_fields=["entries"])
    return row


@transaction.atomic
def submit_change(*, change: StandardsChange) -> StandardsChange:
    """Hand the table to the second person; from here on it is frozen. Refused while an entry is wrong."""
    scope.current().require(PROPOSE_STANDARD)
    row = _locked(change)
    data: dict[str, Any] = {}
    if row.is_open:
        _sound(row)
        process = approvals.open_process(subject=row)
        data = {"process": process, "maker_id": scope.current().staff_id, "submitted_at": timezone.now()}
        data |= {"returned_because": ""}
    return flow.CHANGE.fire(row, "submit", **data)


@transaction.atomic
def return_change(*, change: StandardsChange, reason: str) -> StandardsChange:
    """Send it back with the reason; it may be changed and submitted again."""
    if not reason.strip():
        raise Refused(_("请写明退回理由。"), code="no_reason", field="reason")
    row = flow.CHANGE.fire(change, "return", note=reason.strip(), returned_because=reason.strip())
    approvals.vote(process=row.process, step="set", verdict="return", reason=reason)
    return row


@transaction.atomic
def activate_change(*, change: StandardsChange, note: str = "") -> list[Parameter]:
    """Put a submitted table in force: checked once more, voted for, and all its values set, or none."""
    scope.current().require(SET_STANDARD)
    row = _locked(change)
    decided = _vote(row, note) if row.state == "submitted" else {}
    row = flow.CHANGE.fire(row, "activate", note=note, **decided)
    found = standing.preview(row)
    new = [_standard(row, found.kind, line) for line in found.table.lines]
    made = set_standards(standards=new, change=row)
    approvals.close(process=row.process)
    return made


@transaction.atomic
def withdraw_change(*, change: StandardsChange) -> StandardsChange:
    """Give it up before it is in force."""
    row = flow.CHANGE.fire(change, "withdraw")
    if row.process:
        approvals.close(process=row.process)
    return row


def _vote(row: StandardsChange, note: str) -> dict[str, Any]:
    """The second person's word, and the values that give way, kept for those who look back."""
    actor = scope.current()
    flow.another_person(row, actor, {})
    found = _sound(row)
    assert row.process is not None  # it was opened when the row was submitted
    approvals.vote(process=row.process, step="set", verdict="pass", reason=note)
    before = {str(step.line.index): str(step.old) for step in found.steps if step.old is not None}
    return {"approver_id": actor.staff_id, "decided_at": timezone.now(), "before": before}


def _sound(row: StandardsChange) -> standing.Preview:
    """What the change does; Refused while it is empty or any entry is wrong."""
    if not row.entries:
        raise Refused(_("还没有填写任何标准，请填写或上传表格。"), code="no_entries")
    found = standing.preview(row)
    if found.table.faults:
        first = found.table.faults[0]
        message = _("有 %(count)s 处需要改正才能提交。第一处在第 %(row)s 行“%(column)s”：%(why)s")
        values = {"count": len(found.table.faults), "row": first.row, "column": first.column_name}
        raise Refused(message % (values | {"why": first.why}), code="faulty")
    return found


def _standard(row: StandardsChange, kind: StandardKind, line: Line) -> NewStandard:
    return NewStandard(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        place=line.node.path,
        residence=line.residence,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        document=row.full_document,
        document_en=row.full_document_en,
        amount=Money.yuan(line.value) if kind.money else None,
        number=None if kind.money else line.value,
    )


def _heading(
    *,
    document: str,
    document_date: date,
    valid_from: date,
    valid_to: date | None = None,
    document_en: str = "",
    document_number: str = "",
    correction: bool = False,
) -> dict[str, Any]:
    if valid_to and valid_to <= valid_from:
        raise Refused(_("截止日期应晚于施行日期。"), code="period", field="valid_to")
    if correction and valid_to:
        message = _("更正沿用原数值的起止日期，请不要填写截止日期。")
        raise Refused(message, code="period", field="valid_to")
    return {
        "document": document,
        "document_en": document_en,
        "document_number": document_number,
        "document_date": document_date,
        "valid_from": valid_from,
        "valid_to": valid_to,
        "correction": correction,
    }


def _open(change: StandardsChange) -> StandardsChange:
    """The change, locked, while it may be altered."""
    scope.current().require(PROPOSE_STANDARD)
    row = _locked(change)
    if not row.is_open:
        message = _("当前为“%(state)s”，内容不能再改；如需修改，请由批准人退回。")
        raise Refused(message % {"state": row.get_state_display()}, code="wrong_state")
    return row


def _locked(change: StandardsChange) -> StandardsChange:
    row = StandardsChange.objects.select_for_update(of=("self",)).filter(pk=change.pk).first()
    if row is None:
        raise OutOfSight(StandardsChange._meta.label, change.pk)
    return row

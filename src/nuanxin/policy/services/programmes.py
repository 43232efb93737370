"""Programmes by two people: one makes a federation's own version and submits it, another puts it in force."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.orgs.models import Node
from nuanxin.records import services as records

from .. import cells, flow, programme_reading
from ..admission import WHOLE_TREE, plain
from ..engine.faults import Fault, PackError
from ..models import ProgrammeProposal, ProgrammeVersion
from ..permissions import ACTIVATE_PROGRAMME, PROPOSE_PROGRAMME
from ..programmes import Programme
from .loading import keep_programme

FILE = "programme.yaml"  # what the faults of a text are reported under


def read(text: str) -> tuple[Programme | None, tuple[Fault, ...]]:
    """The programme of a text, or its faults; never raises."""
    try:
        return programme_reading.load(text.encode(), FILE, cells.known()), ()
    except PackError as error:
        return None, tuple(error.faults)


def next_version(code: str, place: str) -> int:
    """The number a new version of a programme takes at the place of this code."""
    last = ProgrammeVersion.objects.filter(code=code, org__code=place).order_by("-version").first()
    return last.version + 1 if last else 1


@transaction.atomic
def draft_programme(*, text: str) -> ProgrammeProposal:
    """Begin a draft of the actor's own federation; the text may be faulty and is kept as it is."""
    actor = scope.current()
    actor.require(PROPOSE_PROGRAMME)
    if actor.staff_id is None or not actor.org_path:
        raise Refused(_("帮扶项目须由单位的工作人员起草。"), code="no_staff")
    columns = _columns(plain(text))
    row = ProgrammeProposal.objects.create(org_id=actor.org_path, maker_id=actor.staff_id, **columns)
    records.note("programme_proposal.drafted", subject=row)
    return row


@transaction.atomic
def change_programme(*, proposal: ProgrammeProposal, text: str) -> ProgrammeProposal:
    """Keep another text while it is a draft or returned."""
    scope.current().require(PROPOSE_PROGRAMME)
    row = _locked(proposal)
    if not row.is_open:
        message = _("当前为“%(state)s”，内容不能再改；如需修改，请由批准人退回。")
        raise Refused(message % {"state": row.get_state_display()}, code="wrong_state", field="text")
    columns = _columns(plain(text))
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    return row


@transaction.atomic
def submit_programme(*, proposal: ProgrammeProposal) -> ProgrammeProposal:
    """Hand a sound programme to the second person; from here on it is frozen.

    Refused while it has faults, is not for a place of the federation, or has a version that is there.
    """
    actor = scope.current()
    actor.require(PROPOSE_PROGRAMME)
    row = _locked(proposal)
    data: dict[str, Any] = {}
    if row.is_open:
        refuse_programme(_sound(row.text), row.org_id)
        process = approvals.open_process(subject=row)
        data = {"process": process, "maker_id": actor.staff_id, "submitted_at": timezone.now()}
        data |= {"returned_because": ""}
    return flow.PROGRAMME.fire(row, "submit", **data)


@transaction.atomic
def return_programme(*, proposal: ProgrammeProposal, reason: str) -> ProgrammeProposal:
    """Send it back with the reason; it may be changed and submitted again."""
    if not reason.strip():
        raise Refused(_("请写明退回理由。"), code="no_reason", field="reason")
    row = flow.PROGRAMME.fire(proposal, "return", note=reason.strip(), returned_because=reason.strip())
    approvals.vote(process=row.process, step="activate", verdict="return", reason=reason)
    return row


@transaction.atomic
def activate_programme(*, proposal: ProgrammeProposal, note: str = "") -> ProgrammeVersion:
    """Put a submitted programme in force: checked once more, voted for, kept as an immutable version.

    Refused, with nothing done, for whoever submitted it.
    """
    actor = scope.current()
    actor.require(ACTIVATE_PROGRAMME)
    row = _locked(proposal)
    decided: dict[str, Any] = {}
    if row.state == "submitted":
        flow.another_person(row, actor, {})
        refuse_programme(_sound(row.text), row.org_id)
        assert row.process is not None  # it was opened when the row was submitted
        approvals.vote(process=row.process, step="activate", verdict="pass", reason=note)
        decided = {"approver_id": actor.staff_id, "decided_at": timezone.now()}
    row = flow.PROGRAMME.fire(row, "activate", note=note, **decided)
    programme = _sound(row.text)
    try:
        with transaction.atomic():
            kept = keep_programme(programme, row)
    except IntegrityError as error:
        if "programmeversion_once" not in str(error) and "sha256" not in str(error):
            raise
        raise _too_old(programme) from None
    approvals.close(process=row.process)
    return kept


@transaction.atomic
def withdraw_programme(*, proposal: ProgrammeProposal) -> ProgrammeProposal:
    """Give it up before it is in force."""
    row = flow.PROGRAMME.fire(proposal, "withdraw")
    if row.process:
        approvals.close(process=row.process)
    return row


def refuse_programme(programme: Programme, home: str) -> None:
    """Refused when the programme is not for a place of the federation, or its version is not a new one."""
    path = Node.objects.filter(code=programme.place).values_list("path", flat=True).first()
    if programme.place == WHOLE_TREE or path is None or not path.startswith(home):
        message = _("项目的适用地区（place: %(code)s）须是本单位或下级单位的代码。")
        raise Refused(message % {"code": programme.place}, code="out_of_scope", field="text")
    held = ProgrammeVersion.objects.filter(Q(org=path), code=programme.code, version__gte=programme.version)
    if held.exists():
        raise _too_old(programme)


def _too_old(programme: Programme) -> Refused:
    message = _("%(code)s 在该地区已有第 %(version)s 版或更新的版本，请重新起草后提交。")
    return Refused(message % {"code": programme.code, "version": programme.version}, code="version")


def _sound(text: str) -> Programme:
    """The programme of a text without fault; Refused otherwise."""
    programme, faults = read(text)
    if programme is None:
        message = _("项目内容有 %(count)s 处错误，先改正才能提交。第一处在第 %(line)s 行：%(reason)s")
        reason = faults[0].reason.in_(get_language() or "zh")
        values = {"count": len(faults), "line": faults[0].at.line, "reason": reason}
        raise Refused(message % values, code="faulty", field="text")
    return programme


def _columns(text: str) -> dict[str, Any]:
    """What is kept of a text: itself, its hash, and what its head says when it is whole."""
    programme, _faults = read(text)
    head: dict[str, Any] = {"code": "", "version": None, "place": "", "valid_from": None, "valid_to": None}
    if programme:
        head = {name: getattr(programme, name) for name in head}
    titles = programme.title if programme else None
    return head | {
        "text": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "title": titles.zh if titles else "",
        "title_en": titles.en if titles else "",
    }


def _locked(proposal: ProgrammeProposal) -> ProgrammeProposal:
    row = ProgrammeProposal.objects.select_for_update(of=("self",)).filter(pk=proposal.pk).first()
    if row is None:
        raise OutOfSight(ProgrammeProposal._meta.label, proposal.pk)
    return row

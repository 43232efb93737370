"""Packs by two people: one drafts and submits the text, another puts it in force."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.records import services as records

from .. import flow
from ..admission import Examined, examine, plain, refuse_objections, rival
from ..engine.pack import Pack as CheckedPack
from ..models import Pack, PackProposal
from ..permissions import ACTIVATE_PACK, PROPOSE_PACK
from .loading import keep, path_of


@transaction.atomic
def draft_proposal(*, text: str) -> PackProposal:
    """Begin a draft of the actor's own federation. The text may be faulty; it is kept as typed."""
    actor = scope.current()
    actor.require(PROPOSE_PACK)
    if actor.staff_id is None or not actor.org_path:
        raise Refused(_("政策包须由单位的工作人员起草。"), code="no_staff")
    columns = _columns(plain(text))
    proposal = PackProposal.objects.create(org_id=actor.org_path, maker_id=actor.staff_id, **columns)
    records.note("pack_proposal.drafted", subject=proposal)
    return proposal


@transaction.atomic
def change_proposal(*, proposal: PackProposal, text: str) -> PackProposal:
    """Keep another text while it is a draft or returned."""
    scope.current().require(PROPOSE_PACK)
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
def submit_proposal(*, proposal: PackProposal) -> PackProposal:
    """Hand a sound text to the second person; from here on it is frozen.

    Refused while the text has faults, a situation does not come out, or it may not come into force at
    its place, with its version, beside the packs there are.
    """
    actor = scope.current()
    actor.require(PROPOSE_PACK)
    row = _locked(proposal)
    data: dict[str, Any] = {}
    if row.is_open:
        refuse_objections(_sound(row.text), row.org_id)
        process = approvals.open_process(subject=row)
        data = {"process": process, "maker_id": actor.staff_id, "submitted_at": timezone.now()}
        data |= {"returned_because": ""}
    return flow.PROPOSAL.fire(row, "submit", **data)


@transaction.atomic
def return_proposal(*, proposal: PackProposal, reason: str) -> PackProposal:
    """Send it back with the reason; it may be changed and submitted again."""
    if not reason.strip():
        raise Refused(_("请写明退回理由。"), code="no_reason", field="reason")
    row = flow.PROPOSAL.fire(proposal, "return", note=reason.strip(), returned_because=reason.strip())
    approvals.vote(process=row.process, step="activate", verdict="return", reason=reason)
    return row


@transaction.atomic
def activate_proposal(*, proposal: PackProposal, note: str = "") -> Pack:
    """Put a submitted text in force: checked once more, voted for, and written as an immutable pack.

    Refused, with nothing done, for whoever submitted it, and when another pack came into force meanwhile.
    """
    scope.current().require(ACTIVATE_PACK)
    row = _locked(proposal)
    decided = _vote(row, note) if row.state == "submitted" else {}
    row = flow.PROPOSAL.fire(row, "activate", note=note, **decided)
    kept = _keep_or_refuse(_sound(row.text), row)
    approvals.close(process=row.process)
    return kept


def _vote(row: PackProposal, note: str) -> dict[str, Any]:
    """The second person's word, after everything has been checked again."""
    actor = scope.current()
    flow.another_person(row, actor, {})
    refuse_objections(_sound(row.text), row.org_id)
    assert row.process is not None  # it was opened when the row was submitted
    approvals.vote(process=row.process, step="activate", verdict="pass", reason=note)
    return {"approver_id": actor.staff_id, "decided_at": timezone.now()}


@transaction.atomic
def withdraw_proposal(*, proposal: PackProposal) -> PackProposal:
    """Give it up before it is in force."""
    row = flow.PROPOSAL.fire(proposal, "withdraw")
    if row.process:
        approvals.close(process=row.process)
    return row


def _keep_or_refuse(pack: CheckedPack, row: PackProposal) -> Pack:
    """Write the pack. What another activation made impossible meanwhile, only the database can see."""
    try:
        with transaction.atomic():
            return keep(pack, row)
    except IntegrityError as error:
        if "pack_one_code_at_a_time" in str(error):
            refusal = rival(pack, path_of(pack.place))
            if refusal:
                raise refusal from None
        if "pack_version_once" in str(error) or "sha256" in str(error):
            message = _("%(code)s 第 %(version)s 版刚刚由他人启用，请退回并提高版本号。")
            values = {"code": pack.code, "version": pack.version}
            raise Refused(message % values, code="version") from None
        raise


def _sound(text: str) -> CheckedPack:
    """The pack of a text without fault; Refused otherwise."""
    found = examine(text)
    if found.pack is None or found.faults:
        first = found.faults[0]
        message = _("政策包有 %(count)s 处错误，先改正才能提交。第一处在第 %(line)s 行：%(reason)s")
        values = {
            "count": len(found.faults),
            "line": first.at.line,
            "reason": first.reason.in_(get_language() or "zh"),
        }
        raise Refused(message % values, code="faulty", field="text")
    return found.pack


def _columns(text: str) -> dict[str, Any]:
    """What is kept of a text: itself, its hash, and what its head says."""
    found: Examined = examine(text)
    title = found.head.get("title")
    empty = {"code": "", "version": None, "programme": "", "place": "", "valid_from": None, "valid_to": None}
    head = {name: found.head.get(name, value) for name, value in empty.items()}
    titles = {"title": title.zh if title else "", "title_en": title.en if title else ""}
    return {"text": text, "sha256": hashlib.sha256(text.encode()).hexdigest()} | titles | head


def _locked(proposal: PackProposal) -> PackProposal:
    row = PackProposal.objects.select_for_update(of=("self",)).filter(pk=proposal.pk).first()
    if row is None:
        raise OutOfSight(PackProposal._meta.label, proposal.pk)
    return row

"""Booking the bank's answer: every line of the batch and nothing else, or nothing at all."""

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among, by_key
from nuanxin.ledger import services as ledger

from .. import flow
from ..bank import incoming
from ..bank.judging import Judgement, judge
from ..events import DuesSettled
from ..models import Batch, Due, ResultFile
from ..permissions import PAY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a result file said; `already` when it had been booked before and changed nothing."""

    batch: Batch
    paid: int
    returned: int
    already: bool


def book_result(*, batch: Batch, upload: UploadedFile) -> Outcome:
    """Read the bank's file for a batch and book it whole: paid dues post, returned ones are freed.

    The same file, or another file that says the same, changes nothing. Raises Denied, OutOfSight and
    Refused: unreadable, no_header, empty_result, other_batch, result_faults (a judging.ResultRefused
    with every row that is wrong), wrong_state, settled_already, approver_may_not_pay.
    """
    scope.current().require(PAY)
    with tempfile.NamedTemporaryFile(suffix=".result") as copy:
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
            copy.write(chunk)
        copy.flush()
        rows = incoming.read(Path(copy.name))
    name = (upload.name or "")[-120:]
    return book_rows(batch=batch, rows=rows, sha256=digest.hexdigest(), name=name)


@transaction.atomic
def book_rows(*, batch: Batch, rows: Iterable[incoming.Row], sha256: str, name: str) -> Outcome:
    """`book_result` for rows already read."""
    scope.current().require(PAY)
    stored = get_or_out_of_sight(Batch.objects.select_for_update(of=("self",)), pk=batch.pk)
    judgement = judge(stored, rows)
    if stored.state == "settled":
        return _compare(stored, judgement)
    judgement.refuse_faults()
    stored = flow.BATCH.fire(stored, "settle", note=name, settled=timezone.now())
    _settle(stored, judgement)
    ResultFile.objects.create(
        org_id=stored.org_id,
        batch=stored,
        sha256=sha256,
        name=name,
        paid=len(judgement.paid),
        returned=len(judgement.returned),
        staff_id=scope.current().staff_id or 0,
    )
    return Outcome(stored, len(judgement.paid), len(judgement.returned), already=False)


def _settle(batch: Batch, judgement: Judgement) -> None:
    """Post and void the holds, move the dues, and tell the apps above, all set-based."""
    today = timezone.localdate()
    ledger.resolve_many(
        posted=[line.hold for line in judgement.paid],
        voided=[line.hold for line, _reason in judgement.returned],
        booked_on=today,
    )
    paid = [line.due for line in judgement.paid]
    reasons: dict[int, Any] = {line.due: reason for line, reason in judgement.returned}
    spoken: dict[str, Any] = {"org_path": batch.org_id, "note": batch.number}
    flow.DUE.fire_many(Due.objects.filter(among(paid)), "pay", settled_on=today, **spoken)
    flow.DUE.fire_many(
        Due.objects.filter(among(reasons)),
        "return",
        settled_on=today,
        bank_reason=by_key(Due, reasons, "varchar"),
        **spoken,
    )
    events.publish(DuesSettled(batch.pk, tuple(paid), tuple(reasons)))


def _compare(batch: Batch, judgement: Judgement) -> Outcome:
    """The batch was settled before: a file that says the same is harmless, another one is refused."""
    paid = {line.due for line in judgement.paid}
    returned = {line.due for line, _reason in judgement.returned}
    was_paid = set(batch.dues.filter(state="paid").values_list("pk", flat=True))
    if judgement.faults or paid != was_paid or len(paid) + len(returned) != batch.count:
        raise Refused(
            _("该批次已登记过回单，这份文件的内容与已登记的不同。没有变动，请先与银行核对。"),
            code="settled_already",
            field="file",
        )
    return Outcome(batch, len(paid), len(returned), already=True)

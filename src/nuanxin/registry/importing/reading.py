"""The job that reads a workbook into staging, and the one that commits it.

Reading stages under a new upload number, batch by batch; only the last transaction makes those the
roster's rows. Killed at any point, it starts again from the file and leaves nothing twice.
"""

from collections.abc import Callable
from typing import Any

from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workbook import WorkbookError
from nuanxin.records.jobs import Cancelled, Progress, told_aside
from nuanxin.registry import flow
from nuanxin.registry.events import HouseholdsTakenIn
from nuanxin.registry.models import Roster, RosterRow
from nuanxin.registry.roster.survey import survey
from nuanxin.registry.roster.workbook import Book, open_workbook

from .checks import Counts, check, count
from .commit import commit_ready
from .headings import own_words
from .layouts import layout_json
from .places import Places
from .staging import Stager, batches

#: What is wrong with the columns alone: the file waits to be told what they mean.
UNMAPPED = ("missing_columns", "missing_sheet", "missing_file", "repeated_column")


def read(roster_pk: int, upload: int, actor: Actor, progress: Progress) -> None:
    """Stage the stored workbook of a roster as the given upload."""
    with scope.acting(actor):
        roster = Roster.objects.filter(pk=roster_pk).first()
        if roster is None or roster.upload >= upload or not roster.file:
            return
        RosterRow.objects.filter(roster=roster, upload__gte=upload).delete()
        places, own = Places(roster.org_id), own_words(roster.org_id)
    path = default_storage.path(roster.file)
    try:
        _stage(roster, upload, open_workbook(path, own=own), places, actor, progress)
    except WorkbookError as error:
        problem: dict[str, Any] = {"code": error.code, "params": error.params}
        if error.code in UNMAPPED:
            _unreadable(roster, upload, problem | {"sheets": survey(path, own)}, actor, roster.file)
            return
        _unreadable(roster, upload, problem, actor)
    except Cancelled:
        _forget(roster, upload, actor)
        raise
    default_storage.delete(roster.file)


def _stage(roster: Roster, upload: int, book: Book, places: Places, actor: Actor, progress: Progress) -> None:
    done, total = 0, book.household_sheet.size + book.member_sheet.size
    progress(0, total)
    for sheet in (book.household_sheet, book.member_sheet):
        stager = Stager(roster, upload, sheet.layout, places)
        for batch in batches(sheet.rows()):
            with scope.acting(actor):
                stager.stage(batch)
            done += len(batch)
            progress(done, max(total, done))
    with scope.acting(actor):
        take_over(roster, upload, layout_json(book))


def take_over(roster: Roster, upload: int, layout: dict[str, object]) -> Roster:
    """Make the rows of an upload the roster's, judged; those of the upload before it go."""
    Roster.objects.select_for_update().get(pk=roster.pk)
    Roster.objects.filter(pk=roster.pk).update(layout=layout)
    counts = check(roster, upload)
    RosterRow.objects.filter(roster=roster, upload__lt=upload).delete()
    return flow.ROSTER.fire(roster, "check", upload=upload, file="", problem=None, **_figures(counts))


def _unreadable(roster: Roster, upload: int, problem: dict[str, Any], actor: Actor, file: str = "") -> None:
    """Keep the reason with the roster; rows staged before stay as they are. `file`: what stays of the file,
    when all it needs is somebody to say what its columns mean."""
    with scope.acting(actor):
        RosterRow.objects.filter(roster=roster, upload=upload).delete()
        if roster.state == "uploaded":
            flow.ROSTER.fire(roster, "reject", problem=problem, file=file)
        else:
            Roster.objects.filter(pk=roster.pk).update(problem=problem, file=file)


def _forget(roster: Roster, upload: int, actor: Actor) -> None:
    """The reading was stopped on purpose: nothing of it is kept."""
    with scope.acting(actor):
        RosterRow.objects.filter(roster=roster, upload=upload).delete()
        Roster.objects.filter(pk=roster.pk).update(file="")
    default_storage.delete(roster.file)


def recheck(roster: Roster) -> None:
    """Judge the staged rows anew after one of them was changed."""
    counts = check(roster, roster.upload)
    Roster.objects.filter(pk=roster.pk).update(**_figures(counts))


def commit(roster_pk: int, actor: Actor, progress: Progress) -> None:
    """Commit the households free of errors in one transaction; a second run finds nothing left to do."""
    with scope.acting(actor):
        roster = Roster.objects.filter(pk=roster_pk).first()
    if roster is None or roster.state != "checked":
        return
    try:
        with told_aside(progress) as tell, scope.acting(actor):
            rows = commit_now(roster, tell)
    except IntegrityError as error:
        raise Refused(
            _("有人员刚刚在别处建档，本次未入库。请重新检查后再试。"), code="filed_meanwhile"
        ) from error
    # not told, only recorded with the end of the run: it is too late to stop
    progress.values = {"done": rows, "total": rows}


@transaction.atomic
def commit_now(roster: Roster, tell: Callable[[int, int], None] | None = None) -> int:
    """Check once more, write the ready households and their receipt; returns the rows taken.

    `tell(done, total)` is called between the statements; what it raises takes everything back.
    """
    roster = Roster.objects.select_for_update().get(pk=roster.pk)
    if roster.state != "checked" or not check(roster, roster.upload).ready:
        return 0
    receipt = commit_ready(roster, timezone.localdate(), tell)
    left = count(roster, roster.upload)
    action = "commit_part" if left.households + left.members else "commit"
    now = timezone.now()
    line = receipt.as_json() | {
        "at": now.isoformat(),
        "staff": scope.current().name,
        "left": left.households + left.members,
    }
    values: dict[str, Any] = _figures(left, read=False) | {
        "receipts": [*roster.receipts, line],
        "committed": now,
    }
    flow.ROSTER.fire(roster, action, **values)
    events.publish(HouseholdsTakenIn(roster.pk, roster.org_id, receipt.households))
    return receipt.rows


def _figures(counts: Counts, read: bool = True) -> dict[str, Any]:
    figures = {"faulty": counts.faulty, "warned": counts.warned, "ready": counts.ready}
    if read:
        figures |= {"households_read": counts.households, "members_read": counts.members}
    return figures

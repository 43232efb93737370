"""A roster's way: uploaded, read and checked by a job, corrected, committed or discarded."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import unseal
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.registry import flow
from nuanxin.registry.importing.layouts import layout_of
from nuanxin.registry.importing.places import Places, keepers
from nuanxin.registry.importing.reading import recheck
from nuanxin.registry.importing.staging import TYPED, Stager
from nuanxin.registry.models import Roster, RosterRow
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, SHEETS
from nuanxin.registry.roster.problems import Problem
from nuanxin.registry.roster.template import write_returned
from nuanxin.registry.roster.workbook import RawRow

from .incoming import keep

_BUSY = {"waiting", "running"}


@transaction.atomic
def upload_roster(
    *, file: UploadedFile | Sequence[UploadedFile], year: int, place: str | None = None
) -> Roster:
    """Take a workbook, or the text files of one, in at the actor's node and queue its reading.

    `year`: the year the spending columns speak of. `place`: path of the union for rows that name
    none. Refused at once for what is no table or is too large (`incoming.keep`); all else the job finds.
    """
    actor = scope.current()
    actor.require(IMPORT_ROSTER)
    unions = keepers(actor.org_path)
    own = unions.filter(path=actor.org_path).exists()
    if place and not unions.filter(path=place).exists():
        raise Refused(_("所选工会不在您的管辖范围内。"), code="place_out_of_scope", field="place")
    stored, digest, name = keep(file)
    roster = Roster.objects.create(
        org_id=actor.org_path,
        name=name,
        sha256=digest,
        staff_id=actor.staff_id,
        year=year,
        place_id=place or (actor.org_path if own else None),
        file=stored,
    )
    return _queue_reading(roster)


@transaction.atomic
def upload_again(*, roster: Roster, file: UploadedFile | Sequence[UploadedFile]) -> Roster:
    """Take a corrected workbook; when it has been read to the end its rows replace the staged ones."""
    scope.current().require(IMPORT_ROSTER)
    roster = locked(roster, ("uploaded", "checked", "unreadable"))
    stored, digest, name = keep(file)
    _forget_file(roster)
    roster.sha256, roster.file, roster.name, roster.problem = digest, stored, name, None
    roster.save(update_fields=["sha256", "file", "name", "problem"])
    return _queue_reading(roster)


@transaction.atomic
def read_again(*, roster: Roster) -> Roster:
    """Queue the reading once more after it failed half-way; the workbook is still there."""
    scope.current().require(IMPORT_ROSTER)
    roster = locked(roster, ("uploaded", "checked", "unreadable"))
    if not roster.file:
        raise Refused(_("原文件已不在，请重新上传。"), code="no_file")
    return _queue_reading(roster)


def _forget_file(roster: Roster) -> None:
    """Delete a workbook nobody will read any more, once that is certain."""
    if roster.file:
        transaction.on_commit(partial(default_storage.delete, roster.file))


def _queue_reading(roster: Roster) -> Roster:
    run = jobs.start(
        "registry.read_roster",
        title=_("读取花名册 %(name)s") % {"name": roster.name[:80]},
        result_url=reverse("registry:roster", args=[roster.pk]),
        roster=roster.pk,
        upload=roster.upload + 1,
    )
    Roster.objects.filter(pk=roster.pk).update(job=run)
    roster.job = run
    return roster


@transaction.atomic
def correct_row(*, row: RosterRow, typed: dict[str, str]) -> RosterRow:
    """Replace cells of a staged row, by column key, and judge the whole roster anew.

    Cells that are not named keep what was typed. Returns the row with its new verdict.
    """
    scope.current().require(IMPORT_ROSTER)
    roster = locked(row.roster, ("checked",))
    row = get_or_out_of_sight(RosterRow.objects.select_for_update(), pk=row.pk, upload=roster.upload)
    spec = SHEETS[row.sheet]
    if unknown := set(typed) - set(spec.keys):
        raise TypeError(f"no columns of {row.sheet}: {sorted(unknown)}")
    cells = typed_cells(row) | typed
    stager = Stager(roster, roster.upload, layout_of(roster.layout, row.sheet), Places(roster.org_id))
    stager.restage(row, RawRow.of(spec, row.row_no, cells))
    records.note(
        "roster.corrected",
        subject=roster,
        detail={"sheet": row.sheet, "row": row.row_no, "columns": sorted(typed)},
    )
    recheck(roster)
    row.refresh_from_db()
    return row


@transaction.atomic
def drop_row(*, row: RosterRow) -> None:
    """Take a superfluous row out of a roster and judge the rest anew."""
    scope.current().require(IMPORT_ROSTER)
    roster = locked(row.roster, ("checked",))
    row = get_or_out_of_sight(RosterRow.objects.all(), pk=row.pk, upload=roster.upload)
    records.note("roster.row_dropped", subject=roster, detail={"sheet": row.sheet, "row": row.row_no})
    row.delete()
    recheck(roster)


@transaction.atomic
def commit_roster(*, roster: Roster) -> Roster:
    """Queue the commit of all households free of errors; the faulty ones stay behind to be corrected.

    A household goes in with all its members or not at all. A double click queues one commit.
    """
    scope.current().require(IMPORT_ROSTER)
    roster = locked(roster, ("checked",))
    if not roster.ready:
        raise Refused(_("没有可以入库的家庭，请先更正有误的行。"), code="nothing_ready")
    run = jobs.start(
        "registry.commit_roster",
        title=_("花名册入库 %(name)s") % {"name": roster.name[:80]},
        total=0,
        result_url=reverse("registry:roster", args=[roster.pk]),
        roster=roster.pk,
    )
    Roster.objects.filter(pk=roster.pk).update(job=run)
    roster.job = run
    return roster


@transaction.atomic
def discard_roster(*, roster: Roster, note: str = "") -> Roster:
    """Give a roster up: its staged rows are deleted."""
    _forget_file(locked(roster, tuple(flow.ROSTER.states)))
    roster = flow.ROSTER.fire(roster, "discard", note=note, file="")
    RosterRow.objects.filter(roster=roster).delete()
    return roster


def write_returned_workbook(*, roster: Roster, target: IO[bytes], language: str) -> None:
    """Write the staged rows as typed, faulty cells marked. Full numbers leave in it, so it is recorded."""
    scope.current().require(IMPORT_ROSTER)
    rows = roster.rows.filter(upload=roster.upload).order_by("row_no")
    problems = [
        Problem(**stored)
        for lists in rows.exclude(problems=[], conflicts=[]).values_list("problems", "conflicts")
        for part in lists
        for stored in part
    ]
    records.note("roster.downloaded", subject=roster, detail={"rows": rows.count()})
    write_returned(
        target,
        _raws(rows.filter(sheet=HOUSEHOLDS.key)),
        _raws(rows.filter(sheet=MEMBERS.key)),
        problems,
        language,
    )


def _raws(rows: Any) -> Iterator[RawRow]:
    for row in rows.iterator(chunk_size=2000):
        yield RawRow.of(SHEETS[row.sheet], row.row_no, typed_cells(row))


def typed_cells(row: RosterRow) -> dict[str, Any]:
    """What was typed in a staged row, ID numbers, phones and cards included."""
    secrets = json.loads(unseal(row.secrets, TYPED)) if row.secrets else {}
    return row.typed | secrets


def is_busy(roster: Roster) -> bool:
    """Whether a job is at work on the roster."""
    return roster.job is not None and roster.job.state in _BUSY


def locked(roster: Roster, states: tuple[str, ...]) -> Roster:
    """The roster, locked, when no job works on it and it is in one of the states."""
    fresh = get_or_out_of_sight(
        Roster.objects.select_for_update(of=("self",)).select_related("job"), pk=roster.pk
    )
    if is_busy(fresh):
        raise Refused(_("这份花名册正在处理，请等处理结束。"), code="busy")
    if fresh.state not in states:
        raise Refused(
            _("花名册%(state)s，不能再更改。") % {"state": flow.ROSTER.states[fresh.state]},
            code="wrong_state",
        )
    return fresh

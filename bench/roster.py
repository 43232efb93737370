"""A roster from the workbook to the registry, as the job does it, with what each phase takes."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile

from bench import show, tree
from bench.import_beside import FIGURES
from nuanxin.config.demo.machinery import jobs_here
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.registry import services
from nuanxin.registry.importing import reading
from nuanxin.registry.importing.staging import Stager
from nuanxin.registry.models import Person, Roster
from nuanxin.registry.services import likenesses

#: Rows a second of other programs on the same kind of machine.
OTHERS = {"HOPE": 118.0, "openIMIS": 65.0}


def measure(households: int) -> None:
    with scope.acting(system()):
        tree.plant()
        actor = tree.post(tree.first("grassroots"), "grassroots_officer").actor()
    spent = show.Spent()
    spent.watch(Stager, "stage")
    spent.watch(reading, "check")
    spent.watch(likenesses, "find_by_rules", "doubles")
    at_rest = show.peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        subprocess.run([sys.executable, "-m", "bench.workbook", str(path), str(households)], check=True)
        _import(path, actor, households, spent, at_rest)


def _import(path: Path, actor: Actor, households: int, spent: show.Spent, at_rest: float) -> None:
    size = path.stat().st_size
    with jobs_here() as run_jobs:
        roster, stage, check = _take_in(path, actor, spent, run_jobs)
    doubles = spent.take("doubles")
    read, commit = spent.take("reading"), spent.take("commit") - doubles
    with scope.acting(actor):
        rows = Person.objects.count()
    show.heading(f"Roster import: {households:,} household rows, {rows:,} rows in all, {size / 2**20:.1f} MB")
    if roster.faulty or rows < households:
        raise SystemExit(f"the roster was not taken whole: {roster.faulty} faulty rows")
    show.rate("open, read", rows, read - stage - check, "rows")
    show.rate("clean, seal, stage (COPY)", rows, stage, "rows")
    show.rate("check", rows, check, "rows")
    show.rate("commit, with a second check", rows, commit, "rows")
    show.rate("all", rows, read + commit, "rows", OTHERS)
    show.rate("search for doubles, a job of its own", rows, doubles, "rows")
    show.line("peak memory of the job", f"{show.peak_memory():.0f} MB", f"{at_rest:.0f} MB at rest")
    _beside(rows, read + commit, show.peak_memory() - at_rest)
    with jobs_here() as run_jobs:
        roster, _stage, _check = _take_in(path, actor, spent, run_jobs)
    if roster.receipts[0]["unchanged"] != rows:
        raise SystemExit("the same roster again was not found unchanged")
    again = spent.take("reading") + spent.take("commit") - spent.take("doubles")
    show.rate("the same roster again, nothing to write", rows, again, "rows")


def _beside(rows: int, spent: show.Time, peak: float) -> None:
    """How many times as fast as django-import-export with the same file, and its memory above rest."""
    other = json.loads(Path(os.environ[FIGURES]).read_text())
    show.line(
        "beside django-import-export",
        f"{rows / spent.wall / (other['rows'] / other['wall']):.1f} x rows/s",
        f"{rows / spent.cpu / (other['rows'] / other['cpu']):.1f} x by CPU",
        f"{peak / other['peak']:.2f} x memory",
    )


def _take_in(
    path: Path, actor: Actor, spent: show.Spent, run_jobs: Callable[[], None]
) -> tuple[Roster, show.Time, show.Time]:
    """Upload, read and commit: the roster, and what staging and the first check took."""
    with scope.acting(actor):
        file = _upload(path)
        roster = services.upload_roster(file=file, year=2024)
        file.close()
    with spent.on("reading"):
        run_jobs()
    stage, check = spent.take("stage"), spent.take("check")
    with scope.acting(actor):
        roster.refresh_from_db()
        services.commit_roster(roster=roster)
    with spent.on("commit"):
        run_jobs()
    spent.take("check")
    with scope.acting(actor):
        roster.refresh_from_db()
    return roster, stage, check


def _upload(path: Path) -> Any:
    """The workbook as a browser sends it: more than two megabytes lie in a file."""
    file = TemporaryUploadedFile(path.name, "application/xlsx", path.stat().st_size, None)
    file.write(path.read_bytes())
    file.seek(0)
    return file

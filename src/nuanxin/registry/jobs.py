"""Long work on rosters, and the search for doubles."""

from nuanxin.records.jobs import running, task

from .importing import reading
from .services import likenesses, undoing


@task("registry.read_roster")
def read_roster(run: int, path: str, roster: int, upload: int) -> None:
    """Read an uploaded workbook into staging and check it."""
    with running(run, path) as job:
        if job is not None:
            _run, actor, progress = job
            reading.read(roster, upload, actor, progress)


@task("registry.commit_roster")
def commit_roster(run: int, path: str, roster: int) -> None:
    """Put the households free of errors into the registry."""
    with running(run, path) as job:
        if job is not None:
            _run, actor, progress = job
            reading.commit(roster, actor, progress)


@task("registry.undo_roster")
def undo_roster(run: int, path: str, roster: int) -> None:
    """Take back what a roster brought and changed."""
    with running(run, path) as job:
        if job is not None:
            _run, actor, progress = job
            undoing.undo(roster, actor, progress)


@task("registry.find_doubles")
def find_doubles(run: int, path: str) -> None:
    """Look through all persons of a scope for those entered twice."""
    with running(run, path) as job:
        if job is not None:
            _run, actor, progress = job
            likenesses.find_all(actor, progress)


@task("registry.find_doubles_by_rules")
def find_doubles_by_rules(run: int, path: str) -> None:
    """Look by the rules alone, after a roster came in."""
    with running(run, path) as job:
        if job is not None:
            _run, actor, _progress = job
            likenesses.find_by_rules(actor)

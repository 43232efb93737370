"""Needs, tasks and pairs for tests, through the services."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import File, Need, Pairing, Task
from nuanxin.kernel import scope
from nuanxin.orgs.models import Node, Post
from tests.orgs import factories as orgs

from . import factories as make

SEE, CARE, ANSWER = "casework.file.see", "casework.care.plan", "casework.task.answer"
FAMILIES = "casework.family.visit"
PLANNER = (SEE, CARE, ANSWER, "casework.application.submit")


def department(at: make.County) -> Post:
    """Somebody of a department beside the county's tree, who may answer tasks and nothing else."""
    bureau = orgs.node("partner", at.node, name="县人社局", short_name="人社局")
    return orgs.post(bureau, ANSWER)


def planner(at: make.County) -> Post:
    """Somebody of the county who plans."""
    return orgs.post(at.node, *PLANNER)


def leader(at: make.County, *more: str) -> Post:
    """A leader of the county, who visits their own families."""
    return orgs.post(at.node, FAMILIES, *more)


def need(at: make.County, file: File | None = None, **fields: Any) -> Need:
    given = {"kind": "work", "track": "outstanding", "note": "想学电焊，找份工作"} | fields
    with scope.acting(at.officer):
        return services.state_need(file=file or make.file(at), **given)


def task(at: make.County, unit: Node | None = None, of: Need | None = None, **fields: Any) -> Task:
    """An open task of a unit, the county's union unless another is named; due in a week."""
    given = {
        "what": "联系培训班",
        "due_on": timezone.localdate() + timedelta(days=7),
        "unit": unit or at.node,
        "told": "男，45岁，初中",
    } | fields
    if given.get("staff") and unit is None:
        given["unit"] = None
    with scope.acting(at.officer):
        return services.plan_task(need=of or need(at), **given)


def late(task: Task, days: int = 1) -> Task:
    """The task was due some days ago."""
    Task.objects.filter(pk=task.pk).update(due_on=timezone.localdate() - timedelta(days=days))
    task.refresh_from_db()
    return task


def paired(at: make.County, post: Post, file: File | None = None, days: int = 0) -> Pairing:
    """A file paired with a leader, so many days ago."""
    file = file or make.file(at)
    with scope.acting(at.officer):
        services.pair(files=File.objects.filter(pk=file.pk), leader=post.staff)
    row = Pairing.objects.get(file=file, until__isnull=True, leader=post.staff)
    if days:
        Pairing.objects.filter(pk=row.pk).update(since=timezone.localdate() - timedelta(days=days))
        row.refresh_from_db()
    return row

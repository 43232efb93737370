"""What if: two changed packs beside the one in force, as bare statements and by the room of simulation."""

from datetime import date
from typing import Any

from bench.policy import inside, work
from bench.policy.sheet import Contest
from nuanxin.casework import determination
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.editing import Change, edit
from nuanxin.policy.engine.reading import load
from nuanxin.policy.models import Pack
from nuanxin.registry.models import Household
from nuanxin.simulation import services

#: Raise the multiple, or raise it less and deduct nothing but medical cost.
CHANGES: list[dict[str, Change]] = [
    {"parameters.relative_multiple.value": "2.5"},
    {
        "parameters.relative_multiple.value": "2.2",
        "let.rigid_spending.is": "sum(expenses.amount where kind = medical and evidenced)",
    },
]
_JOINED = """
    SELECT v0.result, v1.result, v2.result, count(*),
           sum(v0.living + v0.medical), sum(v1.living + v1.medical), sum(v2.living + v2.medical)
    FROM v0 JOIN v1 USING (subject) JOIN v2 USING (subject) GROUP BY 1, 2, 3
"""


def measure(households: int, actor: Actor, day: date) -> None:
    contest = Contest("Two scenarios beside the rules in force", households)
    packs = _packs()
    with scope.acting(actor):
        rows = Household.objects.all()
        queries = [inside.answer(inside.whole(pack, rows, day)) for pack in packs]
    bare = inside.runs_of(lambda: _compare(queries), actor, settings={"work_mem": "128MB"})
    contest.show("three statements, joined and summed", bare.runs, bare.server)
    officer = work.officer(actor)
    done = work.finish(lambda: _start(day), officer)
    contest.show("a run of the room of simulation, with its lists", done.runs, done.server)


def _packs() -> list[policy.Pack]:
    text = inside.PACK.read_text()
    return [load(edit(text, change).encode(), inside.PACK.name) for change in ({}, *CHANGES)]


def _compare(queries: list[inside.Query]) -> list[Any]:
    for number, query in enumerate(queries):
        inside.execute(f"CREATE TEMPORARY TABLE v{number} ON COMMIT DROP AS {query.sql}", query.params)
        inside.execute(f"ANALYZE v{number}")
    return inside.fetch(_JOINED)


def _start(day: date) -> None:
    """Two scenarios that change the filing pack in force, and a run over both."""
    base = Pack.objects.filter(programme=determination.FILING, valid__contains=day).order_by("-version")[0]
    made = []
    for number, change in enumerate(CHANGES):
        made.append(services.create_scenario(name=f"方案 {number + 1}", day=day))
        services.change_pack(scenario=made[-1], base=base, changes=change)
    services.start_run(first=made[0], second=made[1])

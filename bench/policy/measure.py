"""All figures of the policy over one number of households, printed."""

import os
import sys
import time
from datetime import date
from pathlib import Path

import psycopg
from django.utils import timezone

from bench import show, tree
from bench.policy import growth, inside, outside, scenarios, single, work
from bench.policy.generate import counts, populate
from bench.policy.sheet import Contest, headings, row
from bench.rivals.contest import BENEFITS
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system

#: What may be set for a session that computes a province; the others keep the installation's settings.
ROOM = {"work_mem": "128MB"}


def measure(households: int) -> None:
    begun = time.perf_counter()
    populate(households)
    taken = time.perf_counter() - begun
    with scope.acting(system()):
        province = system(tree.first("province").path)
        made = counts()
    show.heading("Policy: " + ", ".join(f"{count:,} {name.lower()}s" for name, count in made.items()))
    show.line("generated, set-based", f"{taken:.0f} s")
    day = timezone.localdate()
    _prepare()
    rivals = _rivals(province, day)
    evaluated = _evaluation(households, province, day, rivals)
    stored = _end_to_end(households, province, day, rivals)
    _exactness(["hand", *(name for name in rivals if name != "fisca rows")])
    growth.add(households, evaluated, stored)
    single.measure(province, day)
    scenarios.measure(households, province, day)
    work.measure(households, province, day)


def _prepare() -> None:
    """A schema for the answers, in which the program's role may make tables."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], user="postgres", autocommit=True) as owner:
        owner.execute("CREATE SCHEMA bench AUTHORIZATION nuanxin")


def _rivals(actor: Actor, day: date) -> dict[str, outside.Rival]:
    found = {}
    apart = outside.environment()
    contestants = {"plain": Path(sys.executable)} | dict.fromkeys(("duck", "fisca", "fisca rows"), apart)
    for name, python in contestants.items():
        if python:
            table = f"bench.{name.replace(' ', '_')}"
            found[name] = outside.compete(name, python, actor, day, table, inside.REPEATS)
    return found


def _evaluation(households: int, actor: Actor, day: date, rivals: dict[str, outside.Rival]) -> inside.Took:
    contest = Contest("Evaluation alone, counted and summed", households)
    with scope.acting(actor):
        said, hand = inside.answer(inside.ours(day)), inside.by_hand(day)
    written = inside.counted(hand, actor)
    contest.show("SQL by hand", written.runs, written.server)
    ours = inside.counted(said, actor)
    contest.show("this program", ours.runs, ours.server, show.peak_memory())
    if written.given != ours.given:
        raise SystemExit(f"not the same rule: {ours.given} against {written.given}")
    for label, query in (("SQL by hand", hand), ("this program", said)):
        roomy = inside.counted(query, actor, **ROOM)
        contest.show(f"{label}, work_mem {ROOM['work_mem']}", roomy.runs, roomy.server)
    labels = {
        "duck": ("DuckDB, from tables of its own", "count"),
        "fisca": ("OpenFisca, from arrays in memory", "evaluate"),
        "plain": ("plain Python, from rows in memory", "evaluate"),
    }
    for name, (label, step) in labels.items():
        if name in rivals:
            contest.show(label, rivals[name].steps[step])
    return ours


def _end_to_end(households: int, actor: Actor, day: date, rivals: dict[str, outside.Rival]) -> inside.Took:
    contest = Contest("From data in PostgreSQL to results in PostgreSQL", households)
    with scope.acting(actor):
        everything, hand = inside.ours(day), inside.by_hand(day)
    said = inside.answer(everything)
    ours = inside.stored(said, "bench.ours", actor)
    contest.show("this program", ours.runs, ours.server, show.peak_memory())
    full = inside.stored(everything, "bench.everything", actor)
    contest.show("  with every figure, reason and cap", full.runs, full.server, show.peak_memory())
    written = inside.stored(hand, "bench.hand", actor)
    contest.show("SQL by hand", written.runs, written.server)
    labels = {
        "fisca rows": "OpenFisca, read and written row by row",
        "fisca": "OpenFisca, by COPY in binary",
        "duck": "DuckDB, by COPY in binary",
        "plain": "plain Python, row by row",
    }
    for name, label in labels.items():
        if name in rivals:
            contest.show(label, rivals[name].end_to_end(), client=rivals[name].peak)
            steps = rivals[name].steps.items()
            row("  of which", *(f"{step} {min(run.wall for run in runs):.2f}" for step, runs in steps))
    explained = single.many(actor, day)
    contest.show("classes alone, one by one, explained", explained.runs, households=explained.given)
    return ours


def _exactness(names: list[str]) -> None:
    """Set every answer against ours, household by household."""
    columns = ("households", "class differs", "fen differ", "fen", "of all fen")
    headings("Against this program's answer", columns)
    same = "o.result IS NOT DISTINCT FROM r.result"
    apart = " + ".join(f"abs(coalesce(o.{name}, 0) - coalesce(r.{name}, 0))" for name in BENEFITS)
    for name in names:
        [(both, classes, amounts, fen, whole)] = inside.fetch(
            f"SELECT count(*), count(*) FILTER (WHERE NOT {same}),"
            f" count(*) FILTER (WHERE {same} AND {apart} > 0),"
            f" coalesce(sum({apart}) FILTER (WHERE {same}), 0), sum({apart})"
            f" FROM bench.ours o FULL JOIN bench.{name} r USING (subject)"
        )
        row(name, f"{both:,}", f"{classes:,}", f"{amounts:,}", f"{fen:,}", f"{whole:,}")

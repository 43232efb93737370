"""Everybody in a province against everybody: by rules in PostgreSQL, by likelihood in DuckDB.

One person in fifty was entered twice with slips (bench.planted). Recall is the share of those found,
precision the share of pairs found that are planted ones.
"""

import random
import subprocess
import sys
import time

from django.db import connection

from bench import planted, show, tree
from bench.planted import FIFTY, KINDS
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.identity import id_check_digit
from nuanxin.registry import queries
from nuanxin.registry.doubles import everybody, finding, model, table
from nuanxin.registry.models import Person

#: Bits from which a pair is as good as certain.
SURE = 10.0


def measure(persons: int) -> None:
    subprocess.run([sys.executable, "-m", "bench.planted", str(persons)], check=True)
    with scope.acting(system()):
        actor = Actor(org_path=tree.first("province").path, name="bench")
        county = Actor(org_path=tree.first("county").path, name="bench")
    total = persons + persons // FIFTY
    show.heading(f"Doubles: {total:,} persons against each other, {persons // FIFTY:,} of them entered twice")
    spent, at_rest = show.Spent(), show.peak_memory()
    with spent.on("rules"), scope.acting(actor):
        by_rules = finding.by_rules()
    show.rate("rules, in PostgreSQL", total, spent.take("rules"), "persons")
    _quality("  found by the rules", persons, actor, "true")
    _fuzzy(total, actor, spent)
    show.line("peak memory of the job", f"{show.peak_memory():.0f} MB", f"{at_rest:.0f} MB at rest")
    _quality("  found by either", persons, actor, "true")
    _quality(f"  of at least {SURE:.0f} points", persons, actor, f"l.weight >= {SURE}")
    _kinds(persons, actor)
    show.line("pairs by the rules", f"{by_rules:,}")
    for label, who in (("county", county), ("province", actor)):
        _entry(label, who, persons)


def _fuzzy(total: int, actor: Actor, spent: show.Spent) -> None:
    spent.watch(table, "land")
    spent.watch(table, "settle")
    spent.watch(model, "compare")
    found = 0
    with spent.on("all"):
        for pairs in everybody.everybody(lambda _done: None, lambda: scope.acting(actor)):
            with spent.on("keep"), scope.acting(actor):
                finding.keep_scored(pairs)
            found += len(pairs)
    for name, label in (
        ("land", "streamed into DuckDB (COPY)"), ("settle", "made comparable"),
        ("compare", "blocked and scored (Splink)"), ("keep", "put into the queue"), ("all", "all"),
    ):  # fmt: skip
        show.rate(label, total, spent.take(name), "persons")
    show.line("pairs by likelihood", f"{found:,}")


def _ask(statement: str, actor: Actor) -> list[tuple[int, ...]]:
    with scope.acting(actor), connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def _quality(label: str, persons: int, actor: Actor, condition: str) -> None:
    """Precision and recall of the queue as it stands."""
    [(pairs, right)] = _ask(
        f"SELECT count(*), count(*) FILTER (WHERE l.left_id = (l.right_id - {persons}) * {FIFTY})"
        f" FROM registry_likeness l WHERE {condition}",
        actor,
    )
    show.line(label, f"{pairs:,} pairs", f"precision {right / max(pairs, 1):.3f}",
              f"recall {right / (persons // FIFTY):.3f}")  # fmt: skip


def _kinds(persons: int, actor: Actor) -> None:
    """Recall by what is wrong with the double."""
    for number, kind in enumerate(KINDS):
        [(there, found)] = _ask(
            f"SELECT count(*), count(l.id) FROM registry_person p LEFT JOIN registry_likeness l"
            f" ON l.right_id = p.id AND l.left_id = (p.id - {persons}) * {FIFTY}"
            f" WHERE p.id > {persons} AND (p.id - {persons}) % {len(KINDS)} = {number}",
            actor,
        )
        show.line(f"  {kind}", f"{there:,}", f"recall {found / max(there, 1):.3f}")


def _entry(label: str, actor: Actor, persons: int) -> None:
    """What the hint beside a form takes, for people who are there and such as are not."""
    rng, seconds = random.Random(3), []
    with scope.acting(actor):
        names = list(Person.objects.order_by("id").values_list("name", flat=True)[:400])
        for _call in range(100):
            row = planted._person(rng, "和", "533401", planted.date(1980, 5, 17), planted._phone(rng), set())
            number = row["body"] + id_check_digit(row["body"])
            begun = time.perf_counter()
            asked = {"id_number": number, "phone": row["phone"], "address": "升平镇南坪街8号"}
            queries.likely(org_path=actor.org_path, name=rng.choice(names), **asked)
            seconds.append(time.perf_counter() - begun)
    show.line(f"hint at entry, {label}", *show.median_and_p95(seconds))

"""What is known of households, files and applications, as relations for the policy's set-based runner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from psycopg.types.json import Jsonb

from nuanxin.kernel.sets import among
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

from . import answers
from .models import Application, Award, File, Overruling

#: Columns that hold whole fen.
MONEY = registry.MONEY | {"granted_this_year", "received_this_year", "asked"}

#: Whole months from the day the head began to work; unknown when that day is still to come.
_HOUSEHOLDS = """
    SELECT f.*, CASE WHEN f.started_work_on <= d.today THEN
        (extract(year FROM d.today) - extract(year FROM f.started_work_on)) * 12
        + extract(month FROM d.today) - extract(month FROM f.started_work_on)
        - (extract(day FROM d.today) < extract(day FROM f.started_work_on))::int
    END AS employment_months
    FROM ({facts}) f CROSS JOIN (SELECT %s::date AS today) d
"""
#: What a household was granted of a programme in a year, paid or on its way.
_FILES = """
    SELECT k.*, o.id AS file, CASE WHEN o.state = 'open' THEN o.clazz ELSE 'none' END AS file_class,
           coalesce(had.fen, 0) AS granted_this_year
    FROM ({households}) k
    JOIN ({files}) o ON o.household_id = k.subject
    LEFT JOIN (
        SELECT g.household_id, sum(a.amount)::bigint AS fen
        FROM {award} a JOIN {file} g ON g.id = a.file_id
        WHERE a.programme = %s AND a.year = %s AND a.state IN ('approved', 'paid', 'returned')
          AND g.household_id IN (SELECT c.household_id FROM ({files}) c)
        GROUP BY 1
    ) had ON had.household_id = k.subject
"""


@dataclass(frozen=True)
class Given:
    """The subjects of a determination, one row each with place and facts, and their lists."""

    subjects: policy.Relation
    lists: Mapping[str, policy.Relation]


def of_households(
    households: QuerySet[Household] | Sequence[int], day: date, known_on: date | None = None
) -> Given:
    """The facts of households for a determination as of a day; `subject` is the household's key.

    They are what held on that day, as far as it is known now, or was known at the end of `known_on`.
    """
    basic = registry.facts_relation(households, known_on, held_on=day)
    columns = basic.columns | {"employment_months"}
    given = policy.Relation(_HOUSEHOLDS.format(facts=basic.sql), [*basic.params, day], columns)
    lists = {
        "expenses": registry.expenses_relation(households, known_on),
        "members": registry.members_relation(households, known_on, held_on=day),
    }
    return Given(given, {name: policy.Relation(*rows) for name, rows in lists.items()})


def materialise(cursor: Any, given: Given, asked: Collection[str], mark: str) -> Given:
    """The subjects and those lists that are asked for as tables of the transaction's own, analysed, for what
    reads them more than once: named `facts_<mark>` and so on, and gone with the transaction.
    """
    kept = {}
    lists = {name: rows for name, rows in given.lists.items() if name in asked}
    for name, relation in {"facts": given.subjects, **lists}.items():
        table = f"{name}_{mark}"
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {relation.sql}", relation.params)
        cursor.execute(f"ANALYZE {table}")
        kept[name] = policy.Relation(f"SELECT * FROM {table}", (), relation.columns)
    return Given(kept.pop("facts"), kept)


def of_files(files: QuerySet[File], programme: str, day: date) -> Given:
    """The facts of the households of files, with the file's class and what the programme gave this year.

    `subject` is the household's key, for a household has one live file; `file` is that file's.
    """
    households = of_households(Household.objects.filter(pk__in=files.order_by().values("household")), day)
    chosen, params = files.order_by().values("id", "household_id", "state", "clazz").query.sql_with_params()
    sql = _FILES.format(
        households=households.subjects.sql, files=chosen, award=Award._meta.db_table, file=File._meta.db_table
    )
    known = households.subjects.columns | {"file", "file_class", "granted_this_year"}
    given = [*households.subjects.params, *params, programme, day.year, *params]
    return Given(policy.Relation(sql, given, known), households.lists)


#: Whom the awards of a programme are counted for, by its subject.
_COUNTED_BY = {
    "household": "household_id",
    "person": "person_id",
    "child": "person_id",
    "employer": "employer_id",
    "organisation": "org_path",
}
#: What the rows of awards granted say of the one they were for; a list's award is its file's household's.
_GRANTED = """
    SELECT {by} AS of, sum(fen)::bigint AS fen FROM (
        SELECT w.amount AS fen, coalesce(p.household_id, g.household_id) AS household_id,
               p.person_id, p.employer_id, p.org_path
        FROM {award} w LEFT JOIN {file} g ON g.id = w.file_id LEFT JOIN {application} p
             ON p.id = w.application_id
        WHERE w.programme = %s AND w.year = %s AND w.state IN ('approved', 'paid', 'returned')
    ) had WHERE {by} IS NOT NULL GROUP BY 1
"""
#: The exclusions set aside by two people, with the reason of each; findings of double aid are not the pack's.
_OVERRULED = """
    SELECT o.application_id, array_agg(o.code) AS codes, jsonb_object_agg(o.code, o.reason) AS reasons
    FROM {overruling} o WHERE o.agreed IS NOT NULL AND o.code NOT LIKE 'double.%%' GROUP BY 1
"""
_APPLICATIONS = """
    SELECT a.id AS subject, a.id AS application, a.household_id AS household, a.org_path AS place,
           {facts}, CASE WHEN o.state = 'open' THEN o.clazz ELSE 'none' END AS file_class,
           greatest(coalesce(had.fen, 0), coalesce(anywhere.fen, 0)) AS granted_this_year,
           greatest(coalesce(had.fen, 0), coalesce(anywhere.fen, 0)) AS received_this_year,
           a.asked AS asked, aside.codes AS overruled, coalesce(aside.reasons, '{{}}'::jsonb) AS reasons
    FROM (
        SELECT t.*, coalesce(%s::jsonb, t.answers) AS said FROM {application} t WHERE t.id = ANY (%s)
    ) a
    LEFT JOIN ({households}) k ON k.subject = a.household_id
    LEFT JOIN {file} o ON o.id = a.rests_on_id
    LEFT JOIN ({granted}) had ON had.of = a.{by}
    LEFT JOIN unnest(%s::bigint[], %s::bigint[]) AS anywhere (application, fen) ON anywhere.application = a.id
    LEFT JOIN ({overruled}) aside ON aside.application_id = a.id
"""
#: What the registry and the machine tell of an application beside the answers.
_TOLD = frozenset(["file_class", "granted_this_year", "received_this_year", "asked"])


def of_applications(
    applications: Sequence[int],
    programme: Programme,
    day: date,
    known_on: date | None = None,
    had: Mapping[int, int] | None = None,
    said: Mapping[str, Any] | None = None,
) -> Given:
    """The facts of applications of one version of a programme; `subject` is the application's key.

    What the registry knows of the household on the day, what it does not know as it was answered, the
    class of the file behind it, and what the programme gave its subject in the day's year: in sight, or,
    by `had` (fen), anywhere. `said` stands for the answers of all of them.
    """
    keys, had = list(applications), had or {}
    homes = Application.objects.filter(among(keys), household__isnull=False)
    # as keys, not as a subquery: under row-level security it would be run again for each household
    registered = of_households(list(homes.order_by().values_list("household", flat=True)), day, known_on)
    sql = _APPLICATIONS.format(
        facts=", ".join(_columns(programme, registered.subjects.columns)),
        households=registered.subjects.sql,
        granted=_granted(programme),
        overruled=_OVERRULED.format(overruling=Overruling._meta.db_table),
        by=_COUNTED_BY[programme.subject],
        application=Application._meta.db_table,
        file=File._meta.db_table,
    )
    params = [
        None if said is None else Jsonb(said), keys, *registered.subjects.params, programme.code, day.year,
        list(had), list(had.values()),
    ]  # fmt: skip
    columns = registered.subjects.columns | {field.code for field in programme.fields if field.fact}
    columns |= {"application", "household", "overruled", "reasons"} | _TOLD
    lists = {name: _listed(rows, keys) for name, rows in registered.lists.items()}
    return Given(policy.Relation(sql, params, columns), lists)


def _granted(programme: Programme) -> str:
    return _GRANTED.format(
        by=_COUNTED_BY[programme.subject],
        award=Award._meta.db_table,
        file=File._meta.db_table,
        application=Application._meta.db_table,
    )


def _columns(programme: Programme, registered: frozenset[str]) -> list[str]:
    """A column for each fact: the registry's, and where it has none, the answer in the fact's type."""
    kinds = {field.code: answers.SQL[field.type] for field in programme.fields if field.fact}
    known = sorted(registered - {"subject", "place"})
    found = [
        f"coalesce(k.{name}, (a.said ->> '{name}')::{kinds[name]}) AS {name}"
        if name in kinds
        else f"k.{name}"
        for name in known
    ]
    asked = sorted(set(kinds) - set(known) - _TOLD)
    return found + [f"(a.said ->> '{name}')::{kinds[name]} AS \"{name}\"" for name in asked]


def _listed(rows: policy.Relation, applications: Sequence[int]) -> policy.Relation:
    """A list of households as the list of their applications."""
    own = ", ".join(f"r.{name}" for name in sorted(rows.columns - {"subject"}))
    sql = (
        f"SELECT a.id AS subject, {own} FROM ({rows.sql}) r"
        f" JOIN {Application._meta.db_table} a ON a.household_id = r.subject AND a.id = ANY (%s)"
    )
    return policy.Relation(sql, [*rows.params, list(applications)], rows.columns)

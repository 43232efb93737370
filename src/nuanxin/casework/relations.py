"""What is known of any number of households or files, as relations for the policy's set-based runner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from nuanxin.policy import queries as policy
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

from .models import Award, File

#: Columns that hold whole fen.
MONEY = registry.MONEY | {"granted_this_year"}

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

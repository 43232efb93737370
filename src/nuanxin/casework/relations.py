"""What is known of any number of households or files, as relations for the policy's set-based runner."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from nuanxin.policy import queries as policy
from nuanxin.registry import queries as registry
from nuanxin.registry.models import Household

from .models import Award, File

#: Whole months between a day in the past and the day of determination, as facts._months counts them.
_MONTHS = """
    CASE WHEN p.started_work_on <= %s THEN
        (extract(year FROM age(%s, p.started_work_on)) * 12
         + extract(month FROM age(%s, p.started_work_on)))::int
    END
"""
_HOUSEHOLDS = f"""
    SELECT f.*, nullif(h.focus_group, '') AS focus_group, {_MONTHS} AS employment_months
    FROM ({{facts}}) f
    JOIN registry_household h ON h.id = f.subject
    JOIN registry_person p ON p.id = h.head_id
"""
#: What a household was granted of a programme in a year, paid or on its way.
_FILES = """
    SELECT k.*, CASE WHEN o.state = 'open' THEN o.clazz ELSE 'none' END AS file_class,
           coalesce(had.fen, 0) AS granted_this_year
    FROM ({households}) k
    JOIN ({files}) o ON o.household_id = k.subject
    LEFT JOIN (
        SELECT g.household_id, sum(a.amount)::bigint AS fen
        FROM {award} a JOIN {file} g ON g.id = a.file_id
        WHERE a.programme = %s AND a.year = %s AND a.state IN ('approved', 'paid', 'returned')
        GROUP BY 1
    ) had ON had.household_id = k.subject
"""


@dataclass(frozen=True)
class Given:
    """The subjects of a determination, one row each with place and facts, and their lists."""

    subjects: policy.Relation
    lists: Mapping[str, policy.Relation]


def of_households(households: QuerySet[Household], day: date) -> Given:
    """The facts of households as of a day; `subject` is the household's key."""
    basic = registry.facts_relation(households)
    columns = basic.columns | {"focus_group", "employment_months"}
    given = policy.Relation(_HOUSEHOLDS.format(facts=basic.sql), [day, day, day, *basic.params], columns)
    return Given(given, {"expenses": policy.Relation(*registry.expenses_relation(households))})


def of_files(files: QuerySet[File], programme: str, day: date) -> Given:
    """The facts of the households of files, with the file's class and what the programme gave this year.

    `subject` is the household's key, for a household has one live file.
    """
    households = of_households(Household.objects.filter(pk__in=files.order_by().values("household")), day)
    chosen, params = files.order_by().values("household_id", "state", "clazz").query.sql_with_params()
    sql = _FILES.format(
        households=households.subjects.sql, files=chosen, award=Award._meta.db_table, file=File._meta.db_table
    )
    known = households.subjects.columns | {"file_class", "granted_this_year"}
    given = [*households.subjects.params, *params, programme, day.year]
    return Given(policy.Relation(sql, given, known), households.lists)

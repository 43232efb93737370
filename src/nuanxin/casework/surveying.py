"""Who a survey lists: the filing policy over households without a file, in sets.

The facts are tables of the transaction's own, for they are read twice: as they are, and, of those the
policy would not file, once more with less income by the share that counts as near.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.policy import queries as policy
from nuanxin.registry.models import Household

from . import relations
from .determination import FILING, LINE, SURVEY_MARGIN
from .models import FILED, Survey, Surveyed
from .services.officers import officers_for

_MARK = "survey"
_FOUND = """
    CREATE TEMPORARY TABLE found (
        household bigint, near boolean, result text, per_head numeric, missing text[], pack_hash text
    ) ON COMMIT DROP
"""
#: Those the policy would not file, with so much less income.
_NEARER = """
    SELECT {kept}, (f.annual_income * (1 - m.share))::bigint AS annual_income
    FROM ({facts}) f JOIN unnest(%s::text[], %s::numeric[]) AS m (place, share) ON m.place = f.place
    JOIN found s ON s.household = f.subject AND NOT s.near AND s.result = 'none'
"""
_FILED = ", ".join(f"'{clazz}'" for clazz in FILED)
_LIST = f"""
    INSERT INTO {Surveyed._meta.db_table} (
        org_path, survey_id, household_id, kind, state, result, near, per_head, line, missing, pack_hash,
        facts_at, officer_id, reason)
    SELECT org_path, %(survey)s, household, kind, 'open', result,
           CASE kind WHEN 'borderline' THEN nearer ELSE '' END, per_head, line, missing, pack_hash, changed,
           officer, ''
    FROM (
        SELECT h.org_path, h.changed, s.household, s.result, s.missing, s.pack_hash, n.result AS nearer,
               l.line, o.officer,
               CASE WHEN abs(s.per_head) < 10000000000 THEN s.per_head END AS per_head,
               CASE WHEN s.result IN ({_FILED}) THEN 'qualifies'
                    WHEN n.result IN ({_FILED}) THEN 'borderline'
                    WHEN h.roster_id = %(roster)s THEN 'named'
                    WHEN s.result = 'unknown' AND %(unknowns)s THEN 'unknown' END AS kind
        FROM found s JOIN {Household._meta.db_table} h ON h.id = s.household AND NOT s.near
        LEFT JOIN found n ON n.household = s.household AND n.near
        LEFT JOIN unnest(%(places)s::text[], %(residences)s::text[], %(lines)s::numeric[])
             AS l (place, residence, line) ON l.place = h.org_path AND l.residence = h.residence
        LEFT JOIN unnest(%(at)s::text[], %(officers)s::bigint[]) AS o (place, officer) ON o.place = h.org_path
    ) listed WHERE kind IS NOT NULL
    ON CONFLICT DO NOTHING
"""


def list_households(survey: Survey, households: Sequence[int]) -> int:
    """Put those of the households on the list who belong there; how many. The number of statements does
    not grow with the number of households. Refused where no filing pack is in force.
    """
    day = survey.as_of
    with connection.cursor() as cursor:
        cursor.execute(_FOUND)
        given = relations.of_households(households, day)
        known = relations.materialise(cursor, given, set(given.lists), _MARK)
        cursor.execute(f"SELECT DISTINCT place, residence FROM ({known.subjects.sql}) f")
        living = cursor.fetchall()
        places = {place for place, _residence in living}
        _determine(cursor, known.subjects, known, day, near=False)
        _determine(cursor, _nearer(known.subjects, places, day), known, day, near=True)
        cursor.execute(_LIST, _values(survey, living, places))
        listed = int(cursor.rowcount)
        tables = [f"{name}_{_MARK}" for name in ("facts", *known.lists)]
        cursor.execute(f"DROP TABLE found, {', '.join(tables)}")
    return listed


def _determine(
    cursor: Any, subjects: policy.Relation, known: relations.Given, day: date, *, near: bool
) -> None:
    """What the filing pack of each place says of the subjects, into `found`."""
    for pack, statement in policy.programme_sql(FILING, subjects, known.lists, day):
        named = "value_monthly_per_head" in statement.columns
        per_head = "value_monthly_per_head" if named else "NULL::numeric"
        cursor.execute(
            f"INSERT INTO found SELECT subject, %(survey_near)s, result, {per_head}, unknown,"
            f" %(survey_pack)s FROM ({statement.sql}) s",
            {**statement.params, "survey_near": near, "survey_pack": pack.sha256},
        )
    cursor.execute("ANALYZE found")


def _nearer(subjects: policy.Relation, places: Collection[str], day: date) -> policy.Relation:
    """Those not filed, with an income lower by the share that counts as near where they live."""
    shares = {
        place: found.value for place, found in policy.standard_of_places(SURVEY_MARGIN, places, day).items()
    }
    kept = sorted((subjects.columns | {"subject", "place"}) - {"annual_income"})
    sql = _NEARER.format(kept=", ".join(f'f."{name}"' for name in kept), facts=subjects.sql)
    params = [*subjects.params, list(shares), list(shares.values())]
    return policy.Relation(sql, params, subjects.columns)


def _values(survey: Survey, living: list[tuple[str, str]], places: Collection[str]) -> dict[str, Any]:
    lines = {
        residence: policy.standard_of_places(LINE, places, survey.as_of, residence)
        for residence in {residence for _place, residence in living}
    }
    drawn = [
        (place, residence, lines[residence][place].value)
        for place, residence in living
        if place in lines[residence]
    ]
    officers = officers_for(places)
    return {
        "survey": survey.pk,
        "roster": survey.roster_id,
        "unknowns": survey.unknowns,
        "places": [place for place, _residence, _line in drawn],
        "residences": [residence for _place, residence, _line in drawn],
        "lines": [line for _place, _residence, line in drawn],
        "at": list(officers),
        "officers": list(officers.values()),
    }

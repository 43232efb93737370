"""What rows of a roster say against each other and against the registry, found set-based.

One statement names every conflict of every staged row anew and writes only the rows whose verdict
changed, so it also serves after a single row was corrected.
"""

from dataclasses import dataclass

from django.db import connection

from nuanxin.kernel import scope
from nuanxin.records import services as records
from nuanxin.registry.models import Roster

#: The rows of the roster, as far as the checks look at them, in tables of the transaction's own: they are
#: small, and can be analysed, without which the planner expects no rows and joins by loops.
_STAGE = """
    CREATE TEMPORARY TABLE roster_staged ON COMMIT DROP AS
    SELECT id, sheet, row_no, head_hash, id_hash, card_hash, place, broken, conflicts, faulty, ready,
           values->>'serial' AS serial, (values->>'people')::int AS people
    FROM registry_rosterrow WHERE roster_id = %(roster)s AND upload = %(upload)s
"""
#: The persons of the roster that are on file, and the household each of them lives in or heads.
_PERSONS = """
    CREATE TEMPORARY TABLE roster_person ON COMMIT DROP AS
    SELECT DISTINCT p.id, p.id_hash FROM registry_person p JOIN roster_staged s ON s.id_hash = p.id_hash
"""
_KNOWN = """
    CREATE TEMPORARY TABLE roster_known ON COMMIT DROP AS
    SELECT p.id_hash, h.id AS household, h.org_path, h.head_id, h.card_hash, hp.id_hash AS head,
           n.name AS place
    FROM (SELECT p.id_hash, m.household_id FROM roster_person p
          JOIN registry_member m ON m.person_id = p.id AND m.until IS NULL
          UNION SELECT p.id_hash, h.id FROM roster_person p JOIN registry_household h ON h.head_id = p.id) p
    JOIN registry_household h ON h.id = p.household_id AND h.ended_on IS NULL
    JOIN registry_person hp ON hp.id = h.head_id JOIN orgs_node n ON n.path = h.org_path
"""
_TABLES = {"roster_staged": _STAGE, "roster_person": _PERSONS, "roster_known": _KNOWN}

_VIEWS = """
    here AS (SELECT layout FROM registry_roster WHERE id = %(roster)s),
    spot AS (
        SELECT s.id, s.id_hash, format('%%s!%%s%%s', here.layout #>> ARRAY[s.sheet, 'name'],
               here.layout #>> ARRAY[s.sheet, 'columns', 'id_number', 'letter'], s.row_no) AS cell
        FROM (SELECT *, count(*) OVER (PARTITION BY id_hash) AS n FROM roster_staged
              WHERE sheet = 'households' OR id_hash IS DISTINCT FROM head_hash) s, here
        WHERE s.id_hash IS NOT NULL AND s.n > 1),
    twice AS (SELECT id_hash, (array_agg(cell ORDER BY id))[1:4] AS cells FROM spot GROUP BY id_hash),
    head AS (
        SELECT DISTINCT ON (id_hash) id_hash, serial, place FROM roster_staged
        WHERE sheet = 'households' AND id_hash IS NOT NULL ORDER BY id_hash, id),
    listed AS (
        SELECT head_hash, count(*) AS n FROM roster_staged WHERE sheet = 'members' AND head_hash <> id_hash
        GROUP BY head_hash),
    filed AS (
        SELECT s.id, s.card_hash AS card_here, k.household, k.head_id, k.card_hash, s.id_hash
        FROM roster_staged s JOIN roster_known k ON k.id_hash = s.id_hash AND k.head = s.id_hash
        WHERE s.sheet = 'households'),
    cards AS (
        SELECT card_hash FROM roster_staged WHERE card_hash IS NOT NULL
        GROUP BY card_hash HAVING count(*) > 1)
"""

#: One SELECT a rule: row, code of the problem, column it stands at, severity, parameters.
_RULES = (
    # the same ID twice: every row names up to three others
    """SELECT s.id, 'id_twice', 'id_number', 'error', jsonb_build_object('where', array_to_string(
           (array_remove(t.cells, s.cell))[1:3], '、'))
       FROM spot s JOIN twice t USING (id_hash)""",
    """SELECT s.id, 'head_not_found', 'head_id', 'error', '{}'::jsonb
       FROM roster_staged s LEFT JOIN head h ON h.id_hash = s.head_hash
       WHERE s.sheet = 'members' AND s.head_hash IS NOT NULL AND h.id_hash IS NULL""",
    """SELECT s.id, 'serial_differs', 'serial', 'error', '{}'::jsonb
       FROM roster_staged s JOIN head h ON h.id_hash = s.head_hash
       WHERE s.sheet = 'members' AND s.serial <> h.serial""",
    """SELECT s.id, 'people_differs', 'people', 'error',
              jsonb_build_object('people', s.people, 'listed', 1 + coalesce(l.n, 0))
       FROM roster_staged s LEFT JOIN listed l ON l.head_hash = s.id_hash
       WHERE s.sheet = 'households' AND s.id_hash IS NOT NULL AND s.people <> 1 + coalesce(l.n, 0)""",
    """SELECT s.id, 'id_filed_here', 'id_number', 'error',
              jsonb_build_object('where', k.place, 'household', k.household)
       FROM roster_staged s JOIN roster_known k USING (id_hash) LEFT JOIN head d ON d.id_hash = s.head_hash
       WHERE k.head IS DISTINCT FROM s.head_hash OR k.org_path <> d.place""",
    # who lives in a household on file and is not in the list any more has left by an act, not by silence
    """SELECT f.id, 'member_left_out', 'people', 'error',
              jsonb_build_object('names', string_agg(p.name, '、' ORDER BY m.relation, p.id))
       FROM filed f JOIN registry_member m ON m.household_id = f.household AND m.until IS NULL
       JOIN registry_person p ON p.id = m.person_id AND p.id <> f.head_id
       LEFT JOIN roster_staged l ON l.id_hash = p.id_hash AND l.head_hash = f.id_hash
       WHERE l.id IS NULL GROUP BY f.id""",
    # where money goes is not changed by a list
    """SELECT f.id, 'card_differs', 'card', 'warning', '{}'::jsonb
       FROM filed f WHERE f.card_hash IS NOT NULL AND f.card_here <> f.card_hash""",
    """SELECT s.id, 'id_filed_at', 'id_number', 'error', jsonb_build_object('where', e.county)
       FROM roster_staged s JOIN registry_filed_elsewhere(
           ARRAY(SELECT a.id_hash FROM roster_staged a WHERE a.id_hash IS NOT NULL
                 EXCEPT SELECT p.id_hash FROM roster_person p)) e
         ON e.known_hash = s.id_hash""",
    # a join, for a subquery that knows the row would be run for each of them
    """SELECT DISTINCT s.id, 'card_shared', 'card', 'warning', '{}'::jsonb
       FROM roster_staged s
       LEFT JOIN (SELECT h.card_hash, p.id_hash FROM registry_household h
                  JOIN registry_person p ON p.id = h.head_id) o
              ON o.card_hash = s.card_hash AND o.id_hash IS DISTINCT FROM s.id_hash
       WHERE s.card_hash IS NOT NULL
         AND (o.card_hash IS NOT NULL OR s.card_hash IN (SELECT card_hash FROM cards))""",
    """SELECT s.id, 'union_unknown', 'union', 'error', jsonb_build_object('value', '')
       FROM roster_staged s LEFT JOIN orgs_node n ON n.path = s.place
       WHERE s.place IS NOT NULL AND n.path IS NULL""",
)

_CHECK = f"""
    WITH {_VIEWS},
    found (id, code, spot, severity, params) AS ({" UNION ALL ".join(_RULES)}),
    judged AS (
        SELECT f.id, bool_or(f.severity = 'error') AS bad, jsonb_agg(jsonb_build_object(
            'code', f.code, 'sheet', s.sheet, 'row', s.row_no, 'column', f.spot, 'severity', f.severity,
            'letter', coalesce(here.layout #>> ARRAY[s.sheet, 'columns', f.spot, 'letter'], ''),
            'header', coalesce(here.layout #>> ARRAY[s.sheet, 'columns', f.spot, 'header'], f.spot),
            'params', f.params) ORDER BY f.code) AS list
        FROM found f JOIN roster_staged s USING (id), here GROUP BY f.id),
    verdict AS (
        SELECT s.id, coalesce(j.list, '[]') AS conflicts, s.broken OR coalesce(j.bad, false) AS faulty,
               s.head_hash IS NOT NULL AND NOT bool_or(s.broken OR coalesce(j.bad, false))
                   OVER (PARTITION BY s.head_hash) AS ready
        FROM roster_staged s LEFT JOIN judged j USING (id))
    UPDATE registry_rosterrow r SET conflicts = v.conflicts, faulty = v.faulty, ready = v.ready
    FROM verdict v JOIN roster_staged s USING (id)
    WHERE r.id = v.id
      AND (s.faulty, s.ready, s.conflicts) IS DISTINCT FROM (v.faulty, v.ready, v.conflicts)
"""

_COUNT = """
    SELECT count(*) FILTER (WHERE sheet = 'households'), count(*) FILTER (WHERE sheet = 'members'),
           count(*) FILTER (WHERE faulty), count(*) FILTER (WHERE NOT faulty AND
               (problems <> '[]' OR conflicts <> '[]')),
           count(*) FILTER (WHERE ready AND sheet = 'households'), count(DISTINCT id_hash)
    FROM registry_rosterrow WHERE roster_id = %(roster)s AND upload = %(upload)s
"""


@dataclass(frozen=True)
class Counts:
    """Staged rows: of households, of members, faulty, only doubtful, and households that can be committed."""

    households: int
    members: int
    faulty: int
    warned: int
    ready: int
    persons: int


def check(roster: Roster, upload: int) -> Counts:
    """Judge all staged rows of an upload, and record that ID numbers were looked up across the tree."""
    with connection.cursor() as cursor:
        key = {"roster": roster.pk, "upload": upload}
        for table, statement in _TABLES.items():
            cursor.execute(statement, key)
            cursor.execute(f"ANALYZE {table}")
        cursor.execute(_CHECK, key)
        cursor.execute(f"DROP TABLE {', '.join(_TABLES)}")
    counts = count(roster, upload)
    records.note("registry.looked_up", subject=roster, detail={"asked": counts.persons})
    return counts


def count(roster: Roster, upload: int) -> Counts:
    """The staged rows of an upload as last judged."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"roster": roster.pk, "upload": upload})
        return Counts(*cursor.fetchone())


def filed_elsewhere(hashes: list[bytes]) -> dict[bytes, str]:
    """For ID numbers registered outside the actor's scope: the county that has them. Recorded."""
    if not hashes:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT known_hash, county FROM registry_filed_elsewhere(%s)", [hashes])
        found = {bytes(known): county for known, county in cursor.fetchall()}
    if scope.current().org_path:
        records.note("registry.looked_up", detail={"asked": len(hashes), "found": len(found)})
    return found

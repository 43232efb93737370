"""What rows of a roster say against each other and against the registry, found set-based.

One statement names every conflict of every staged row anew and writes only the rows whose verdict
changed, so it also serves after a single row was corrected.
"""

from dataclasses import dataclass

from django.db import connection

from nuanxin.kernel import scope
from nuanxin.records import services as records
from nuanxin.registry.doubles import rules
from nuanxin.registry.models import Roster

# Without statistics, as after a large roster, the planner takes a scope for a handful of rows; two tables
# under row-level security joined to each other are then gone through by loops within loops. So each of the
# steps joins one such table to tables of the transaction's own, which are small, and analysed.

#: The rows of the roster, as far as the checks look at them.
_STAGE = f"""
    SELECT r.id, sheet, row_no, head_hash, id_hash, card_hash, phone_hash, place, broken, conflicts, faulty,
           ready, v.serial, v.people, v.name, v.pinyin, v.born_on, {rules.fixed("v.id_mask")} AS fixed
    FROM registry_rosterrow r CROSS JOIN LATERAL jsonb_to_record(r.values)
        AS v (serial text, people int, name text, pinyin text, born_on date, id_mask text)
    WHERE roster_id = %(roster)s AND upload = %(upload)s
"""
#: The persons of the roster that are on file.
_PERSONS = """
    SELECT p.id, p.id_hash, p.org_path, p.merged_into_id AS kept
    FROM (SELECT DISTINCT id_hash FROM roster_staged) s JOIN registry_person p USING (id_hash)
"""
#: The households each of them lives in or heads,
_HOMES = """
    SELECT p.id_hash, m.household_id AS household FROM roster_person p
    JOIN registry_member m ON m.person_id = p.id AND m.until IS NULL
    UNION SELECT p.id_hash, h.id FROM roster_person p
    JOIN registry_household h ON h.head_id = p.id AND h.ended_on IS NULL
"""
#: and what they are compared by.
_KNOWN = """
    SELECT r.id_hash, h.id AS household, h.org_path, h.head_id, h.card_hash, hp.id_hash AS head,
           n.name AS place
    FROM roster_home r JOIN registry_household h ON h.id = r.household AND h.ended_on IS NULL
    JOIN orgs_node n ON n.path = h.org_path LEFT JOIN roster_person hp ON hp.id = h.head_id
"""
#: The rows of heads on file, with their households.
_FILED = """
    SELECT s.id, s.card_hash AS card_here, k.household, k.head_id, k.card_hash, s.id_hash
    FROM roster_staged s JOIN roster_known k ON k.id_hash = s.id_hash AND k.head = s.id_hash
    WHERE s.sheet = 'households'
"""
#: Who lives in a household on file and is not in the list.
_MISSING = """
    SELECT f.id, m.person_id AS person, m.relation
    FROM roster_filed f JOIN registry_member m ON m.household_id = f.household AND m.until IS NULL
    LEFT JOIN roster_person p ON p.id = m.person_id
    LEFT JOIN roster_staged l ON l.id_hash = p.id_hash AND l.head_hash = f.id_hash
    WHERE m.person_id <> f.head_id AND l.id IS NULL
"""
_CARDS = """
    SELECT DISTINCT h.card_hash, h.head_id FROM registry_household h
    JOIN (SELECT DISTINCT card_hash FROM roster_staged) s USING (card_hash)
"""
#: Who is not on file, as a question after likely doubles; their keys are below nought, as no person's is.
_ASKED = """
    SELECT DISTINCT ON (s.id_hash) -s.id AS id, coalesce(s.place, h.place) AS org_path, s.name, s.pinyin,
           s.born_on, s.fixed, s.phone_hash
    FROM roster_staged s LEFT JOIN roster_person p ON p.id_hash = s.id_hash
    LEFT JOIN roster_staged h ON h.id_hash = s.head_hash AND h.sheet = 'households'
    WHERE s.id_hash IS NOT NULL AND p.id IS NULL ORDER BY s.id_hash, s.id
"""
#: Pairs of a row with a person on file, and with another row; each of two rows asks after the other.
_PAIRS = f"""
    SELECT asked, found FROM ({rules.matches("roster_asked")}) filed
    UNION SELECT unnest(ARRAY[asked, found]), unnest(ARRAY[found, asked])
    FROM ({rules.matches("roster_asked", "roster_asked", once=True)}) listed
"""
_TABLES = {
    "roster_staged": _STAGE,
    "roster_person": _PERSONS,
    "roster_home": _HOMES,
    "roster_known": _KNOWN,
    "roster_filed": _FILED,
    "roster_missing": _MISSING,
    "roster_card": _CARDS,
    "roster_asked": _ASKED,
    "roster_pair": _PAIRS,
}
#: Of the wide table the columns it is joined by are enough, and quicker.
_JOINED_BY = {"roster_staged": "(id, sheet, id_hash, head_hash, card_hash)"}
#: Somebody on file, as whoever imports may know them: the surname's character and the number's end.
_WHO = "left({0}.name, 1) || '*（' || {1} || right({0}.id_mask, 4) || '）'"

#: Where the ID number of a row stands in the workbook.
_CELL = """format('%%s!%%s%%s', here.layout #>> ARRAY[s.sheet, 'name'],
               here.layout #>> ARRAY[s.sheet, 'columns', 'id_number', 'letter'], s.row_no)"""

_VIEWS = f"""
    here AS (SELECT layout FROM registry_roster WHERE id = %(roster)s),
    spot AS (
        SELECT s.id, s.id_hash, {_CELL} AS cell
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
              jsonb_build_object('names', string_agg(coalesce(p.name, '*'), '、' ORDER BY f.relation, p.id))
       FROM roster_missing f LEFT JOIN registry_person p ON p.id = f.person GROUP BY f.id""",
    # the number of a row that turned out to be somebody else: the kept person is filed under another one
    f"""SELECT s.id, CASE WHEN k.id IS NULL THEN 'id_merged_away' ELSE 'id_merged' END, 'id_number', 'error',
               jsonb_build_object('who', {_WHO.format("k", "''")})
        FROM roster_staged s JOIN roster_person p USING (id_hash)
        LEFT JOIN registry_person k ON k.id = p.kept WHERE p.kept IS NOT NULL""",
    # not on file under this number, and yet very like somebody on file or in another row
    f"""SELECT d.id, 'likely_double', 'name', 'warning',
               jsonb_build_object('who', array_to_string((array_agg(d.who ORDER BY d.who))[1:3], '、'))
        FROM (SELECT -a.asked AS id, {_WHO.format("p", "n.name || ' '")} AS who
              FROM roster_pair a JOIN registry_person p ON p.id = a.found
              JOIN orgs_node n ON n.path = p.org_path
              UNION ALL SELECT -a.asked, {_CELL}
              FROM roster_pair a JOIN roster_staged s ON s.id = -a.found, here) d
        GROUP BY d.id""",
    # where money goes is not changed by a list
    """SELECT f.id, 'card_differs', 'card', 'warning', '{}'::jsonb
       FROM roster_filed f WHERE f.card_hash IS NOT NULL AND f.card_here <> f.card_hash""",
    """SELECT s.id, 'id_filed_at', 'id_number', 'error', jsonb_build_object('where', e.county)
       FROM roster_staged s JOIN registry_filed_elsewhere(
           ARRAY(SELECT a.id_hash FROM roster_staged a WHERE a.id_hash IS NOT NULL
                 EXCEPT SELECT p.id_hash FROM roster_person p)) e
         ON e.known_hash = s.id_hash""",
    # a join, for a subquery that knows the row would be run for each of them
    """SELECT DISTINCT s.id, 'card_shared', 'card', 'warning', '{}'::jsonb
       FROM roster_staged s LEFT JOIN roster_person p USING (id_hash)
       LEFT JOIN roster_card o ON o.card_hash = s.card_hash AND o.head_id IS DISTINCT FROM p.id
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
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {statement}", key)
            cursor.execute(f"ANALYZE {table} {_JOINED_BY.get(table, '')}")
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

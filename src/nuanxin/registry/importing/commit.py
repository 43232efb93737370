"""The households of a roster that are free of errors, from staging into the registry.

A few statements in the caller's transaction; each takes the rows marked `ready`, that is, whole
households only.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from pydantic_core import from_json

from nuanxin.kernel import scope
from nuanxin.registry.models import Roster

from . import renewal

_TEXTS = {
    "person": [
        "name",
        "pinyin",
        "initials",
        "sex",
        "id_mask",
        "phone_mask",
        "contact_mask",
        "ethnic",
        "political",
        "education",
        "marriage",
        "hukou",
        "health",
        "disability_kind",
        "disability_level",
        "work_status",
        "model_worker",
        "medical_insurance",
        "employer",
        "contract_term",
        "school",
    ],
    "household": [
        "address",
        "postcode",
        "hukou_division",
        "residence",
        "housing",
        "main_cause",
        "focus_group",
        "origin",
        "declared_class",
        "employer_nature",
        "employer_state",
        "industry",
        "bank",
        "branch",
        "card_mask",
        "remarks",
    ],
}
_TYPED = {
    "person": {
        "born_on": "date",
        "started_work_on": "date",
        "monthly_income": "bigint",
        "school_entered": "date",
        "school_years": "smallint",
    },
    "household": {
        **dict.fromkeys(("people", "homes"), "smallint"),
        **dict.fromkeys(("annual_income", "other_income", "loss"), "bigint"),
        **dict.fromkeys(
            [
                "dibao_certificate",
                "vehicle",
                "business",
                "costly_schooling",
                "disaster_victim",
                "single_parent",
                "self_help",
                "zero_employment",
            ],
            "boolean",
        ),
        "floor_area": "numeric",
        "consent_on": "date",
    },
}


def _record(kind: str) -> str:
    """What jsonb_to_record reads out of a row's values."""
    texts = [f"{name} text" for name in _TEXTS[kind]]
    return ", ".join(texts + [f"{name} {type_}" for name, type_ in _TYPED[kind].items()])


def _names(kind: str) -> str:
    return ", ".join((*_TEXTS[kind], *_TYPED[kind]))


def _values(kind: str) -> str:
    return ", ".join(
        [f"coalesce(v.{name}, '')" for name in _TEXTS[kind]] + [f"v.{name}" for name in _TYPED[kind]]
    )


# The planner expects next to no rows where a filter meets rows just written, or a table under row-level
# security without statistics, and joins by loops. So what is to be taken is copied to tables of the
# transaction's own first, and analysed; each statement joins at most one other table to them.
_READY = """
    SELECT id, sheet, head_hash, id_hash, place, values, id_cipher, phone_cipher, phone_hash, contact_cipher,
           card_cipher, card_hash
    FROM registry_rosterrow WHERE roster_id = %(roster)s AND upload = %(upload)s AND ready
"""
# For showing what will change, some of the households on file are enough.
_READY_ON_FILE = f"""{_READY} AND head_hash IN (
        SELECT r.head_hash FROM registry_rosterrow r JOIN registry_person p ON p.id_hash = r.id_hash
        JOIN registry_household h ON h.head_id = p.id AND h.ended_on IS NULL
        WHERE r.roster_id = %(roster)s AND r.upload = %(upload)s AND r.ready AND r.sheet = 'households'
        ORDER BY r.id LIMIT %(households)s)
"""
_MET = "SELECT r.id, p.id AS person FROM roster_ready r JOIN registry_person p USING (id_hash)"
_HEADED = """
    SELECT r.id, h.id AS household FROM roster_met r
    JOIN registry_household h ON h.head_id = r.person AND h.ended_on IS NULL
"""
_LIVING = """
    SELECT r.id FROM roster_met r JOIN registry_member m ON m.person_id = r.person AND m.until IS NULL
"""
# The keys of all that will be written are drawn now: no later statement has to find a row again. `renewed`:
# the household is on file; `known`: the person; `lives`: the person lives in a household already.
_TAKEN = """
    WITH house AS MATERIALIZED (
        SELECT r.head_hash, r.place, h.id IS NOT NULL AS renewed,
               coalesce(h.household, nextval(pg_get_serial_sequence('registry_household', 'id'))) AS household
        FROM roster_ready r LEFT JOIN roster_headed h USING (id) WHERE r.sheet = 'households')
    SELECT r.id, r.sheet, h.place, h.household, h.renewed,
           p.id IS NOT NULL AS known, m.id IS NOT NULL AS lives,
           coalesce(p.person, nextval(pg_get_serial_sequence('registry_person', 'id'))) AS person,
           r.values, r.id_cipher, r.id_hash, r.phone_cipher, r.phone_hash, r.contact_cipher, r.card_cipher,
           r.card_hash
    FROM roster_ready r JOIN house h USING (head_hash)
    LEFT JOIN roster_met p USING (id) LEFT JOIN roster_living m USING (id)
"""
_DELTA = renewal.differences(
    {kind: (_TEXTS[kind], list(_TYPED[kind])) for kind in _TEXTS},
    {kind: _record(kind) for kind in _TEXTS},
    "roster_taken",
)

# A person known without a household (a former member, a worker consoled before) or in the household the
# row names is kept and brought up to date where the row says otherwise; a new one is added. Whoever was
# registered elsewhere in this very moment stops the INSERT.
_KNOWN = f"""
    UPDATE registry_person p SET org_path = t.place, {
    ", ".join(f"{name} = coalesce(nullif(v.{name}, ''), p.{name})" for name in _TEXTS["person"])
}, {", ".join(f"{name} = coalesce(v.{name}, p.{name})" for name in _TYPED["person"])},
        phone_cipher = coalesce(t.phone_cipher, p.phone_cipher),
        phone_hash = coalesce(t.phone_hash, p.phone_hash),
        contact_cipher = coalesce(t.contact_cipher, p.contact_cipher)
    FROM roster_taken t
    CROSS JOIN LATERAL jsonb_to_record(t.values) AS v ({_record("person")})
    WHERE t.known AND p.id = t.person AND (
        p.org_path <> t.place OR t.phone_hash <> coalesce(p.phone_hash, '')
        OR EXISTS (SELECT FROM roster_delta d WHERE d.kind = 'person' AND d.person = t.person))
"""
_OWN = {kind: [name for name in names if name not in renewal.NEVER] for kind, names in _TEXTS.items()}
_RENEWED = f"""
    UPDATE registry_household h SET changed = now(), {
    ", ".join(f"{name} = coalesce(nullif(v.{name}, ''), h.{name})" for name in _OWN["household"])
}, {", ".join(f"{name} = coalesce(v.{name}, h.{name})" for name in _TYPED["household"])},
        other_causes = CASE WHEN t.values ? 'other_causes' AND t.values->'other_causes' <> '[]' THEN
            ARRAY(SELECT jsonb_array_elements_text(t.values->'other_causes')) ELSE h.other_causes END
    FROM roster_taken t
    CROSS JOIN LATERAL jsonb_to_record(t.values) AS v ({_record("household")})
    WHERE t.renewed AND t.sheet = 'households' AND h.id = t.household
      AND EXISTS (SELECT FROM roster_delta d WHERE d.kind = 'household' AND d.household = t.household)
"""
_SEALED = "id_cipher, id_hash, phone_cipher, phone_hash, contact_cipher"
_PERSONS = f"""
    INSERT INTO registry_person (id, org_path, {_SEALED}, {_names("person")})
    SELECT t.person, t.place, {_SEALED}, {_values("person")}
    FROM roster_taken t
    CROSS JOIN LATERAL jsonb_to_record(t.values) AS v ({_record("person")})
    WHERE NOT t.known
"""
_HOUSEHOLDS = f"""
    INSERT INTO registry_household (id, org_path, head_id, roster_id, card_cipher, card_hash, other_causes,
                                    expenses_known, created, changed, {_names("household")})
    SELECT t.household, t.place, t.person, %(roster)s, t.card_cipher, t.card_hash,
           ARRAY(SELECT jsonb_array_elements_text(coalesce(t.values->'other_causes', '[]'))),
           t.values ?& '{{spend_medical,spend_schooling,spend_disability}}', now(), now(),
           {_values("household")}
    FROM roster_taken t
    CROSS JOIN LATERAL jsonb_to_record(t.values) AS v ({_record("household")})
    WHERE t.sheet = 'households' AND NOT t.renewed
"""
_MEMBERS = """
    INSERT INTO registry_member (org_path, household_id, person_id, relation, since)
    SELECT t.place, t.household, t.person,
           CASE t.sheet WHEN 'households' THEN '0' ELSE t.values->>'relation' END, %(today)s
    FROM roster_taken t WHERE NOT t.lives
"""
_RELATIONS = """
    UPDATE registry_member m SET relation = t.values->>'relation'
    FROM roster_taken t WHERE t.lives AND t.sheet = 'members' AND m.person_id = t.person AND m.until IS NULL
      AND m.relation <> t.values->>'relation'
"""
_EXPENSES = """
    INSERT INTO registry_expense (org_path, household_id, kind, amount, evidenced, year)
    SELECT t.place, t.household, e.kind, (t.values->>('spend_' || e.kind))::bigint,
           coalesce((t.values->>('spend_' || e.kind || '_evidenced'))::boolean, false), %(year)s
    FROM roster_taken t
    CROSS JOIN (VALUES ('medical'), ('schooling'), ('disability')) AS e (kind)
    WHERE t.sheet = 'households' AND (t.values->>('spend_' || e.kind))::bigint > 0
    ON CONFLICT (household_id, kind, year) DO UPDATE
        SET amount = EXCLUDED.amount, evidenced = EXCLUDED.evidenced
        WHERE (registry_expense.amount, registry_expense.evidenced) <> (EXCLUDED.amount, EXCLUDED.evidenced)
"""
#: What a commit writes, in this order: the count of the last statement goes into the receipt.
_WRITING = (
    *renewal.PERIODS,
    _KNOWN,
    _PERSONS,
    _RENEWED,
    _HOUSEHOLDS,
    _MEMBERS,
    _RELATIONS,
    _EXPENSES,
)
# Nothing stays in staging that has arrived: less personal data lies about, and no row commits twice.
_LEAVE = "DELETE FROM registry_rosterrow r USING roster_taken t WHERE r.id = t.id"


# Before anything changes: which rows say something new. New members change their household.
_COUNTS = """
    WITH t AS MATERIALIZED (
        SELECT t.*, EXISTS (SELECT FROM roster_delta d WHERE d.row = t.id) AS differs FROM roster_taken t),
    told AS (
        SELECT sheet, jsonb_build_object(
            'rows', count(*), 'new', count(*) FILTER (WHERE NOT (renewed AND lives)),
            'changed', count(*) FILTER (WHERE renewed AND lives AND differs),
            'unchanged', count(*) FILTER (WHERE renewed AND lives AND NOT differs)) AS figures
        FROM t GROUP BY sheet)
    SELECT count(*), count(*) FILTER (WHERE sheet = 'households' AND NOT renewed),
           count(*) FILTER (WHERE NOT known),
           count(*) FILTER (WHERE known AND NOT renewed),
           count(*) FILTER (WHERE renewed AND lives AND differs),
           count(*) FILTER (WHERE renewed AND lives AND NOT differs),
           (SELECT coalesce(jsonb_object_agg(sheet, figures), '{}')::text FROM told)
    FROM t
"""

_SHOWN = f"""
    SELECT d.kind, d.person, d.household, d.fact,
           coalesce(d.before, 'null')::text, d.after::text
    FROM roster_delta d
    WHERE {renewal.TOLD} ORDER BY d.row, d.kind, d.fact LIMIT %(most)s
"""


@dataclass(frozen=True)
class Receipt:
    """What a commit wrote: rows taken from staging, and what became of them.

    `households` and `persons_new` are new; `persons_known` were registered without a household. Of rows of
    households on file `changed` said something else than the file, `unchanged` nothing new. `moment` is the
    transaction's time, by which the row history tells what this commit wrote. `sheets`: for each sheet its
    rows, and of them the new, changed and unchanged ones.
    """

    rows: int
    households: int
    persons_new: int
    persons_known: int
    expenses: int
    changed: int
    unchanged: int
    moment: str
    sheets: dict[str, dict[str, int]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def commit_ready(roster: Roster, today: date, tell: Callable[[int, int], None] | None = None) -> Receipt:
    """Write the ready households of a roster just checked in the same transaction.

    `tell(done, total)` hears of the rows between the statements. IntegrityError when a person was registered
    or took up another household in the meantime.
    """
    key: dict[str, Any] = {
        "roster": roster.pk,
        "upload": roster.upload,
        "year": roster.year,
        "today": today,
        "staff": scope.current().staff_id,
        "note": roster.name,
    }
    with connection.cursor() as cursor:
        _take(cursor, _READY, key)
        cursor.execute(_COUNTS)
        rows, households, new, known, changed, unchanged, sheets = cursor.fetchone()
        for step, statement in enumerate(_WRITING):
            if tell is not None:
                tell(rows * step // len(_WRITING), rows)
            cursor.execute(statement, key)
        expenses = cursor.rowcount
        cursor.execute(_LEAVE)
        _put_away(cursor)
        cursor.execute("SELECT now()::text")
        (moment,) = cursor.fetchone()
    return Receipt(rows, households, new, known, expenses, changed, unchanged, moment, from_json(sheets))


_TABLES = {
    "roster_ready": _READY,
    "roster_met": _MET,
    "roster_headed": _HEADED,
    "roster_living": _LIVING,
    "roster_taken": _TAKEN,
    "roster_delta": _DELTA,
}
#: Of the wide tables the columns they are joined by are enough, and quicker.
_JOINED_BY = {
    "roster_ready": "(id, sheet, head_hash, id_hash)",
    "roster_taken": "(id, sheet, person, household, known, lives, renewed)",
}


def _take(cursor: Any, ready: str, key: dict[str, Any]) -> None:
    """The rows to be taken, and what they say otherwise than the files, in temporary tables."""
    for table, statement in (_TABLES | {"roster_ready": ready}).items():
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS {statement}", key)
        cursor.execute(f"ANALYZE {table} {_JOINED_BY.get(table, '')}")


def _put_away(cursor: Any) -> None:
    cursor.execute(f"DROP TABLE {', '.join(_TABLES)}")


def differences_of(roster: Roster, most: int = 200) -> list[renewal.Difference]:
    """What ready rows say otherwise than the files: at most so many facts of as many households."""
    key = {"roster": roster.pk, "upload": roster.upload, "most": most, "households": most}
    with transaction.atomic(), connection.cursor() as cursor:
        _take(cursor, _READY_ON_FILE, key)
        cursor.execute(_SHOWN, key)
        found = cursor.fetchall()
        _put_away(cursor)
    return [renewal.Difference(*row[:4], *map(from_json, row[4:])) for row in found]

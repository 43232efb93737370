"""The households of a roster that are free of errors, from staging into the registry.

A few statements in the caller's transaction; each takes the rows marked `ready`, that is, whole
households only.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection

from nuanxin.registry.models import Roster

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


# The planner expects next to no rows where a filter meets rows just written, and joins by loops. So what is
# to be taken is copied to a table of the transaction's own first, and analysed.
_READY = """
    CREATE TEMPORARY TABLE roster_ready ON COMMIT DROP AS
    SELECT id, sheet, head_hash, id_hash, place FROM registry_rosterrow
    WHERE roster_id = %(roster)s AND upload = %(upload)s AND ready
"""
# The keys of all that will be written are drawn now: no later statement has to find a row again.
_TAKEN = """
    CREATE TEMPORARY TABLE roster_taken ON COMMIT DROP AS
    WITH house AS MATERIALIZED (
        SELECT head_hash, place, nextval(pg_get_serial_sequence('registry_household', 'id')) AS household
        FROM roster_ready WHERE sheet = 'households')
    SELECT r.id, r.sheet, h.place, p.id IS NOT NULL AS known, h.household,
           coalesce(p.id, nextval(pg_get_serial_sequence('registry_person', 'id'))) AS person
    FROM roster_ready r JOIN house h USING (head_hash)
    LEFT JOIN registry_person p ON p.id_hash = r.id_hash
"""

# A person known without a household (a former member, a worker consoled before) is kept and brought
# up to date; a new one is added. Whoever was registered elsewhere in this very moment stops the INSERT.
_KNOWN = f"""
    UPDATE registry_person p SET org_path = t.place, {
    ", ".join(f"{name} = coalesce(nullif(v.{name}, ''), p.{name})" for name in _TEXTS["person"])
}, {", ".join(f"{name} = coalesce(v.{name}, p.{name})" for name in _TYPED["person"])},
        phone_cipher = coalesce(r.phone_cipher, p.phone_cipher),
        phone_hash = coalesce(r.phone_hash, p.phone_hash),
        contact_cipher = coalesce(r.contact_cipher, p.contact_cipher)
    FROM roster_taken t JOIN registry_rosterrow r USING (id)
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("person")})
    WHERE t.known AND p.id = t.person
"""
_SEALED = "id_cipher, id_hash, phone_cipher, phone_hash, contact_cipher"
_PERSONS = f"""
    INSERT INTO registry_person (id, org_path, {_SEALED}, {_names("person")})
    SELECT t.person, t.place, {_SEALED}, {_values("person")}
    FROM roster_taken t JOIN registry_rosterrow r USING (id)
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("person")})
    WHERE NOT t.known
"""
_HOUSEHOLDS = f"""
    INSERT INTO registry_household (id, org_path, head_id, roster_id, card_cipher, card_hash, other_causes,
                                    expenses_known, created, changed, {_names("household")})
    SELECT t.household, t.place, t.person, r.roster_id, r.card_cipher, r.card_hash,
           ARRAY(SELECT jsonb_array_elements_text(coalesce(r.values->'other_causes', '[]'))),
           r.values ?& '{{spend_medical,spend_schooling,spend_disability}}', now(), now(),
           {_values("household")}
    FROM roster_taken t JOIN registry_rosterrow r USING (id)
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("household")})
    WHERE t.sheet = 'households'
"""
_MEMBERS = """
    INSERT INTO registry_member (org_path, household_id, person_id, relation, since)
    SELECT t.place, t.household, t.person,
           CASE t.sheet WHEN 'households' THEN '0' ELSE r.values->>'relation' END, %(today)s
    FROM roster_taken t JOIN registry_rosterrow r USING (id)
"""
_EXPENSES = """
    INSERT INTO registry_expense (org_path, household_id, kind, amount, evidenced, year)
    SELECT t.place, t.household, e.kind, (r.values->>('spend_' || e.kind))::bigint,
           coalesce((r.values->>('spend_' || e.kind || '_evidenced'))::boolean, false), %(year)s
    FROM roster_taken t JOIN registry_rosterrow r USING (id)
    CROSS JOIN (VALUES ('medical'), ('schooling'), ('disability')) AS e (kind)
    WHERE t.sheet = 'households' AND (r.values->>('spend_' || e.kind))::bigint > 0
"""
# Nothing stays in staging that has arrived: less personal data lies about, and no row commits twice.
_LEAVE = "DELETE FROM registry_rosterrow r USING roster_taken t WHERE r.id = t.id"


@dataclass(frozen=True)
class Receipt:
    """What a commit wrote: rows taken from staging, and what became of them."""

    rows: int
    households: int
    persons_new: int
    persons_known: int
    expenses: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def commit_ready(roster: Roster, today: date) -> Receipt:
    """Write the ready households of a roster just checked in the same transaction.

    IntegrityError when a person was registered or took up another household in the meantime.
    """
    key: dict[str, Any] = {"roster": roster.pk, "upload": roster.upload, "year": roster.year, "today": today}
    with connection.cursor() as cursor:
        for table, statement in (("roster_ready", _READY), ("roster_taken", _TAKEN)):
            cursor.execute(statement, key)
            cursor.execute(f"ANALYZE {table}")
        done = []
        for statement in (_KNOWN, _PERSONS, _HOUSEHOLDS, _MEMBERS, _EXPENSES, _LEAVE):
            cursor.execute(statement, key)
            done.append(cursor.rowcount)
        cursor.execute("DROP TABLE roster_ready, roster_taken")
    known, new, households, _members, expenses, rows = done
    return Receipt(rows, households, new, known, expenses)

"""The households of a roster that are free of errors, from staging into the registry.

Six statements in the caller's transaction; each takes the rows marked `ready`, that is, whole
households only.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
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


_READY = "r.roster_id = %(roster)s AND r.upload = %(upload)s AND r.ready"
_SEALED = "id_cipher, id_hash, phone_cipher, phone_hash, contact_cipher"
_OF_HOUSEHOLD = f"""
    SELECT r.head_hash, r.place FROM registry_rosterrow r WHERE {_READY} AND r.sheet = 'households'
"""

# A person known without a household (a former member, a worker consoled before) is kept and brought
# up to date; a new one is added. What another county registered in this very moment is skipped by
# the INSERT and noticed by the count of members.
_KNOWN = f"""
    UPDATE registry_person p SET org_path = h.place, {
    ", ".join(f"{name} = coalesce(nullif(v.{name}, ''), p.{name})" for name in _TEXTS["person"])
}, {", ".join(f"{name} = coalesce(v.{name}, p.{name})" for name in _TYPED["person"])},
        phone_cipher = coalesce(r.phone_cipher, p.phone_cipher),
        phone_hash = coalesce(r.phone_hash, p.phone_hash),
        contact_cipher = coalesce(r.contact_cipher, p.contact_cipher)
    FROM registry_rosterrow r JOIN ({_OF_HOUSEHOLD}) h USING (head_hash)
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("person")})
    WHERE {_READY} AND p.id_hash = r.id_hash
"""
_PERSONS = f"""
    INSERT INTO registry_person (org_path, {_SEALED}, {_names("person")})
    SELECT h.place, {_SEALED}, {_values("person")}
    FROM registry_rosterrow r JOIN ({_OF_HOUSEHOLD}) h USING (head_hash)
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("person")})
    WHERE {_READY} ORDER BY r.id
    ON CONFLICT (id_hash) DO NOTHING
"""
_HOUSEHOLDS = f"""
    INSERT INTO registry_household (org_path, head_id, roster_id, card_cipher, card_hash, other_causes,
                                    expenses_known, created, changed, {_names("household")})
    SELECT r.place, p.id, r.roster_id, r.card_cipher, r.card_hash,
           ARRAY(SELECT jsonb_array_elements_text(coalesce(r.values->'other_causes', '[]'))),
           r.values ?& '{{spend_medical,spend_schooling,spend_disability}}', now(), now(),
           {_values("household")}
    FROM registry_rosterrow r JOIN registry_person p ON p.id_hash = r.id_hash
    CROSS JOIN LATERAL jsonb_to_record(r.values) AS v ({_record("household")})
    WHERE {_READY} AND r.sheet = 'households' ORDER BY r.id
"""
_MEMBERS = f"""
    INSERT INTO registry_member (org_path, household_id, person_id, relation, since)
    SELECT h.org_path, h.id, p.id,
           CASE r.sheet WHEN 'households' THEN '0' ELSE r.values->>'relation' END, %(today)s
    FROM registry_rosterrow r JOIN registry_person p ON p.id_hash = r.id_hash
    JOIN registry_person head ON head.id_hash = r.head_hash JOIN registry_household h ON h.head_id = head.id
    WHERE {_READY} ORDER BY r.id
"""
_EXPENSES = f"""
    INSERT INTO registry_expense (org_path, household_id, kind, amount, evidenced, year)
    SELECT h.org_path, h.id, e.kind, (r.values->>('spend_' || e.kind))::bigint,
           coalesce((r.values->>('spend_' || e.kind || '_evidenced'))::boolean, false), %(year)s
    FROM registry_rosterrow r JOIN registry_person p ON p.id_hash = r.id_hash
    JOIN registry_household h ON h.head_id = p.id
    CROSS JOIN (VALUES ('medical'), ('schooling'), ('disability')) AS e (kind)
    WHERE {_READY} AND r.sheet = 'households' AND (r.values->>('spend_' || e.kind))::bigint > 0
"""
# Nothing stays in staging that has arrived: less personal data lies about, and no row commits twice.
_LEAVE = f"DELETE FROM registry_rosterrow r WHERE {_READY}"


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
    """Write the ready households; Refused (nothing written) when a person was registered meanwhile."""
    key = {"roster": roster.pk, "upload": roster.upload, "year": roster.year, "today": today}
    done = {}
    with connection.cursor() as cursor:
        for name, statement in (
            ("known", _KNOWN), ("persons", _PERSONS), ("households", _HOUSEHOLDS), ("members", _MEMBERS),
            ("expenses", _EXPENSES), ("rows", _LEAVE),
        ):  # fmt: skip
            cursor.execute(statement, key)
            done[name] = cursor.rowcount
    if done["members"] != done["rows"]:
        raise Refused(_("有人员刚刚在别处建档,本次未入库。请重新检查后再试。"), code="filed_meanwhile")
    return Receipt(done["rows"], done["households"], done["persons"], done["known"], done["expenses"])

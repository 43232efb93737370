"""What a roster says otherwise than the files it names: found, shown, and written, set-based.

A roster may list households that are on file already. Only the facts that differ are written: the column,
so that the row history keeps what stood there, and a period of the fact (see `models.Circumstance`), so
that the file can be read as of a day before. A blank cell says nothing and changes nothing.
"""

from typing import Any, NamedTuple

#: Facts that follow from others, or that are kept for showing only: they get no period of their own.
DERIVED = ("pinyin", "initials", "id_mask", "phone_mask", "contact_mask", "card_mask")
#: Where money goes is not changed by a list.
NEVER = ("bank", "branch", "card_mask")


def differences(facts: dict[str, tuple[list[str], list[str]]], records: dict[str, str], taken: str) -> str:
    """The SELECT of what rows of `taken` say otherwise; a parameter-free part of a statement.

    `facts`: the text columns and the others of "person" and "household"; `records`: for both, what
    jsonb_to_record reads out of a row. `taken` has the columns id, sheet, person, household, known, renewed
    and values. Gives kind, row, person, household, fact, before, after.
    """
    texts, others = facts["household"]
    own = [name for name in texts if name not in NEVER]
    heads = "t.renewed AND t.sheet = 'households'"
    return " UNION ALL ".join(
        [
            _of("person", "t.known", *facts["person"], records["person"], taken),
            _of("household", heads, own, others, records["household"], taken),
            _LISTS.format(taken=taken, heads=heads),
        ]
    )


def _of(kind: str, which: str, texts: list[str], others: list[str], record: str, taken: str) -> str:
    """A row is read once and compared column by column; only one that differs is taken apart into facts."""
    differs = {name: f"v.{name} <> '' AND p.{name} IS DISTINCT FROM v.{name}" for name in texts} | {
        name: f"v.{name} IS NOT NULL AND p.{name} IS DISTINCT FROM v.{name}" for name in others
    }
    facts = ", ".join(
        f"('{name}', to_jsonb(p.{name}), to_jsonb(v.{name}), {test})" for name, test in differs.items()
    )
    return f"""
        SELECT '{kind}' AS kind, t.id AS row, t.person, t.household, k.fact, k.before, k.after
        FROM {taken} t JOIN registry_{kind} p ON p.id = t.{kind}
        CROSS JOIN LATERAL jsonb_to_record(t.values) AS v ({record})
        CROSS JOIN LATERAL (VALUES {facts}) AS k (fact, before, after, differs)
        WHERE {which} AND ({" OR ".join(differs.values())}) AND k.differs
    """


#: The one fact that is a list; an empty one says nothing.
_LISTS = """
    SELECT 'household', t.id, t.person, t.household, 'other_causes', to_jsonb(h.other_causes),
           t.values->'other_causes'
    FROM {taken} t JOIN registry_household h ON h.id = t.household
    WHERE {heads} AND t.values->'other_causes' NOT IN ('[]', to_jsonb(h.other_causes))
"""


def _array(names: list[str]) -> str:
    return "ARRAY[" + ", ".join(f"'{name}'" for name in names) + "]"


#: The facts of `roster_delta d` that are kept over time, and told.
TOLD = f"d.fact <> ALL ({_array(list(DERIVED))})"
_OPEN = """
    c.fact = d.fact AND c.until IS NULL AND c.replaced IS NULL AND (
        d.kind = 'person' AND c.person_id = d.person
        OR d.kind = 'household' AND c.household_id = d.household AND c.person_id IS NULL)
"""
_VALUE = "CASE d.fact WHEN 'floor_area' THEN to_jsonb(trim_scale(({0})::text::numeric)::text) ELSE {0} END"
_COLUMNS = "org_path, household_id, person_id, fact, value, since, until, source, note, staff_id, created"
#: Facts without a period so far: what the column said, from the first day anybody lived there.
_FIRST = f"""
    INSERT INTO registry_circumstance ({_COLUMNS})
    SELECT t.place, d.household, CASE d.kind WHEN 'person' THEN d.person END, d.fact,
           {_VALUE.format("d.before")}, m.since, %(today)s,
           CASE WHEN h.roster_id IS NULL THEN 'declared' ELSE 'roster' END, '', NULL, now()
    FROM roster_delta d JOIN roster_taken t ON t.id = d.row JOIN registry_household h ON h.id = d.household
    CROSS JOIN LATERAL (SELECT min(since) AS since FROM registry_member WHERE household_id = h.id) m
    WHERE t.renewed AND {TOLD} AND m.since < %(today)s
      AND NOT EXISTS (SELECT FROM registry_circumstance c WHERE {_OPEN})
"""
#: An open period ends today; one that began today is replaced.
_CLOSE = f"""
    UPDATE registry_circumstance c SET
        until = CASE WHEN c.since < %(today)s THEN %(today)s::date END,
        replaced = CASE WHEN c.since < %(today)s THEN NULL ELSE now() END
    FROM roster_delta d JOIN roster_taken t ON t.id = d.row
    WHERE t.renewed AND {TOLD} AND {_OPEN}
"""
_BEGIN = f"""
    INSERT INTO registry_circumstance ({_COLUMNS})
    SELECT t.place, d.household, CASE d.kind WHEN 'person' THEN d.person END, d.fact,
           {_VALUE.format("d.after")}, %(today)s, NULL, 'roster', %(note)s, %(staff)s, now()
    FROM roster_delta d JOIN roster_taken t ON t.id = d.row WHERE t.renewed AND {TOLD}
"""
#: In this order: what held before is read from the column before it changes.
PERIODS = (_FIRST, _CLOSE, _BEGIN)


class Difference(NamedTuple):
    """One fact of a file that a roster says otherwise; values as JSON keeps them."""

    kind: str
    person: int
    household: int
    fact: str
    before: Any
    after: Any

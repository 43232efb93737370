"""Finding pairs and putting them into the queue. What somebody judged is never opened again by a search."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from . import rules

#: A bank card on more households than this is a unit's and says nothing of persons.
SHARED_CARD = 4

_BEST = """
    INSERT INTO registry_likeness (org_path, left_id, right_id, rule, weight, marks, state, reason, found)
    SELECT min(above COLLATE "C"), least(asked, found), greatest(asked, found),
           (array_agg(rule ORDER BY weight DESC, rule))[1], max(weight),
           jsonb_agg(DISTINCT jsonb_build_object('what', 'rule', 'how', rule, 'bits', weight)),
           'open', '', now()
    FROM ({pairs}) pair GROUP BY least(asked, found), greatest(asked, found)
    ON CONFLICT (left_id, right_id) DO UPDATE SET rule = excluded.rule, weight = excluded.weight,
        marks = excluded.marks, org_path = excluded.org_path
    WHERE registry_likeness.state = 'open' AND registry_likeness.rule <> excluded.rule
"""
_CARD = f"""
    SELECT 'card' AS rule, one.head_id AS asked, other.head_id AS found, {rules.WEIGHTS["card"]} AS weight,
           {rules.ABOVE.format("one.org_path", "other.org_path")} AS above
    FROM asked_card one JOIN asked_card other USING (card_hash) WHERE one.head_id < other.head_id
"""
#: The households whose cards are on a few others, in a table with statistics, as the persons are.
_CARDS = f"""
    CREATE TEMPORARY TABLE asked_card ON COMMIT DROP AS
    SELECT card_hash, head_id, org_path FROM (
        SELECT card_hash, head_id, org_path, count(*) OVER (PARTITION BY card_hash) AS households
        FROM registry_household WHERE card_hash IS NOT NULL AND ended_on IS NULL) h
    WHERE households BETWEEN 2 AND {SHARED_CARD}
"""
#: A pair the rules found keeps their name, and takes the model's weight and explanation.
_SCORED = f"""
    INSERT INTO registry_likeness (org_path, left_id, right_id, rule, weight, marks, state, reason, found)
    SELECT {rules.ABOVE.format("l.org_path", "r.org_path")}, l.id, r.id, 'model', s.weight, s.marks,
           'open', '', now()
    FROM jsonb_to_recordset(%s::jsonb) AS s (one bigint, other bigint, weight float8, marks jsonb)
    JOIN registry_person l ON l.id = least(s.one, s.other) AND l.merged_into_id IS NULL
    JOIN registry_person r ON r.id = greatest(s.one, s.other) AND r.merged_into_id IS NULL
    ON CONFLICT (left_id, right_id) DO UPDATE SET weight = excluded.weight, marks = excluded.marks,
        org_path = excluded.org_path
    WHERE registry_likeness.state = 'open' AND registry_likeness.weight <> excluded.weight
"""


def by_rules() -> int:
    """Put all pairs of the actor's scope that a rule finds into the queue; how many are new or changed."""
    with _asked(), connection.cursor() as cursor:
        cursor.execute(_CARDS)
        cursor.execute("ANALYZE asked_card")
        cursor.execute(_BEST.format(pairs=f"{rules.matches('asked', 'asked', once=True)} UNION ALL {_CARD}"))
        found = cursor.rowcount
        cursor.execute("DROP TABLE asked_card")
        return found


def by_rules_of(persons: str, params: list[Any]) -> int:
    """The same for some persons against all; `persons` is a subquery of their keys."""
    with _asked(f"WHERE id IN ({persons})", params), connection.cursor() as cursor:
        cursor.execute(_BEST.format(pairs=rules.matches("asked")))
        return cursor.rowcount


@contextmanager
def _asked(condition: str = "", params: Sequence[Any] = ()) -> Iterator[None]:
    """The persons asked about, as a table of the transaction's own.

    It has statistics, without which the planner expects no rows and joins by loops, and no policy, under
    which it would compare before it filters.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE asked ON COMMIT DROP AS SELECT * FROM {rules.PERSONS} p {condition}",
            params,
        )
        cursor.execute("ANALYZE asked")
        yield
        cursor.execute("DROP TABLE asked")


def keep_scored(pairs: list[dict[str, Any]]) -> int:
    """Put scored pairs into the queue."""
    with connection.cursor() as cursor:
        cursor.execute(_SCORED, [json.dumps(pairs)])
        return cursor.rowcount

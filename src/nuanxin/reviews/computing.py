"""Determining the households of a review in sets: a chunk of them, or a few once more.

Each step is one statement over tables of the transaction's own, analysed before they are joined: the
planner expects next to no rows in what was just written. `reviewed` holds the households looked at, the
`facts` tables what is known of them for each of the two days, read once for all packs; `found` what the
filing packs say of each, `aid` what the other programmes would bring in a year, and `outcome` all of it
together, one row a household.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from nuanxin.casework import relations
from nuanxin.casework.models import UNDER_WAY, Application, Assessment, File
from nuanxin.kernel.actor import subtree
from nuanxin.policy import queries as policy
from nuanxin.registry.models import Household

from .models import Difference, Effect, Review, Tally
from .packs import Packs, Placed, filed_sql

_REVIEWED = f"""
    CREATE TEMPORARY TABLE reviewed ON COMMIT DROP AS
    SELECT h.id AS household, h.org_path, h.changed AS facts_at, f.id AS file,
           coalesce(f.clazz, 'none') AS was
    FROM {Household._meta.db_table} h
    LEFT JOIN {File._meta.db_table} f ON f.household_id = h.id AND f.state = 'open'
    WHERE {{chosen}} AND h.org_path >= %(low)s AND h.org_path < %(high)s
      AND (f.id IS NOT NULL OR %(survey)s AND NOT EXISTS (
          SELECT 1 FROM {Application._meta.db_table} a
          WHERE a.household_id = h.id AND a.state IN ({", ".join(f"'{state}'" for state in UNDER_WAY)})))
"""
_TABLES = """
    CREATE TEMPORARY TABLE found (
        household bigint, now text, per_head numeric, missing text[], excluded text[], pack_hash text
    ) ON COMMIT DROP;
    CREATE TEMPORARY TABLE aid (
        household bigint, programme text, later boolean, turn integer, fen bigint
    ) ON COMMIT DROP;
"""
#: Aid is paid monthly at most, so a year holds no more than so many grants of a programme.
_TURNS = 12
#: The class each household has before or now, for the programmes that ask it.
_CLASSED = {
    False: f"SELECT household, was AS clazz FROM reviewed WHERE {filed_sql('was')}",
    True: f"SELECT household, now AS clazz FROM found WHERE {filed_sql('now')}",
}
_WITH_CLASS = """
    SELECT f.*, c.clazz AS file_class, {granted} AS granted_this_year
    FROM ({facts}) f JOIN ({classed}) c ON c.household = f.subject {had} WHERE {where}
"""
#: Who got something of a programme at the turn before, and what all its turns came to.
_HAD = """
    JOIN (SELECT household, sum(fen)::bigint AS fen FROM aid
          WHERE programme = %s AND later = %s GROUP BY 1 HAVING max(turn) = %s AND sum(fen) > 0
    ) had ON had.household = f.subject
"""
# What a programme brings is unknown (null) when a figure of it is; without a file's class it is nothing.
_OUTCOME = f"""
    CREATE TEMPORARY TABLE outcome ON COMMIT DROP AS
    WITH pairs AS (
        SELECT household, programme,
               CASE WHEN bool_or(NOT later) THEN sum(fen) FILTER (WHERE NOT later) ELSE 0 END::bigint AS was,
               CASE WHEN bool_or(later) THEN sum(fen) FILTER (WHERE later)::bigint
                    WHEN d.now <> 'unknown' THEN 0 END AS now
        FROM aid JOIN found d USING (household) GROUP BY household, programme, d.now
    ), sums AS (
        SELECT household, jsonb_object_agg(programme, jsonb_build_array(was, now)) AS aid,
               CASE WHEN bool_and(was IS NOT NULL) THEN sum(was)::bigint END AS aid_was,
               CASE WHEN bool_and(now IS NOT NULL) THEN sum(now)::bigint END AS aid_now,
               bool_or(was IS DISTINCT FROM now) AS differs
        FROM pairs WHERE was IS DISTINCT FROM 0 OR now IS DISTINCT FROM 0 GROUP BY household
    )
    SELECT r.household, r.org_path, r.file, r.was, d.now, d.per_head, d.missing, d.excluded, d.pack_hash,
           r.facts_at, coalesce(s.aid, '{{}}') AS aid,
           CASE WHEN s.household IS NULL THEN 0 ELSE s.aid_was END AS aid_was,
           CASE WHEN s.household IS NOT NULL THEN s.aid_now WHEN d.now <> 'unknown' THEN 0 END AS aid_now,
           CASE WHEN d.now = 'unknown' THEN 'unknown'
                WHEN r.file IS NULL THEN CASE WHEN {filed_sql("d.now")} THEN 'entering' END
                WHEN NOT {filed_sql("d.now")} THEN 'leaving'
                WHEN d.now <> r.was THEN 'class'
                WHEN s.differs THEN 'award' END AS kind
    FROM reviewed r JOIN found d USING (household) LEFT JOIN sums s USING (household)
"""
_LIST = f"""
    INSERT INTO {Difference._meta.db_table} (
        org_path, review_id, household_id, file_id, kind, state, was, now, per_head_was, per_head_now, aid,
        aid_was, aid_now, missing, excluded, pack_hash, facts_at, computed, opinion, reason,
        returned_because, problem)
    SELECT o.org_path, %(review)s, o.household, o.file, o.kind,
           CASE o.kind WHEN 'award' THEN 'noted' ELSE 'open' END, o.was, o.now, a.monthly_per_head,
           o.per_head, o.aid, o.aid_was, o.aid_now, o.missing, o.excluded, o.pack_hash, o.facts_at, now(),
           '', '', '', ''
    FROM outcome o LEFT JOIN LATERAL (
        SELECT monthly_per_head FROM {Assessment._meta.db_table}
        WHERE household_id = o.household ORDER BY id DESC LIMIT 1) a ON true
    WHERE o.kind IS NOT NULL
    ON CONFLICT (review_id, household_id) DO NOTHING
"""
_RENEW = f"""
    UPDATE {Difference._meta.db_table} t
    SET org_path = o.org_path, file_id = o.file, kind = coalesce(o.kind, t.kind), was = o.was, now = o.now,
        per_head_now = o.per_head, aid = o.aid, aid_was = o.aid_was, aid_now = o.aid_now, missing = o.missing,
        excluded = o.excluded, pack_hash = o.pack_hash, facts_at = o.facts_at, computed = now(), problem = ''
    FROM outcome o WHERE t.review_id = %(review)s AND t.household_id = o.household
"""
_TALLY = f"""
    INSERT INTO {Tally._meta.db_table} AS t (org_path, review_id, was, now, households)
    SELECT org_path, %(review)s, was, now, count(*) FROM outcome GROUP BY org_path, was, now
    ON CONFLICT (review_id, org_path, was, now) DO UPDATE SET households = t.households + excluded.households
"""
_UNTALLY = f"""
    UPDATE {Tally._meta.db_table} t SET households = t.households - d.n
    FROM (SELECT org_path, was, now, count(*) AS n FROM {Difference._meta.db_table}
          WHERE review_id = %(review)s AND household_id IN (SELECT household FROM outcome)
          GROUP BY 1, 2, 3) d
    WHERE t.review_id = %(review)s AND (t.org_path, t.was, t.now) = (d.org_path, d.was, d.now)
"""
_PAIRS = """
    SELECT x.org_path, p.key AS programme, sum((p.value ->> 0)::bigint) AS was,
           sum((p.value ->> 1)::bigint) AS now, count(*) FILTER (WHERE p.value -> 0 <> p.value -> 1) AS n
    FROM {rows} x CROSS JOIN LATERAL jsonb_each(x.aid) p
    WHERE {chosen} AND p.value ->> 0 IS NOT NULL AND p.value ->> 1 IS NOT NULL GROUP BY 1, 2
"""
_EFFECT = f"""
    INSERT INTO {Effect._meta.db_table} AS t (org_path, review_id, programme, was, now, households)
    SELECT org_path, %(review)s, programme, was, now, n
    FROM ({_PAIRS.format(rows="outcome", chosen="true")}) p
    ON CONFLICT (review_id, org_path, programme) DO UPDATE
    SET was = t.was + excluded.was, now = t.now + excluded.now,
        households = t.households + excluded.households
"""
_MINE = "x.review_id = %(review)s AND x.household_id IN (SELECT household FROM outcome)"
_UNEFFECT = f"""
    UPDATE {Effect._meta.db_table} t
    SET was = t.was - p.was, now = t.now - p.now, households = t.households - p.n
    FROM ({_PAIRS.format(rows=Difference._meta.db_table, chosen=_MINE)}) p
    WHERE t.review_id = %(review)s AND (t.org_path, t.programme) = (p.org_path, p.programme)
"""


@dataclass(frozen=True)
class Chosen:
    """Households by key: those in (after, until], or a few named ones."""

    after: int = 0
    until: int = 0
    keys: Sequence[int] = ()

    @property
    def sql(self) -> str:
        return "h.id = ANY(%(keys)s::bigint[])" if self.keys else "h.id > %(after)s AND h.id <= %(until)s"

    @property
    def params(self) -> dict[str, Any]:
        return {"after": self.after, "until": self.until, "keys": list(self.keys)}


@dataclass(frozen=True)
class Computed:
    """Households determined for a review, as long as their tables stand."""

    review: Review
    cursor: Any

    def _run(self, *statements: str) -> None:
        for statement in statements:
            self.cursor.execute(statement, {"review": self.review.pk})

    def add(self) -> None:
        """List those that differ, and count them all."""
        self._run(_LIST, _TALLY, _EFFECT)

    def renew(self) -> None:
        """Bring the rows already listed up to date, and the counts with them."""
        self._run(_UNTALLY, _UNEFFECT, _RENEW, _TALLY, _EFFECT)

    def kinds(self) -> dict[int, str | None]:
        """How each household differs; None when it does not."""
        self.cursor.execute("SELECT household, kind FROM outcome")
        return dict(self.cursor.fetchall())


@contextmanager
def computed(review: Review, packs: Packs, chosen: Chosen) -> Iterator[Computed]:
    """Determine the chosen households of the review's range for the block."""
    low, high = subtree(str(review.org_id))
    given = {"low": low, "high": high, "survey": review.survey, **chosen.params}
    with connection.cursor() as cursor:
        cursor.execute(_REVIEWED.format(chosen=chosen.sql), given)
        cursor.execute(_TABLES)
        cursor.execute("ANALYZE reviewed")
        known = _known(cursor, packs)
        for placed in packs.filing:
            _determine(cursor, placed, known[placed.day])
        cursor.execute("ANALYZE found")
        for later, items in ((False, packs.before), (True, packs.now)):
            for placed in items:
                _grant(cursor, placed, known[placed.day], later)
        cursor.execute("ANALYZE aid")
        cursor.execute(_OUTCOME)
        cursor.execute("ANALYZE outcome")
        yield Computed(review, cursor)
        tables = [f"{name}_{_mark(day)}" for day, one in known.items() for name in ("facts", *one.lists)]
        cursor.execute(f"DROP TABLE reviewed, found, aid, outcome, {', '.join(tables)}")


def _mark(day: date) -> str:
    """What the tables of a day's facts are marked with."""
    return f"{day:%Y%m%d}"


def _known(cursor: Any, packs: Packs) -> dict[date, relations.Given]:
    """What is known for each day packs are run for: on a day without filing, of those with a file alone."""
    placed: dict[date, list[Placed]] = {}
    for item in (*packs.filing, *packs.before, *packs.now):
        placed.setdefault(item.day, []).append(item)
    found = {}
    for day, items in placed.items():
        filing = any(item in packs.filing for item in items)
        chosen = "SELECT household FROM reviewed" + ("" if filing else f" WHERE {filed_sql('was')}")
        found[day] = _gather(cursor, day, chosen, {name for item in items for name in item.pack.facts})
    return found


def _gather(cursor: Any, day: date, chosen: str, asked: set[str]) -> relations.Given:
    """What is known of households for a determination as of a day, with the lists that are asked for."""
    homes = Household.objects.filter(pk__in=RawSQL(chosen, ()))
    return relations.materialise(cursor, relations.of_households(homes, day), asked, _mark(day))


def _determine(cursor: Any, placed: Placed, known: relations.Given) -> None:
    """What a filing pack says of the households where it counts."""
    where, params = placed.where("f.place")
    sql = f"SELECT f.* FROM ({known.subjects.sql}) f WHERE {where}"
    statement = _statement(placed, policy.Relation(sql, params, known.subjects.columns), known.lists)
    per_head = "value_monthly_per_head" if "value_monthly_per_head" in statement.columns else "NULL::numeric"
    cursor.execute(
        f"INSERT INTO found SELECT subject, result, {per_head}, unknown, excluded, %(review_pack)s"
        f" FROM ({statement.sql}) s",
        {**statement.params, "review_pack": placed.pack.sha256},
    )


def _grant(cursor: Any, placed: Placed, known: relations.Given, later: bool) -> None:
    """What a programme would bring in a whole year to the households where its pack counts.

    A pack that asks what was granted this year is asked again, with what its grants came to so far, until
    nothing more is due: a subsidy for every holiday counts as often as there are holidays.
    """
    turns = _TURNS if "granted_this_year" in placed.pack.facts else 1
    for turn in range(turns):
        if not _grant_once(cursor, placed, known, later, turn):
            return


def _grant_once(cursor: Any, placed: Placed, known: relations.Given, later: bool, turn: int) -> int:
    """One turn of `_grant`; to how many households it brought a row."""
    where, params = placed.where("f.place")
    sql = _WITH_CLASS.format(
        facts=known.subjects.sql,
        classed=_CLASSED[later],
        where=where,
        granted="had.fen" if turn else "0::bigint",
        had=_HAD if turn else "",
    )
    before = [placed.pack.programme, later, turn - 1] if turn else []
    columns = known.subjects.columns | {"file_class", "granted_this_year"}
    relation = policy.Relation(sql, [*known.subjects.params, *before, *params], columns)
    statement = _statement(placed, relation, known.lists)
    benefits = [f"coalesce({name}, 0)" for name in statement.columns if name.startswith("benefit_")]
    fen = f"CASE WHEN result <> 'unknown' AND cardinality(unknown) = 0 THEN {' + '.join(benefits) or 0} END"
    cursor.execute(
        "INSERT INTO aid SELECT subject, %(review_programme)s, %(review_later)s, %(review_turn)s, fen"
        f" FROM (SELECT subject, {fen} AS fen FROM ({statement.sql}) s) g"
        " WHERE %(review_turn)s = 0 OR fen > 0",
        {
            **statement.params,
            "review_programme": placed.pack.programme,
            "review_later": later,
            "review_turn": turn,
        },
    )
    return int(cursor.rowcount)


def _statement(
    placed: Placed, subjects: policy.Relation, lists: Mapping[str, policy.Relation]
) -> policy.Statement:
    """The pack's statement, with the lists it asks for alone."""
    asked = {name: lists[name] for name in placed.pack.facts if name in lists}
    return policy.determine_sql(placed.pack, subjects, asked, placed.day)

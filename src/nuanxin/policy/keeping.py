"""What is kept of a determination, in plain JSON, and the determination made again from it.

Kept are the facts as they were given, the dated standards that held with their document, and what came
out. Figures are exact texts without needless zeros, money facts in yuan with two decimals, days ISO, so
that the statement and the Python runner write the same.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from psycopg.types.json import Jsonb
from sqlglot import exp

from nuanxin.kernel.money import Money

from .engine.explanation import Explanation
from .engine.pack import EXCLUDED, Pack
from .engine.run import Standard, run
from .engine.sqlwords import Sql, call, cases, cast, column, infix, missing, named, text
from .engine.statement import Relation, Statement, Tables, build
from .engine.texts import Text
from .engine.tree import RESIDENCE, Fact
from .engine.types import EXACT, Kind, Type

Json = dict[str, Any]
#: A list with the columns it has.
_Listed = tuple[str, frozenset[str]]
_FIGURES = (Kind.MONEY, Kind.NUMBER, Kind.COUNT)


@dataclass(frozen=True, slots=True)
class Kept:
    """A determination as it was kept. `overruled`: codes of exclusions set aside, with the reason."""

    sha256: str
    day: date
    place: str
    facts: Json
    standards: Json
    outcome: Json
    overruled: Mapping[str, str] = field(default_factory=dict)


# the record of one


def explanation_of(pack: Pack, kept: Kept) -> Explanation:
    """The full account of a kept determination, by the pack it was made with."""
    return run(
        pack,
        facts_of(pack, kept.facts),
        day=kept.day,
        standards=standards_of(kept.standards),
        place=kept.place,
        overruled=kept.overruled,
    )


def facts_of(pack: Pack, facts: Json) -> Json:
    """Kept facts as values for `run`."""
    found: Json = {fact.name: _value(fact.type, facts.get(fact.name)) for fact in pack.scalars}
    for fact in pack.lists:
        rows = facts.get(fact.name)
        found[fact.name] = (
            None
            if rows is None
            else [{part.name: _value(part.type, row.get(part.name)) for part in fact.fields} for row in rows]
        )
    return found


def _value(of: Type, raw: Any) -> Any:
    if raw is None:
        return None
    if of.kind in _FIGURES:
        return Decimal(raw)
    return date.fromisoformat(raw) if of.kind is Kind.DATE else raw


def plain_standards(standards: Mapping[str, Standard]) -> Json:
    """The standards that held for a subject, to be kept."""
    return {
        name: {
            "id": used.id,
            "value": str(used.value),
            "place": used.place and {"zh": used.place.zh, "en": used.place.en},
            "from": used.valid_from and used.valid_from.isoformat(),
            "to": used.valid_to and used.valid_to.isoformat(),
            "document": used.document and {"zh": used.document.zh, "en": used.document.en},
        }
        for name, used in standards.items()
    }


def standards_of(kept: Json) -> dict[str, Standard]:
    """Kept standards as values for `run`."""
    return {
        name: Standard(
            Decimal(used["value"]),
            used["id"],
            _text(used["place"]),
            _day(used["from"]),
            _day(used["to"]),
            _text(used["document"]),
        )
        for name, used in kept.items()
    }


def _text(said: Mapping[str, str] | None) -> Text | None:
    return Text(said["zh"], said["en"]) if said else None


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def outcome(found: Explanation) -> Json:
    """What a determination came to, as the statement of `keeping_sql` writes it."""
    taken = next((n for n, clause in enumerate(found.decisions, 1) if clause.reached and clause.holds), None)
    excluded = [clause.code for clause in found.exclusions if clause.holds]
    return {
        "result": found.result,
        "decision": taken if found.decided else None,
        "excluded": excluded if found.result == EXCLUDED else [],
        "unknown": list(found.unknown),
        "values": {figure.name: _plain(figure.value) for figure in found.values},
        "benefits": {
            due.code: {"fen": _fen(due.amount), "caps": [cap.code for cap in due.caps if cap.bit]}
            for due in found.benefits
        },
    }


def _fen(amount: Money | None) -> int | None:
    return None if amount is None else amount.fen


def _plain(value: Any) -> Any:
    """A figure as exact text without needless zeros (never an exponent, never minus nought)."""
    if isinstance(value, Decimal):
        return f"{EXACT.add(value, Decimal(0)).normalize(EXACT):f}"
    return value.isoformat() if isinstance(value, date) else value


def differences(kept: Json, again: Json) -> list[tuple[str, Any, Any]]:
    """Where two outcomes part: (what, as kept, made again), each by its path such as 'values.months'."""
    before, after = _flat(kept), _flat(again)
    names = [*before, *(name for name in after if name not in before)]
    return [
        (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def _flat(of: Json, above: str = "") -> Json:
    found: Json = {}
    for name, value in of.items():
        found |= _flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
    return found


# the records of any number


def keeping_sql(
    pack: Pack,
    given: Relation,
    lists: Mapping[str, Relation],
    standards: Relation,
    held: Sequence[Json],
    day: date,
    carried: Sequence[str] = (),
) -> Statement:
    """The statement that determines every subject of a relation and yields what is to be kept of each.

    Columns: subject, place and `carried` as given, those of the engine's statement, and in jsonb facts ·
    standards · outcome · overruled. `held` lists for each place and residence (empty: unknown) of the
    subjects the standards that hold there, as `plain_standards` gives them. A jsonb column `reasons` of
    the relation gives the reason for each of the `overruled` codes.
    """
    needed = {"subject", "place", RESIDENCE, "overruled", "reasons", *pack.facts, *carried} & given.columns
    kept = Tables()
    kept.add("kept_given", _only(given, needed))
    own = {name: rows for name, rows in lists.items() if name in pack.facts}
    for name, rows in own.items():
        kept.add(f"kept_{name}", _only(rows, rows.columns))
    given = Relation("SELECT * FROM kept_given", [], frozenset(needed))
    again = {name: Relation(f'SELECT * FROM "kept_{name}"', [], rows.columns) for name, rows in own.items()}
    said = build(pack, given, again, standards, day=day)
    shape = "place text, residence text, standards jsonb"
    kept.add("kept_held", Relation(f"SELECT * FROM jsonb_to_recordset(%s) t ({shape})", [Jsonb(held)], _NONE))
    kept.parts["kept_said"] = said.sql
    names = ("subject", "place", *carried, *said.columns[1:])
    listed = tuple((name, rows.columns) for name, rows in own.items())
    query = _records(pack, given.columns, listed, names)
    tables = ", ".join(f'"{name}" AS MATERIALIZED ({sql})' for name, sql in kept.parts.items())
    return Statement(f"WITH {tables} {query}", kept.params | dict(said.params), (*names, *_KEPT))


_KEPT = ("facts", "standards", "outcome", "overruled")
_NONE: frozenset[str] = frozenset()
#: PostgreSQL takes a hundred arguments to a function: fifty pairs.
_PAIRS = 50


def _only(relation: Relation, names: Collection[str]) -> Relation:
    """The relation with no more than these columns, so that the others are not computed."""
    listed = ", ".join(f'"{name}"' for name in sorted(names))
    return Relation(f"SELECT {listed} FROM ({relation.sql}) given", relation.params, frozenset(names))


@lru_cache(maxsize=256)
def _records(
    pack: Pack,
    columns: frozenset[str],
    listed: tuple[_Listed, ...],
    names: tuple[str, ...],
) -> str:
    """The query for what came out beside what went in, subject by subject."""
    lists = dict(listed)
    own = [column(name, "kept_given" if name in columns else "kept_said") for name in names]
    made = {
        "facts": _facts(pack, columns, lists),
        "standards": call("coalesce", column("standards", "kept_held"), _empty()),
        "outcome": _outcome(pack),
        "overruled": call("coalesce", column("reasons", "kept_given"), _empty())
        if "reasons" in columns
        else _empty(),
    }
    query = exp.select(*own, *(named(value, name) for name, value in made.items()))
    query = query.from_("kept_given").join("kept_said", on=_same("subject", "kept_said"))
    for name, known in lists.items():
        rows = _rows_of(pack.facts[name], known).subquery(f"all_{name}")
        query = query.join(rows, on=_same("subject", f"all_{name}"), join_type="left")
    none = exp.Literal.string("")
    residence = call("coalesce", column(RESIDENCE, "kept_given"), none) if RESIDENCE in columns else none
    held = exp.and_(_same("place", "kept_held"), infix(exp.EQ, column("residence", "kept_held"), residence))
    return text(query.join("kept_held", on=held, join_type="left"))


def _same(name: str, table: str) -> Sql:
    return infix(exp.EQ, column(name, table), column(name, "kept_given"))


def _facts(pack: Pack, columns: frozenset[str], lists: Collection[str]) -> Sql:
    found = {
        fact.name: _raw(fact.type, column(fact.name, "kept_given")) if fact.name in columns else exp.null()
        for fact in pack.scalars
    }
    for fact in pack.lists:
        rows: Sql = exp.null()
        if fact.name in lists:
            rows = call(
                "coalesce", column("rows", f"all_{fact.name}"), cast(exp.Literal.string("[]"), "jsonb")
            )
            if fact.name in columns:
                rows = cases((column(fact.name, "kept_given"), rows))
        found[fact.name] = rows
    return _object(found)


def _rows_of(fact: Fact, known: Collection[str]) -> exp.Select:
    """All rows of a list fact by subject, in the order of their fields, those `known` to be columns."""
    fields = [part for part in fact.fields if part.name in known]
    row = _object(
        {
            part.name: _raw(part.type, column(part.name)) if part in fields else exp.null()
            for part in fact.fields
        }
    )
    ordered = exp.Order(this=row, expressions=[column(part.name) for part in fields])
    query = exp.select(column("subject"), named(call("jsonb_agg", ordered), "rows"))
    return query.from_(exp.table_(f"kept_{fact.name}", quoted=True)).group_by(column("subject"))


def _raw(of: Type, given: Sql) -> Sql:
    """A fact as it is kept; the rule that `facts_of` undoes."""
    if of.kind is Kind.MONEY:
        return cast(infix(exp.Mul, cast(given, "bigint"), exp.Literal.number("0.01")), "text")
    if of.kind in _FIGURES:
        given = cast(given, "numeric")
    return _figure(of, given)


def _figure(of: Type, value: Sql) -> Sql:
    """A figure as `_plain` writes it."""
    if of.kind in _FIGURES:
        return cast(call("trim_scale", value), "text")
    if of.kind is Kind.DATE:
        return call("to_char", value, exp.Literal.string("YYYY-MM-DD"))
    return value


def _outcome(pack: Pack) -> Sql:
    values = {
        name: _figure(let.node.type, column(f"value_{name}", "kept_said")) for name, let in pack.lets.items()
    }
    found: dict[str, Sql] = {
        name: column(name, "kept_said") for name in ("result", "decision", "excluded", "unknown")
    }
    return _object(found | {"values": _object(values), "benefits": _benefits(pack)})


def _benefits(pack: Pack) -> Sql:
    """Those the result opens: their caps are known to be none or some."""
    made = _empty()
    for benefit in pack.benefits:
        caps = column(f"caps_{benefit.code}", "kept_said")
        due = _object({"fen": column(f"benefit_{benefit.code}", "kept_said"), "caps": caps})
        opened = cases((missing(caps.copy()), _empty()), otherwise=_object({benefit.code: due}))
        made = infix(exp.DPipe, made, opened)
    return made


def _object(pairs: Mapping[str, Sql]) -> Sql:
    """A JSON object of any size."""
    items = list(pairs.items())
    made = _empty()
    for start in range(0, len(items), _PAIRS):
        listed = [part for name, value in items[start : start + _PAIRS] for part in (_key(name), value)]
        some = call("jsonb_build_object", *listed)
        made = some if len(items) <= _PAIRS else infix(exp.DPipe, made, some)
    return made


def _key(name: str) -> Sql:
    return cast(exp.Literal.string(name), "text")


def _empty() -> Sql:
    return cast(exp.Literal.string("{}"), "jsonb")

"""The lowest layers of the statement: facts brought into their domains, standards found, lists added up."""

from sqlglot import exp

from .pack import Pack
from .sqlnodes import KINDS, Translator
from .sqlwords import (
    Sql,
    bits,
    call,
    cases,
    cast,
    column,
    fenced,
    infix,
    integer,
    missing,
    named,
    text,
    whole,
)
from .tree import RESIDENCE, Fact, Node
from .types import FACT_DIGITS, MONEY, SCALE, STANDARD_DIGITS, STANDARD_SCALE, Kind

FOLDS = ("sum", "count", "any", "all")

# For each place (and residence) of the subjects the row that holds there: of the nearest place that has
# one, that for the residence before that for any. Where the residence is unknown and would decide, none.
# Each place is spread over the paths above it, so that the standards are found by equality.
_PLACES = """
SELECT l.place, l.residence, depth, array_to_string(steps[1:depth - 1] || ''::text, '/') AS path
FROM (SELECT DISTINCT place, {residence} AS residence FROM subjects) AS l
CROSS JOIN LATERAL string_to_array(l.place, '/') AS steps
CROSS JOIN LATERAL generate_series(1, cardinality(steps)) AS depth
"""
_NEAREST = """
SELECT DISTINCT ON (l.place, l.residence, s.code) l.place, l.residence, s.code,
       CASE WHEN l.residence <> '' OR s.residence = 'any' THEN s.amount END AS amount,
       CASE WHEN l.residence <> '' OR s.residence = 'any' THEN s.number END AS number
FROM places AS l
JOIN (
  SELECT s.*, wanted.by_residence FROM standards AS s
  JOIN unnest({codes}, {by_residence}) AS wanted (code, by_residence) ON wanted.code = s.code
) AS s ON s.path = l.path
WHERE s.residence = 'any' OR (s.by_residence AND (l.residence = '' OR s.residence = l.residence))
ORDER BY l.place, l.residence, s.code, l.depth DESC, s.residence = 'any'
"""


def fact_layers(
    pack: Pack, words: Translator, columns: frozenset[str], lists: frozenset[str]
) -> dict[str, str]:
    """The common table expressions up to "figures": a row per subject with facts, standards and list sums."""
    tables = {"subjects": text(_subjects(pack, words, columns))}
    facts = exp.select(exp.Star()).from_("subjects")
    if pack.tables:
        codes = words.binds.bind(sorted({item.code for item in pack.tables}), "text[]")
        tables["places"] = _PLACES.format(residence=_residence(pack))
        tables["nearest"] = _nearest(pack, words, text(codes))
        tables["located"] = text(_located(pack, words))
        facts = _with_standards(pack)
    tables["facts"] = text(facts)
    for fact in pack.lists:
        if fact.name in lists and _folds_of(fact, words):
            tables[f"sums_{fact.name}"] = text(_sums(pack, fact, words))
    tables["figures"] = text(_figures(pack, words, columns, lists))
    return tables


def _subjects(pack: Pack, words: Translator, columns: frozenset[str]) -> exp.Select:
    kept: list[Sql] = [column("subject")]
    kept += [column("place")] if pack.tables else []
    kept += [column("overruled")] if "overruled" in columns else []
    for fact in pack.scalars:
        given = column(fact.name) if fact.name in columns else exp.null()
        kept.append(named(_domain(pack, fact, given, words), f"f_{fact.name}"))
    for fact in pack.lists:
        known = column(fact.name) if fact.name in columns else exp.true()
        kept.append(named(cast(known, "boolean"), f"l_{fact.name}"))
    return exp.select(*kept).from_("given")


def _domain(pack: Pack, fact: Fact, given: Sql, words: Translator) -> Sql:
    """As types.known: the figure of a fact, null outside the domain of its type."""
    kind, binds = fact.type.kind, words.binds
    if kind is Kind.FLAG:
        return cast(given, "boolean")
    if kind is Kind.CODE:
        codes = [binds.bind(code, "text") for code in pack.labels(fact.type.codes)]
        return cases((exp.In(this=cast(given, "text"), expressions=codes), cast(given.copy(), "text")))
    if kind is Kind.DATE:
        ends = (binds.bind("0001-01-01", "date"), binds.bind("9999-12-31", "date"))
        return cases(
            (exp.Between(this=cast(given, "date"), low=ends[0], high=ends[1]), cast(given.copy(), "date"))
        )
    most = 10 ** (FACT_DIGITS[kind] + (2 if kind is Kind.MONEY else 0)) - 1
    if kind is Kind.MONEY:
        fen = cast(given, "bigint")
        bounds = exp.Between(this=fen, low=integer(-most), high=integer(most))
        return cases((bounds, _yuan(fen.copy())))
    figure = cast(given, "numeric")
    if kind is Kind.NUMBER:
        within = infix(exp.LT, call("abs", figure), integer(most + 1))
        return cases((within, call("round", figure.copy(), whole(SCALE))))
    whole_number = infix(exp.EQ, call("trunc", figure), figure.copy())
    within = exp.and_(exp.Between(this=figure.copy(), low=whole(0), high=integer(most)), whole_number)
    return cases((within, figure.copy()))


def _yuan(fen: Sql) -> Sql:
    return infix(exp.Mul, fen, exp.Literal.number("0.01"))


# standards


def _nearest(pack: Pack, words: Translator, codes: str) -> str:
    by_residence = {item.code: item.by_residence for item in pack.tables}
    flags = words.binds.bind([by_residence[code] for code in sorted(by_residence)], "boolean[]")
    return _NEAREST.format(codes=codes, by_residence=text(flags))


def _residence(pack: Pack) -> str:
    """The residence to look standards up by, empty where unknown: a text without anything of the pack's."""
    return f"coalesce(f_{RESIDENCE}, '')" if RESIDENCE in pack.facts else "''"


def _located(pack: Pack, words: Translator) -> exp.Select:
    """One row per place and residence with a column for each standard."""
    columns: list[Sql] = [column("place"), column("residence")]
    for item in pack.tables:
        money = item.type == MONEY
        figure = _yuan(column("amount")) if money else call("round", column("number"), whole(STANDARD_SCALE))
        within = infix(exp.LT, call("abs", figure), integer(10 ** STANDARD_DIGITS[item.type.kind]))
        own = infix(exp.EQ, column("code"), words.binds.bind(item.code, "text"))
        columns.append(named(call("max", cases((exp.and_(own, within), figure.copy()))), f"p_{item.name}"))
    return exp.select(*columns).from_("nearest").group_by(column("place"), column("residence"))


def _with_standards(pack: Pack) -> exp.Select:
    columns: list[Sql] = [exp.Column(this=exp.Star(), table=exp.to_identifier("subjects"))]
    columns += [column(f"p_{item.name}", "located") for item in pack.tables]
    same = infix(exp.EQ, column("place", "located"), column("place", "subjects"))
    own: Sql = exp.Literal.string("")
    if RESIDENCE in pack.facts:
        own = call("coalesce", column(f"f_{RESIDENCE}", "subjects"), own)
    both = exp.and_(same, infix(exp.EQ, column("residence", "located"), own))
    return exp.select(*columns).from_("subjects").join("located", on=both, join_type="left")


# lists


def _folds_of(fact: Fact, words: Translator) -> list[tuple[Node, int]]:
    return [(node, number) for node, number in words.folds.items() if node.value == fact.name]


def _sums(pack: Pack, fact: Fact, words: Translator) -> exp.Select:
    """One row per subject that has rows in the list: each fold's raw figure t_ and mask n_."""
    rows = exp.select(
        column("subject"),
        *(named(_domain(pack, part, column(part.name), words), f"i_{part.name}") for part in fact.fields),
    ).from_(exp.table_(f"rows_{fact.name}", quoted=True))
    folds = _folds_of(fact, words)
    source = exp.select(exp.Star()).from_(fenced(rows, "row"))
    if any(_looks_outside(node) for node, _ in folds):
        source = source.join("facts", using=["subject"])
    asked = exp.select(
        exp.Star(), *(named(words.figure(node.args[-1]), f"c_{number}") for node, number in folds)
    ).from_(fenced(source, "asked"))
    columns: list[Sql] = [column("subject")]
    for node, number in folds:
        columns += [
            named(_raw(node, number, words), f"t_{number}"),
            named(_mask(node, number, words), f"n_{number}"),
        ]
    return exp.select(*columns).from_(fenced(asked, "asked")).group_by(column("subject"))


def _looks_outside(node: Node) -> bool:
    return any(part.op in ("fact", "parameter") for part in node.walk())


def _raw(node: Node, number: int, words: Translator) -> Sql:
    """The fold over the rows whose condition is known."""
    condition = column(f"c_{number}")
    if node.op == "any":
        return call("bool_or", condition)
    if node.op == "all":
        return call("bool_and", condition)
    if node.op == "count":
        return cast(call("count", cases((condition, whole(1)))), "numeric")
    return call("coalesce", call("sum", cases((condition, words.figure(node.args[0])))), whole(0))


def _mask(node: Node, number: int, words: Translator) -> Sql:
    condition = column(f"c_{number}")
    masks = [cases((missing(condition), words.lacks(node.args[-1])), otherwise=integer(0))]
    if node.op == "sum":
        masks.append(cases((condition.copy(), words.lacks(node.args[0])), otherwise=integer(0)))
    return call("bit_or", bits(masks))


def _figures(pack: Pack, words: Translator, columns: frozenset[str], lists: frozenset[str]) -> exp.Select:
    """Facts and folds side by side; a subject without rows has an empty list, not an unknown one."""
    query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("facts"))).from_("facts")
    for fact in pack.lists:
        folds = _folds_of(fact, words)
        given, table = fact.name in lists, f"sums_{fact.name}"
        if given and folds:
            on = infix(exp.EQ, column("subject", table), column("subject", "facts"))
            query = query.join(exp.table_(table, quoted=True), on=on, join_type="left")
        for node, number in folds:
            own = integer(1 << words.inputs[fact.name])
            if not given:
                query = query.select(
                    named(cast(exp.null(), KINDS[node.type.kind]), f"a_{number}"), named(own, f"n_{number}")
                )
                continue
            incomplete = exp.Not(this=call("coalesce", column(f"l_{fact.name}", "facts"), exp.false()))
            mask = column(f"n_{number}", table)
            value, lacks = _fold(node, column(f"t_{number}", table), mask, column("subject", table))
            query = query.select(
                named(cases((incomplete, exp.null()), otherwise=value), f"a_{number}"),
                named(cases((incomplete.copy(), own), otherwise=lacks), f"n_{number}"),
            )
    return query


def _fold(node: Node, raw: Sql, mask: Sql, subject: Sql) -> tuple[Sql, Sql]:
    """Figure and mask of one fold, with the value of an empty list where there is no row."""
    none, whole_mask = missing(subject), infix(exp.NEQ, mask, whole(0))
    if node.op in ("sum", "count"):
        value = cases((none, cast(whole(0), "numeric")), (whole_mask, exp.null()), otherwise=raw)
        return value, call("coalesce", mask.copy(), integer(0))
    settled = raw if node.op == "any" else exp.Not(this=raw)
    end = exp.true() if node.op == "any" else exp.false()
    value = cases(
        (none, exp.Not(this=end.copy())),
        (settled, end),
        (whole_mask, exp.null()),
        otherwise=exp.Not(this=end.copy()),
    )
    lacks = cases((none.copy(), integer(0)), (settled.copy(), integer(0)), otherwise=mask.copy())
    return value, lacks

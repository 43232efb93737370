"""The lowest layer of the statement: facts brought into their domains, standards found, lists added up."""

from sqlglot import exp

from .pack import Pack
from .sqldomains import fact_domain, standard_domain
from .sqlnodes import FOLDS, Translator
from .sqlrows import folds_of, sums
from .sqlwords import Sql, call, cases, cast, column, fenced, infix, integer, missing, named, text, within
from .tree import RESIDENCE, Fact, Node
from .types import FACT_DIGITS, LIST_DIGITS, Kind

# For each place (and residence) the row that holds there: of the nearest place that has one, that for the
# residence before that for any. Where the residence is unknown and would decide, none. Each place is
# spread over the paths above it, so that the standards are found by equality; OFFSET 0, because the planner
# would pair every place with every standard before it compares paths. (MATERIALIZED would, too, but no
# parallel worker may read such a table.)
_PLACES = """
SELECT l.place, l.residence, depth, array_to_string(steps[1:depth - 1] || ''::text, '/') AS path
FROM ({of}) AS l
CROSS JOIN LATERAL string_to_array(l.place, '/') AS steps
CROSS JOIN LATERAL generate_series(1, cardinality(steps)) AS depth
OFFSET 0
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
_KINDS = {Kind.FLAG: "boolean", Kind.DATE: "date", Kind.CODE: "text"}


class Facts:
    """The tables a statement stands on, and the query that joins them: a row for each subject.

    Its columns: subject · f_ a fact · p_ a standard · l_ whether a list is complete · a_ a fold of a list
    with n_, the mask of what its rows lack · overruled, where the caller tells it.
    """

    def __init__(
        self, pack: Pack, words: Translator, columns: frozenset[str], lists: frozenset[str], places: bool
    ) -> None:
        self.pack, self.words, self.columns, self.lists = pack, words, columns, lists
        self.places = places  # whether the caller lists the places there are

    def tables(self) -> dict[str, str]:
        """Common table expressions over given, rows_<list>, standards and every_place, in order."""
        made = {}
        if self.pack.tables:
            made["places"] = _PLACES.format(of=self.spread())
            made["nearest"] = self.nearest()
            made["located"] = text(self.located())
        for fact in self.pack.lists:
            folds = folds_of(fact, self.words)
            if folds and fact.name in self.lists:
                outside = any(self.looks_outside(node) for node, _ in folds)
                made[f"sums_{fact.name}"] = text(
                    sums(self.pack, fact, self.words, self.known() if outside else None)
                )
        return made

    def query(self) -> exp.Select:
        """Fenced, so that the lists are joined last: the planner thinks their sums larger than they are."""
        folds = {fact: folds_of(fact, self.words) for fact in self.pack.lists}
        if not any(folds.values()):
            return self.known()
        query = exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("facts"))).from_(
            fenced(self.known(), "facts")
        )
        for fact, numbers in folds.items():
            if numbers and fact.name in self.lists:
                table = f"sums_{fact.name}"
                same = infix(exp.EQ, column("subject", table), column("subject", "facts"))
                query = query.join(exp.table_(table, quoted=True), on=same, join_type="left")
            for node, number in numbers:
                query = query.select(*self.fold(fact, node, number))
        return query

    def known(self) -> exp.Select:
        """The subjects with their facts and standards."""
        query = exp.select(column("subject", "given")).from_("given")
        if "overruled" in self.columns:
            query = query.select(column("overruled", "given"))
        for fact in self.pack.scalars:
            query = query.select(named(self.fact(fact), f"f_{fact.name}"))
        for fact in self.pack.lists:
            query = query.select(named(self.complete(fact), f"l_{fact.name}"))
        if not self.pack.tables:
            return query
        same = infix(exp.EQ, column("place", "located"), column("place", "given"))
        if self.by_residence:
            own = self.residence(self.fact(self.pack.facts[RESIDENCE]))
            same = exp.and_(same, infix(exp.EQ, column("residence", "located"), own))
        query = query.select(*(column(f"p_{item.name}", "located") for item in self.pack.tables))
        return query.join("located", on=same, join_type="left")

    def fact(self, fact: Fact) -> Sql:
        if fact.name in self.columns:
            codes = self.pack.labels(fact.type.codes)
            return fact_domain(fact, column(fact.name, "given"), codes, self.words.binds)
        return cast(exp.null(), _KINDS.get(fact.type.kind, "bigint"))

    # standards

    @property
    def by_residence(self) -> bool:
        return RESIDENCE in self.pack.facts and any(item.by_residence for item in self.pack.tables)

    def residence(self, of: Sql) -> Sql:
        """The residence to look standards up by, empty where unknown."""
        return call("coalesce", of, exp.Literal.string(""))

    def spread(self) -> str:
        """Each place with each residence: those of the subjects, unless the caller lists all places."""
        residences = "VALUES ('')"
        if self.by_residence:
            residences = "VALUES (''), ('urban'), ('rural')"
        if self.places:
            return f"SELECT place, r.residence FROM every_place CROSS JOIN ({residences}) AS r (residence)"
        residence: Sql = exp.Literal.string("")
        if self.by_residence:
            residence = self.residence(self.fact(self.pack.facts[RESIDENCE]))
        return text(exp.select(column("place"), named(residence, "residence")).from_("given").distinct())

    def nearest(self) -> str:
        by_residence = {item.code: item.by_residence for item in self.pack.tables}
        codes, bind = sorted(by_residence), self.words.binds.bind
        flags = bind([by_residence[code] for code in codes], "boolean[]")
        return _NEAREST.format(codes=text(bind(codes, "text[]")), by_residence=text(flags))

    def located(self) -> exp.Select:
        """One row per place and residence with a column for each standard."""
        columns: list[Sql] = [column("place"), column("residence")]
        for item in self.pack.tables:
            own = infix(exp.EQ, column("code"), self.words.binds.text(item.code))
            value = standard_domain(item, column("amount"), column("number"))
            columns.append(named(call("max", cases((own, value))), f"p_{item.name}"))
        return exp.select(*columns).from_("nearest").group_by(column("place"), column("residence"))

    # lists

    def looks_outside(self, node: Node) -> bool:
        tables = {item.name for item in self.pack.tables}
        return any(
            part.op == "fact" or (part.op == "parameter" and part.value in tables) for part in node.walk()
        )

    def complete(self, fact: Fact) -> Sql:
        if fact.name not in self.lists:
            return exp.false()
        if fact.name not in self.columns:
            return exp.true()
        return call("coalesce", cast(column(fact.name, "given"), "boolean"), exp.false())

    def fold(self, fact: Fact, node: Node, number: int) -> list[Sql]:
        """Figure and mask of one fold; a subject without rows has an empty list, not an unknown one."""
        if fact.name not in self.lists:
            kind = "bigint" if node.type.numeric else "boolean"
            masks = named(cast(exp.null(), "bigint"), f"n_{number}")
            return [named(cast(exp.null(), kind), f"a_{number}"), masks]
        table = f"sums_{fact.name}"
        raw, mask = column(f"t_{number}", table), column(f"n_{number}", table)
        value = _folded(node, raw, missing(mask))
        if fact.name in self.columns:
            value = cases((column(f"l_{fact.name}", "facts"), value))
        return [named(value, f"a_{number}"), mask.copy()]


def _folded(node: Node, raw: Sql, known: Sql) -> Sql:
    """The figure of a fold from its known rows, given whether all of them are known."""
    if node.op == "any":
        return cases((raw, exp.true()), (known, exp.false()))
    if node.op == "all":
        return cases((exp.Not(this=raw), exp.false()), (known, exp.true()))
    figure = call("coalesce", raw, integer(0))
    end = 10**LIST_DIGITS - 1
    if node.op == "sum":
        end = 10 ** (FACT_DIGITS[node.type.kind] + node.scale) - 1
    return cases((exp.and_(known, within(figure, -end, end)), figure.copy()))


def numbered(pack: Pack, words: Translator) -> None:
    """Gives every fold of the pack its number, before any table is made."""
    for node in pack.nodes():
        for part in node.walk():
            if part.op in FOLDS:
                words.folded(part)

"""One piece of a run in sets: the facts are read once, every variant is determined over them, and what
they come to is counted.

All reading happens under a savepoint that PostgreSQL itself holds read only: the one thing it can write
are the temporary tables made before it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from nuanxin.casework import relations
from nuanxin.orgs.models import Node
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.pack import UNKNOWN

from .models import COLUMNS, Run
from .planning import AIDS, FILING, Piece
from .rules import NOT_FILED, SHARE, Rules

#: Income as a share of the line is counted in bands so wide (per cent), so many of them; one more is open.
WIDTH, BANDS = 25, 12
#: A run over one of these is counted by county, any other by the units directly below its place.
ABOVE_COUNTY = (Node.Kind.NATIONAL, Node.Kind.PROVINCE, Node.Kind.PREFECTURE)
#: Samples of a piece's tables no larger than they need be.
_SETTINGS = "SET LOCAL default_statistics_target = 10"

_PLACES = """
    SELECT place, string_to_array(place, '/') AS steps, cardinality(string_to_array(place, '/')) - 1 AS depth
    FROM (SELECT DISTINCT place FROM simulation_facts) places
"""
_COUNTIES = f"""
    SELECT p.place, coalesce(max(n.path), p.place) FROM ({_PLACES}) p
    CROSS JOIN LATERAL generate_series(1, p.depth) AS up
    LEFT JOIN orgs_node n ON n.path = array_to_string(p.steps[1:up], '/') || '/' AND n.kind = 'county'
    GROUP BY p.place
"""
_CHILDREN = f"SELECT place, array_to_string(steps[1:least(%s, depth)], '/') || '/' FROM ({_PLACES}) p"
_NOT_FILED = ", ".join(f"'{result}'" for result in NOT_FILED)
_FILED = f"""
    SELECT f.*, d.result AS file_class, 0::bigint AS granted_this_year
    FROM simulation_facts f JOIN {{filed}} d USING (subject)
    WHERE d.result NOT IN ({_NOT_FILED})
"""
_REFILED = f"""
    SELECT f.*, d.result AS file_class, 0::bigint AS granted_this_year
    FROM simulation_facts f JOIN {{filed}} d USING (subject) JOIN {{other}} o USING (subject)
    WHERE d.result NOT IN ({_NOT_FILED}) AND d.result <> o.result
"""
_CELLS = """
    INSERT INTO simulation_cell (run_id, piece, org_path, cause, before, first, second,
                                 households, fen_before, fen_first, fen_second)
    SELECT %s, %s, unit, cause, class_0, class_1, class_2, count(*), sum(fen_0), sum(fen_1), sum(fen_2)
    FROM simulation_outcomes GROUP BY unit, cause, class_0, class_1, class_2
"""
_DIFFERENCES = """
    INSERT INTO simulation_difference (run_id, piece, org_path, household_id, cause,
                                       before, first, second, fen_before, fen_first, fen_second)
    SELECT %s, %s, place, subject, cause, class_0, class_1, class_2, fen_0, fen_1, fen_2
    FROM simulation_outcomes
    WHERE class_0 <> class_1 OR fen_0 <> fen_1 OR (class_2 <> '' AND (class_0 <> class_2 OR fen_0 <> fen_2))
"""
_TALLY = """
    INSERT INTO simulation_tally (run_id, piece, variant, kind, org_path, key, fund, households, fen)
    SELECT %s, %s, counted.* FROM ({counted}) AS counted
"""
_BANDS = f"""
    SELECT %s, 'band', %s, coalesce(band::int::text, 'unknown'), '', count(*), 0
    FROM (SELECT greatest(least(trunc(share * 100 / {WIDTH}), {BANDS}), 0) AS band FROM {{table}}) AS bands
    GROUP BY band
"""
_MISSING = """
    SELECT %s, 'missing', %s, name, '', count(*), 0 FROM {table}, unnest(missing) AS name GROUP BY name
"""
#: Summed by unit first, then one row for each sum: a row for each household and benefit would be many.
_GRANTS = """
    SELECT variant, kind, unit, key, fund, households, fen
    FROM (SELECT unit, {sums} FROM simulation_outcomes GROUP BY unit) AS sums
    CROSS JOIN LATERAL (VALUES {rows}) AS grants (variant, kind, key, fund, households, fen)
    WHERE households > 0
"""


class Grant(NamedTuple):
    """Fen of a benefit, or (kind "open") a one where a programme's benefits cannot be told."""

    value: str
    kind: str
    key: str
    fund: str


class Measure:
    """The work of one piece. `write` is to be called within a transaction of the run's actor."""

    def __init__(self, run: Run, number: int, rules: Rules) -> None:
        self.run, self.number, self.rules = run, number, rules
        self.piece = Piece.read(run.plan[number])
        self.base = self.piece.region.packs
        #: tables of what was determined, by what decides it: variants that agree share one
        self.tables: dict[Any, str] = {}
        #: the classes over which a programme was determined first by the same rules
        self.first: dict[Any, str] = {}
        self.work: list[tuple[str, Any]] = []

    def write(self) -> None:
        """Determine the households of the piece by every variant and keep what it comes to."""
        with connection.cursor() as cursor:
            cursor.execute(_SETTINGS)
        self.facts = self.read_facts()
        self.filed = [self.determined(variant) for variant in self.run.variants]
        self.aided = [self.granted(variant) for variant in self.run.variants]
        self.grants = [list(self.columns(variant)) for variant in self.run.variants]
        self.work.append(self.joined())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            for sql, params in self.work:
                cursor.execute(sql, params)
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, [self.run.pk, self.number])
            cursor.execute(_DIFFERENCES, [self.run.pk, self.number])
            self.tally(cursor)

    # -- temporary tables -----------------------------------------------------------------------

    def table(self, name: str, shape: str, params: Sequence[Any] | None = None) -> str:
        """Make an empty temporary table; it goes with the transaction, or with the next piece."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.execute(f"CREATE TEMPORARY TABLE {name} {shape}", params)
        return name

    def fill(self, name: str, relation: policy.Relation, columns: set[str]) -> policy.Relation:
        """A temporary table for some columns of what a relation yields now.

        What is not asked for is not worked out; the keys are named again, since a range reaches the tables
        below where membership in a set does not.
        """
        kept = sorted(columns & relation.columns)
        sql = (
            f"SELECT {', '.join(kept)} FROM ({relation.sql}) AS given"
            f" WHERE subject BETWEEN {self.piece.low} AND {self.piece.high}"
        )
        self.table(name, f"ON COMMIT DROP AS {sql} WITH NO DATA", relation.params)
        self.work.append((f"INSERT INTO {name} {sql}", relation.params))
        self.work.append((f"ANALYZE {name}", None))
        return policy.Relation(f"SELECT * FROM {name}", (), frozenset(kept))

    def read_facts(self) -> relations.Given:
        """The households' facts and lists, read once for all variants."""
        given = relations.of_households(self.piece.households(), self.run.day)
        asked = self.rules.asked(self.base.values())
        subjects = self.fill("simulation_facts", given.subjects, asked | {"subject", "place", "main_cause"})
        lists = {
            name: self.fill(f"simulation_{name}", rows, set(rows.columns))
            for name, rows in given.lists.items()
            if name in asked
        }
        self.table("simulation_units", '(place text COLLATE "C", unit text COLLATE "C") ON COMMIT DROP')
        above = Node.objects.filter(path=self.run.place_id, kind__in=ABOVE_COUNTY).exists()
        sql, params = (_COUNTIES, None) if above else (_CHILDREN, [self.run.place_id.count("/") + 1])
        self.work.append((f"INSERT INTO simulation_units {sql}", params))
        return relations.Given(subjects, lists)

    def named(self, key: Any, shape: str) -> str:
        self.tables[key] = self.table(f"simulation_determined_{len(self.tables)}", f"{shape} ON COMMIT DROP")
        return self.tables[key]

    # -- determinations -------------------------------------------------------------------------

    def determined(self, variant: int) -> str:
        """The table of the classes: subject, result, what is missing, income as a share of the line."""
        base = self.base[FILING]
        key = (base, self.rules.key(variant, base))
        if key not in self.tables:
            share = f"value_{SHARE}" if SHARE in self.rules.pack(variant, base).lets else "NULL"
            columns = f"subject, result, CASE WHEN result = '{UNKNOWN}' THEN unknown END, {share}"
            name = self.named(key, "(subject bigint, result text, missing text[], share numeric)")
            self.determine(name, columns, variant, base, self.facts.subjects)
        return self.tables[key]

    def granted(self, variant: int) -> dict[str, Callable[[str], str]]:
        """How the outcome reads each programme's columns."""
        bases = {programme: self.base[programme] for programme in AIDS if programme in self.base}
        return {programme: self.grant(variant, base) for programme, base in bases.items()}

    def grant(self, variant: int, base: int) -> Callable[[str], str]:
        """What filed households are granted, as an expression for a column of the outcome.

        Where another variant has the same rules, its outcome stands for the households whose class is the
        same there, and the others alone are determined.
        """
        rules, filed = self.rules.key(variant, base), self.filed[variant]
        first = self.first.setdefault((base, rules), filed)
        key = (base, rules, filed)
        if key not in self.tables:
            codes = [f"benefit_{benefit.code}" for benefit in self.rules.pack(variant, base).benefits]
            shape = ["subject bigint", "open boolean", *(f"{code} bigint" for code in codes)]
            columns = ["subject", "unknown <> '{}'", *(f"coalesce({code}, 0)" for code in codes)]
            chosen = (_FILED if first == filed else _REFILED).format(filed=filed, other=first)
            known = self.facts.subjects.columns | {"file_class", "granted_this_year"}
            name = self.named(key, f"({', '.join(shape)})")
            self.determine(name, ", ".join(columns), variant, base, policy.Relation(chosen, (), known))
        own, had = self.tables[key], self.tables[base, rules, first]
        if own == had:
            return lambda column: f"{own}.{column}"
        same = f"{filed}.result = {first}.result"
        return lambda column: f"CASE WHEN {same} THEN {had}.{column} ELSE {own}.{column} END"

    def determine(self, name: str, columns: str, variant: int, base: int, given: policy.Relation) -> None:
        found = self.rules.statement(variant, base, given, self.facts.lists)
        self.work.append((f"INSERT INTO {name} SELECT {columns} FROM ({found.sql}) found", found.params))
        self.work.append((f"ANALYZE {name}", None))

    # -- what it comes to -----------------------------------------------------------------------

    def columns(self, variant: int) -> Iterator[Grant]:
        """What the outcomes keep of a variant's benefits, one column each."""
        for programme, reads in self.aided[variant].items():
            yield Grant(f"nullif({reads('open')}, false)::int", "open", programme, "")
            for benefit in self.rules.pack(variant, self.base[programme]).benefits:
                fund = benefit.funds[0] if benefit.funds else ""
                key = f"{programme}/{benefit.code}"
                yield Grant(f"nullif({reads(f'benefit_{benefit.code}')}, 0)", "due", key, fund)

    def joined(self) -> tuple[str, None]:
        """Every household once, with its class, its cost and its benefits under each variant."""
        columns = {
            "subject bigint": "subject",
            'place text COLLATE "C"': "f.place",
            'unit text COLLATE "C"': "u.unit",
            "cause text": "coalesce(f.main_cause, '')",
        }
        for variant in range(len(COLUMNS)):
            used = variant in self.run.variants
            grants = self.grants[variant] if used else []
            due = [f"coalesce({grant.value}, 0)" for grant in grants if grant.kind == "due"]
            columns[f"class_{variant} text"] = f"{self.filed[variant]}.result" if used else "''"
            columns[f"fen_{variant} bigint"] = " + ".join(due) or "0"
            for i, grant in enumerate(grants):
                columns[f"grant_{variant}_{i} bigint"] = grant.value
        self.table("simulation_outcomes", f"({', '.join(columns)}) ON COMMIT DROP")
        joins = "".join(f" LEFT JOIN {name} USING (subject)" for name in self.tables.values())
        return (
            f"INSERT INTO simulation_outcomes SELECT {', '.join(columns.values())}"
            f" FROM simulation_facts f JOIN simulation_units u ON u.place = f.place{joins}",
            None,
        )

    def tally(self, cursor: Any) -> None:
        def count(counted: str, params: Sequence[Any]) -> None:
            cursor.execute(_TALLY.format(counted=counted), [self.run.pk, self.number, *params])

        for variant in self.run.variants:
            count(_BANDS.format(table=self.filed[variant]), [variant, self.run.place_id])
            count(_MISSING.format(table=self.filed[variant]), [variant, self.run.place_id])
        grants = [
            (f"grant_{variant}_{i}", variant, *grant[1:])
            for variant in self.run.variants
            for i, grant in enumerate(self.grants[variant])
        ]
        if grants:
            sums = ", ".join(f"count({name}) AS n_{name}, sum({name}) AS {name}" for name, *_ in grants)
            rows = ", ".join(f"(%s, %s, %s, %s, n_{name}, {name})" for name, *_ in grants)
            count(_GRANTS.format(sums=sums, rows=rows), [text for grant in grants for text in grant[1:]])

"""One piece of a run in sets: the facts are read once, every variant is determined over them, and what
they come to is counted.

All reading happens under a savepoint that PostgreSQL itself holds read only: the one thing it can write
are the temporary tables made before it.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from nuanxin.casework import relations
from nuanxin.orgs.models import Node
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.pack import EXCLUDED, UNKNOWN
from nuanxin.policy.engine.statement import build

from .models import Run
from .planning import AIDS, FILING, Piece
from .rules import SHARE, Rules

#: Results of a filing pack that open no file.
NOT_FILED = ("none", EXCLUDED, UNKNOWN)
#: Income as a share of the line is counted in bands so wide, so many of them; one more is open above.
BAND, BANDS = "0.25", 12

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
_CHILDREN = f"""
    SELECT place, array_to_string(steps[1:least(%s, depth)], '/') || '/' FROM ({_PLACES}) p
"""
_OUTCOMES = """
    subject bigint, place text COLLATE "C", unit text COLLATE "C", cause text,
    class_0 text, class_1 text, class_2 text, fen_0 bigint, fen_1 bigint, fen_2 bigint
"""
_CELLS = """
    INSERT INTO simulation_cell (run_id, piece, org_path, cause, before, first, second,
                                 households, fen_before, fen_first, fen_second)
    SELECT %s, %s, unit, cause, class_0, class_1, class_2, count(*), sum(fen_0), sum(fen_1), sum(fen_2)
    FROM simulation_outcomes GROUP BY unit, cause, class_0, class_1, class_2
"""
_DIFFERENCES = """
    INSERT INTO simulation_difference (run_id, piece, org_path, unit_path, household_id, cause,
                                       before, first, second, fen_before, fen_first, fen_second)
    SELECT %s, %s, place, unit, subject, cause, class_0, class_1, class_2, fen_0, fen_1, fen_2
    FROM simulation_outcomes
    WHERE class_0 <> class_1 OR fen_0 <> fen_1 OR (class_2 <> '' AND (class_0 <> class_2 OR fen_0 <> fen_2))
    ORDER BY subject
"""
_TALLY = """
    INSERT INTO simulation_tally (run_id, piece, variant, kind, org_path, key, fund, households, fen)
    SELECT %s, %s, %s, %s, counted.* FROM ({counted}) AS counted
"""
_BANDS = f"""
    SELECT %s, coalesce(greatest(least(trunc(share / {BAND}), {BANDS}), 0)::int::text, 'unknown'),
           '', count(*), 0
    FROM {{table}} GROUP BY 2
"""
_MISSING = "SELECT %s, name, '', count(*), 0 FROM {table}, unnest(missing) AS name GROUP BY name"
_DUE = """
    SELECT o.unit, %s, %s, count(*), sum(a.{benefit})
    FROM {table} a JOIN simulation_outcomes o USING (subject) WHERE a.{benefit} > 0 GROUP BY o.unit
"""
_OPEN = """
    SELECT o.unit, %s, '', count(*), 0
    FROM {table} a JOIN simulation_outcomes o USING (subject) WHERE a.open GROUP BY o.unit
"""
_FILED = f"""
    SELECT f.*, d.result AS file_class, 0::bigint AS granted_this_year
    FROM simulation_facts f JOIN {{table}} d USING (subject)
    WHERE d.result NOT IN ({", ".join(f"'{result}'" for result in NOT_FILED)})
"""


class Measure:
    """The work of one piece. `write` is to be called within a transaction of the run's actor."""

    def __init__(self, run: Run, number: int, rules: Rules) -> None:
        self.run, self.number, self.rules = run, number, rules
        self.piece = Piece.read(run.plan[number])
        self.base = self.piece.region.packs
        #: tables of what was determined, by what decides it: variants that agree share one
        self.tables: dict[Any, str] = {}
        self.work: list[tuple[str, Sequence[Any] | dict[str, Any]]] = []

    def write(self) -> None:
        """Determine the households of the piece by every variant and keep what it comes to."""
        self.facts = self.read_facts()
        self.filed = [self.determined(variant) for variant in self.run.variants]
        self.aided = [self.granted(variant) for variant in self.run.variants]
        self.table("simulation_outcomes", f"({_OUTCOMES})")
        self.work.append(self.joined())
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            for sql, params in self.work:
                cursor.execute(sql, params)
        with connection.cursor() as cursor:
            cursor.execute(_CELLS, [self.run.pk, self.number])
            cursor.execute(_DIFFERENCES, [self.run.pk, self.number])
            for variant in self.run.variants:
                self.tally(cursor, variant)

    # -- temporary tables -----------------------------------------------------------------------

    def table(self, name: str, shape: str, params: Sequence[Any] = ()) -> str:
        """Make an empty temporary table; it goes with the transaction, or with the next piece."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
            cursor.execute(f"CREATE TEMPORARY TABLE {name} {shape}", params or None)
        return name

    def fill(self, name: str, relation: policy.Relation) -> policy.Relation:
        """A temporary table for what a relation yields now."""
        self.table(name, f"ON COMMIT DROP AS {relation.sql} WITH NO DATA", relation.params)
        self.work.append((f"INSERT INTO {name} {relation.sql}", relation.params))
        self.work.append((f"ANALYZE {name}", ()))
        return policy.Relation(f"SELECT * FROM {name}", (), relation.columns)

    def read_facts(self) -> relations.Given:
        """The households' facts and lists, read once for all variants."""
        given = relations.of_households(self.piece.households(), self.run.day)
        subjects = self.fill("simulation_facts", given.subjects)
        lists = {name: self.fill(f"simulation_{name}", rows) for name, rows in given.lists.items()}
        self.table("simulation_units", '(place text COLLATE "C", unit text COLLATE "C") ON COMMIT DROP')
        county = Node.objects.filter(path=self.run.place_id, kind__in=["province", "prefecture", "national"])
        sql, params = (_COUNTIES, ()) if county.exists() else (_CHILDREN, (self.run.place_id.count("/") + 1,))
        self.work.append((f"INSERT INTO simulation_units {sql}", params))
        return relations.Given(subjects, lists)

    # -- determinations -------------------------------------------------------------------------

    def determined(self, variant: int) -> str:
        """The table of the classes: subject, result, what is missing, income as a share of the line."""
        base = self.base[FILING]
        key = (FILING, self.rules.key(variant, base))
        if key in self.tables:
            return self.tables[key]
        pack = self.rules.pack(variant, base)
        name = self.named(key, "(subject bigint, result text, missing text[], share numeric)")
        share = f"value_{SHARE}" if SHARE in pack.lets else "NULL"
        columns = f"subject, result, CASE WHEN result = '{UNKNOWN}' THEN unknown END, {share}"
        self.determine(name, columns, variant, pack, self.facts)
        return name

    def granted(self, variant: int) -> dict[str, str]:
        """The table of each programme's benefits: subject, whether one cannot be told, fen for each."""
        made = {}
        for programme in AIDS:
            if programme not in self.base:
                continue
            base = self.base[programme]
            key = (programme, self.rules.key(variant, base), self.filed[variant])
            if key not in self.tables:
                self.grant(key, variant, self.rules.pack(variant, base))
            made[programme] = self.tables[key]
        return made

    def grant(self, key: Any, variant: int, pack: policy.Pack) -> None:
        codes = [f"benefit_{benefit.code}" for benefit in pack.benefits]
        name = self.named(key, f"(subject bigint, open boolean, {', '.join(f'{c} bigint' for c in codes)})")
        columns = ", ".join(["subject", "unknown <> '{}'", *(f"coalesce({code}, 0)" for code in codes)])
        known = self.facts.subjects.columns | {"file_class", "granted_this_year"}
        filed = policy.Relation(_FILED.format(table=self.filed[variant]), (), known)
        self.determine(name, columns, variant, pack, relations.Given(filed, self.facts.lists))

    def named(self, key: Any, shape: str) -> str:
        self.tables[key] = self.table(f"simulation_determined_{len(self.tables)}", f"{shape} ON COMMIT DROP")
        return self.tables[key]

    def determine(
        self, name: str, columns: str, variant: int, pack: policy.Pack, given: relations.Given
    ) -> None:
        asked = {fact.name for fact in pack.lists}
        lists = {name: rows for name, rows in given.lists.items() if name in asked}
        found = build(pack, given.subjects, lists, self.rules.standards(variant, pack), day=self.run.day)
        self.work.append((f"INSERT INTO {name} SELECT {columns} FROM ({found.sql}) found", found.params))
        self.work.append((f"ANALYZE {name}", ()))

    def joined(self) -> tuple[str, Sequence[Any]]:
        """Every household once, with its class and its yearly benefits under each variant."""
        names = {name: f"t{i}" for i, name in enumerate(dict.fromkeys(self.tables.values()))}
        classes, costs = ["''"] * 3, ["0"] * 3
        for variant in self.run.variants:
            classes[variant] = f"{names[self.filed[variant]]}.result"
            for programme, name in self.aided[variant].items():
                pack = self.rules.pack(variant, self.base[programme])
                for benefit in pack.benefits:
                    costs[variant] += f" + coalesce({names[name]}.benefit_{benefit.code}, 0)"
        joins = "".join(f" LEFT JOIN {name} {alias} USING (subject)" for name, alias in names.items())
        return (
            f"INSERT INTO simulation_outcomes SELECT subject, f.place, u.unit, coalesce(f.main_cause, ''),"
            f" {', '.join([*classes, *costs])}"
            f" FROM simulation_facts f JOIN simulation_units u ON u.place = f.place{joins}",
            (),
        )

    # -- counts ---------------------------------------------------------------------------------

    def tally(self, cursor: Any, variant: int) -> None:
        def count(kind: str, counted: str, *params: Any) -> None:
            cursor.execute(_TALLY.format(counted=counted), [self.run.pk, self.number, variant, kind, *params])

        count("band", _BANDS.format(table=self.filed[variant]), self.run.place_id)
        count("missing", _MISSING.format(table=self.filed[variant]), self.run.place_id)
        for programme, table in self.aided[variant].items():
            count("open", _OPEN.format(table=table), programme)
            for benefit in self.rules.pack(variant, self.base[programme]).benefits:
                due = _DUE.format(table=table, benefit=f"benefit_{benefit.code}")
                fund = benefit.funds[0] if benefit.funds else ""
                count("due", due, f"{programme}/{benefit.code}", fund)

"""Reads: scenarios, runs, and what a run came to."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.ledger import queries as ledger
from nuanxin.orgs.models import Node
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.pack import UNKNOWN

from .models import COLUMNS, Cell, Difference, Run, Scenario, Tally
from .rules import NOT_FILED

NOTHING = Money(0)

Movement = str
ENTERS, LEAVES, CHANGES, UNTOLD, STAYS = "enters", "leaves", "changes", "untold", "stays"
MOVEMENTS: tuple[Movement, ...] = (ENTERS, LEAVES, CHANGES, UNTOLD, STAYS)


def scenarios() -> QuerySet[Scenario]:
    """Scenarios in scope, newest first."""
    return Scenario.objects.select_related("org", "staff").order_by("-id")


def runs() -> QuerySet[Run]:
    """Runs in scope, newest first."""
    rows = Run.objects.select_related("first", "second", "place", "org", "staff", "job")
    return rows.defer("plan", "words").order_by("-id")


def run_by_key(pk: int) -> Run:
    """A run of the actor's office or below; OutOfSight otherwise."""
    rows = Run.objects.select_related("first", "second", "place", "org", "staff", "job").defer("plan")
    return get_or_out_of_sight(rows, pk=pk)


def runs_of(scenario: Scenario) -> QuerySet[Run]:
    """The runs that rest on a scenario, newest first."""
    return runs().filter(Q(first=scenario) | Q(second=scenario))


def standard_names(day: date) -> dict[str, str]:
    """What the standards in force on a day are called, by code."""
    return {row.code: row.local_name for row in policy.standards_in_force(day).order_by("code")}


def movement(after: str) -> Case:
    """How a row of cells or differences moves from the rules in force to those of a column."""
    filed_now, filed_then = ~Q(before__in=NOT_FILED), ~Q(**{f"{after}__in": NOT_FILED})
    return Case(
        When(Q(before=UNKNOWN) | Q(**{after: UNKNOWN}), then=Value(UNTOLD)),
        When(~filed_now & filed_then, then=Value(ENTERS)),
        When(filed_now & ~filed_then, then=Value(LEAVES)),
        When(filed_now & filed_then & ~Q(before=F(after)), then=Value(CHANGES)),
        default=Value(STAYS),
        output_field=CharField(),
    )


@dataclass(slots=True)
class Moves:
    """Households by how they move, and what their benefits cost a year now and then."""

    households: int = 0
    filed: int = 0
    filed_then: int = 0
    enters: int = 0
    leaves: int = 0
    changes: int = 0
    untold: int = 0
    stays: int = 0
    now: Money = NOTHING
    then: Money = NOTHING

    @property
    def difference(self) -> Money:
        return self.then - self.now

    def __add__(self, other: "Moves") -> "Moves":
        return Moves(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Moves)))


def moves(run: Run, variant: int, by: str) -> dict[str, Moves]:
    """How the households of each county ("org_id") or main cause ("cause") move under a scenario."""
    after = COLUMNS[variant]
    sums = {name: Coalesce(Sum("households", filter=Q(move=name)), 0) for name in MOVEMENTS}
    rows = Cell.objects.filter(run=run).annotate(move=movement(after)).values(by).order_by(by)
    found = rows.annotate(
        **{f"n_{name}": total for name, total in sums.items()},
        all_households=Sum("households"),
        filed=Coalesce(Sum("households", filter=~Q(before__in=NOT_FILED)), 0),
        filed_then=Coalesce(Sum("households", filter=~Q(**{f"{after}__in": NOT_FILED})), 0),
        now=Sum("fen_before"),
        then=Sum(f"fen_{after}"),
    )
    return {
        row[by]: Moves(
            households=row["all_households"],
            filed=row["filed"],
            filed_then=row["filed_then"],
            now=row["now"],
            then=row["then"],
            **{name: row[f"n_{name}"] for name in MOVEMENTS},
        )
        for row in found
    }


def total(rows: Iterable[Moves]) -> Moves:
    return sum(rows, Moves())


def matrix(run: Run, variant: int) -> dict[tuple[str, str], int]:
    """Households by class now and under a scenario."""
    after = COLUMNS[variant]
    rows = Cell.objects.filter(run=run).values("before", after).order_by().annotate(n=Sum("households"))
    return {(row["before"], row[after]): row["n"] for row in rows}


def classes(run: Run) -> dict[str, list[int]]:
    """Households of each class under every variant, in the order the packs name their results."""
    found: dict[str, list[int]] = {}
    for variant in run.variants:
        rows = Cell.objects.filter(run=run).values(COLUMNS[variant]).order_by()
        for row in rows.annotate(n=Sum("households")):
            found.setdefault(row[COLUMNS[variant]], [0] * len(run.variants))[variant] = row["n"]
    return {name: found[name] for name, _zh, _en in run.words["results"] if name in found}


def tally(run: Run, kind: str, by: str = "key") -> dict[str, list[tuple[int, Money]]]:
    """Households and money of a kind, by key or by fund: one pair for each variant."""
    rows = Tally.objects.filter(run=run, kind=kind).order_by().values_list(by, "variant")
    found: dict[str, list[tuple[int, Money]]] = {}
    for name, variant, households, fen in rows.annotate(n=Sum("households"), sum_fen=Sum("fen")):
        found.setdefault(name, [(0, NOTHING)] * len(run.variants))[variant] = households, fen
    return found


def free_by_source(place: str) -> dict[str, Money]:
    """What the place and all below it have free today, by source of money."""
    sources = {fund.pk: fund.source for fund in ledger.funds()}
    found: dict[str, Money] = {}
    for standing in ledger.standings(place):
        source = sources[standing.fund_id]
        found[source] = found.get(source, NOTHING) + standing.free
    return found


def differences(run: Run, variant: int) -> QuerySet[Difference]:
    """The households that come out differently under a scenario; `move` says how, `gain` by how much."""
    after = COLUMNS[variant]
    changed = ~Q(before=F(after)) | ~Q(fen_before=F(f"fen_{after}"))
    rows = Difference.objects.filter(changed, run=run).annotate(
        move=movement(after),
        after=F(after),
        fen_after=F(f"fen_{after}"),
        gain=F(f"fen_{after}") - F("fen_before"),
    )
    return rows.select_related("household__head", "org").order_by("org", "id")


def units(run: Run) -> dict[str, str]:
    """The counties (or the units below a county) a run is counted by, by path."""
    paths = Cell.objects.filter(run=run).values("org").distinct()
    return {node.path: node.local_name for node in Node.objects.filter(path__in=paths).order_by("path")}


def said(run: Run, kind: str, name: str) -> str:
    """What the packs of a run call a result, a benefit, a fact or a standard, in the reader's language."""
    language = 2 if (get_language() or "").startswith("en") else 1
    return next((words[language] for words in run.words[kind] if words[0] == name), name)

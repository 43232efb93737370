"""Reads for those who keep packs and standards: what there is, what stands at a place, what it replaced."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet

from nuanxin.kernel.actor import subtree
from nuanxin.orgs.models import Node

from . import entries
from .engine.nearest import Row, nearest
from .engine.run import Standard
from .engine.types import MONEY
from .entries import SWING, Line, StandardKind, Table
from .models import Pack, PackProposal, Parameter, ProgrammeProposal, StandardsChange
from .queries import packs_in_force

Key = tuple[str, str]  # (organisation path, residence)


# packs


def packs(state: str, day: date) -> QuerySet[Pack]:
    """Stored packs 'in_force' on a day, 'coming' after it, or 'past': over, or followed by another."""
    ruling = [row.pk for row in packs_in_force(day)]
    rows = Pack.objects.select_related("org", "proposal").order_by(
        "programme", F("org").asc(nulls_first=True), "code", "-version"
    )
    if state == "in_force":
        return rows.filter(pk__in=ruling)
    if state == "coming":
        return rows.filter(valid__startswith__gt=day)
    return rows.filter(valid__startswith__lte=day).exclude(pk__in=ruling)


def versions(pack: Pack) -> QuerySet[Pack]:
    """All versions of the pack's code, the newest first."""
    return Pack.objects.filter(code=pack.code).select_related("proposal__approver").order_by("-version")


def replaced(proposal: PackProposal, path: str | None) -> Pack | None:
    """What a proposed pack would take the place of: the last version of its code before it, else the
    pack that rules its programme at its place on its first day."""
    assert proposal.version and proposal.valid_from  # a sound text has both
    earlier = Pack.objects.filter(code=proposal.code, version__lt=proposal.version)
    last = earlier.order_by("-version").first()
    if last:
        return last
    rows = [
        row for row in packs_in_force(proposal.valid_from, proposal.programme) if row.code != proposal.code
    ]
    held = [row for row in rows if (path or "").startswith(row.org_id or "")]
    return max(held, key=lambda row: len(row.org_id or ""), default=None)


def proposals() -> QuerySet[PackProposal]:
    """The proposals in sight, newest first."""
    return PackProposal.objects.select_related("org", "maker", "approver").order_by("-pk")


def programme_proposals() -> QuerySet[ProgrammeProposal]:
    """The programmes on their way in sight, newest first."""
    return ProgrammeProposal.objects.select_related("org", "maker", "approver").order_by("-pk")


# standards


def standard_kinds(day: date) -> dict[str, StandardKind]:
    """Every standard there is, by code: those set somewhere, and those a pack in force asks for."""
    found = {
        code: StandardKind(code, name, name_en, money, False)
        for code, name, name_en, money in Parameter.objects.annotate(money=Q(amount__isnull=False))
        .order_by("code", "-valid", "-pk")
        .distinct("code")
        .values_list("code", "name", "name_en", "money")
    }
    split = set(
        Parameter.objects.exclude(residence="any").order_by("code").values_list("code", flat=True).distinct()
    )
    for row in packs_in_force(day):
        for item in row.checked().tables:
            code = item.code
            found.setdefault(
                code, StandardKind(code, item.title.zh, item.title.en, item.type == MONEY, item.by_residence)
            )
            if item.by_residence:
                split.add(code)
    return {
        code: StandardKind(code, kind.name, kind.name_en, kind.money, code in split)
        for code, kind in sorted(found.items())
    }


def values_at(code: str, keys: Collection[Key], day: date) -> dict[Key, Standard]:
    """The standard that stands at each place and residence on a day, set there or above it."""
    rows = Parameter.objects.filter(code=code, valid__contains=day, struck_by__isnull=True)
    held: dict[str, list[Row]] = {}
    for row in rows.select_related("org"):
        value = row.amount.to_yuan() if row.amount is not None else row.number
        assert value is not None  # the database holds exactly one of the two
        standard = Standard(value, row.pk, None, row.valid.lower, row.valid.upper)
        held.setdefault(row.org_id or "", []).append(Row(code, row.org_id or "", row.residence, standard))
    found = {}
    for path, residence in keys:
        near = [row for step in _chain(path) for row in held.get(step, ())]
        standard_here = nearest(near, path, residence)
        if standard_here:
            found[path, residence] = standard_here
    return found


def _chain(path: str) -> list[str]:
    steps = path.rstrip("/").split("/")
    return ["", *("/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))]


def counties(home: str) -> list[Node]:
    """The counties at and below a path; the place itself where there are none (a township's union)."""
    low, high = subtree(home)
    below = Node.objects.filter(path__gte=low, path__lt=high, active=True)
    found = list(below.filter(kind=Node.Kind.COUNTY).order_by("code"))
    return found or list(below.filter(path=home))


def standards(day: date | None, home: str) -> QuerySet[Parameter]:
    """The rows above, at and below a place that stand on a day, or (None) ever stood."""
    low, high = subtree(home)
    near = Q(org__isnull=True) | Q(org__in=_chain(home)) | Q(org__gte=low, org__lt=high)
    rows = Parameter.objects.filter(near).select_related("org")
    if day is not None:
        rows = rows.filter(valid__contains=day, struck_by__isnull=True)
    return rows.order_by("code", F("org").asc(nulls_first=True), "residence", "-valid")


def history(code: str, path: str | None) -> QuerySet[Parameter]:
    """Every row of one standard set at one place, struck ones as well, in order of time."""
    rows = Parameter.objects.filter(code=code, org=path) if path else Parameter.objects.filter(code=code)
    rows = rows if path else rows.filter(org__isnull=True)
    return rows.select_related("change__maker", "change__approver").order_by("residence", "valid", "pk")


def changes() -> QuerySet[StandardsChange]:
    """The changes in sight, newest first."""
    return StandardsChange.objects.select_related("org", "maker", "approver").order_by("-pk")


# what a change does


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a change beside the value it takes the place of."""

    line: Line
    old: Decimal | None

    @property
    def percent(self) -> Decimal | None:
        """By how much the value changes."""
        if not self.old:
            return None
        return round((self.line.value / self.old - 1) * 100, 1)

    @property
    def swings(self) -> bool:
        """It changes by so much that it is worth a second look."""
        return self.percent is not None and abs(self.percent) > SWING


@dataclass(frozen=True)
class Preview:
    """What a change would do, or did: its lines, what is wrong in it, and which counties it leaves out."""

    kind: StandardKind
    table: Table
    steps: tuple[Step, ...]
    left_out: tuple[Node, ...]

    @property
    def swings(self) -> int:
        return sum(step.swings for step in self.steps)


def kind_of(change: StandardsChange) -> StandardKind:
    """The standard a change sets, also when nobody has set it yet."""
    known = standard_kinds(change.valid_from).get(change.code)
    return known or StandardKind(change.code, change.name, change.name_en, True, False)


def preview(change: StandardsChange) -> Preview:
    """Read the entries of a change and set them beside what stands."""
    kind = kind_of(change)
    table = entries.read_entries(change.entries, kind, change.org_id)
    keys = [line.key for line in table.lines]
    before = _kept_before(change, table.lines) if change.state == "in_force" else stood(change, keys)
    steps = tuple(Step(line, before.get(line.key)) for line in table.lines)
    named = {line.node.path for line in table.lines}
    left_out = tuple(node for node in counties(change.org_id) if node.path not in named)
    return Preview(kind, table, steps, left_out)


def stood(change: StandardsChange, keys: Collection[Key]) -> dict[Key, Decimal]:
    """The values that stand when a change begins, or did the day before."""
    today = values_at(change.code, keys, change.valid_from)
    eve = values_at(change.code, [key for key in keys if key not in today], change.valid_from - timedelta(1))
    return {key: standard.value for key, standard in {**eve, **today}.items()}


def _kept_before(change: StandardsChange, lines: Iterable[Line]) -> dict[Key, Decimal]:
    kept = {line.key: change.before.get(str(line.index)) for line in lines}
    return {key: Decimal(value) for key, value in kept.items() if value is not None}

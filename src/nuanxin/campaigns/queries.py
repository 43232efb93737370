"""Reads of drives, recipients and visits. Households, persons and person-times are never added together."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from nuanxin.casework.models import File, Visit
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.payments.models import Due

from . import limits
from .models import Drive, Recipient

GROUP = Recipient.Kind.GROUP
NOTHING = Value(Money(0), output_field=MoneyField())

#: The value of what was handed over, from the number of packs.
DELIVERED_VALUE = F("drive__gift_value") * F("gifts_delivered")


def money_sum(amount: Any, **options: Any) -> Coalesce:
    """A sum of money that is zero over no rows."""
    return Coalesce(Sum(amount, **options), NOTHING, output_field=MoneyField())


def drives() -> QuerySet[Drive]:
    """Drives in sight, newest first: one's own node's and below, and the decided ones of those above."""
    people = Recipient.objects.filter(drive=OuterRef("pk")).exclude(kind=GROUP).order_by().values("drive")
    visited = people.filter(state="visited")
    return (
        Drive.objects.select_related("fund", "org", "maker", "process")
        .annotate(
            planned=Coalesce(Subquery(people.annotate(n=Count("pk")).values("n")), 0),
            visited=Coalesce(Subquery(visited.annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("-id")
    )


def submitted_to(staff_id: int | None) -> QuerySet[Drive]:
    """Drives that wait for a decision this person may give: those they did not submit themselves."""
    return drives().filter(state="submitted").exclude(process__maker_id=staff_id)


@dataclass(frozen=True)
class Heads:
    """One stage of a drive, each in its own unit."""

    families: int
    workers: int
    groups: int
    group_people: int
    groups_uncounted: int

    @property
    def people(self) -> int:
        """Persons by name: heads of families, and workers without a file."""
        return self.families + self.workers


@dataclass(frozen=True)
class Figures:
    """A drive's figures for the part of it that the actor sees."""

    planned: Heads
    visited: Heads
    cash: Money
    cash_paid: Money
    gift_value: Money
    gift_delivered: Money


def _heads(stage: Q, prefix: str) -> dict[str, Any]:
    group = stage & Q(kind=GROUP)
    return {
        f"{prefix}families": Count("pk", filter=stage & Q(kind="file")),
        f"{prefix}workers": Count("pk", filter=stage & Q(kind="worker")),
        f"{prefix}groups": Count("pk", filter=group),
        f"{prefix}group_people": Coalesce(Sum("headcount", filter=group), 0),
        f"{prefix}groups_uncounted": Count("pk", filter=group & Q(headcount__isnull=True)),
    }


def figures(drive: Drive) -> Figures:
    """What the drive plans and has done, in one statement."""
    everyone, done = Q(pk__isnull=False), Q(state="visited")
    row = Recipient.objects.filter(drive=drive).aggregate(
        **_heads(everyone, "p_"),
        **_heads(done, "v_"),
        all_cash=money_sum("cash"),
        paid=money_sum("cash", filter=Q(paid_on__isnull=False)),
        value=money_sum("gift_value"),
        delivered=money_sum(DELIVERED_VALUE, filter=done),
    )
    planned, visited = (
        Heads(**{key[2:]: number for key, number in row.items() if key.startswith(stage)})
        for stage in ("p_", "v_")
    )
    return Figures(planned, visited, row["all_cash"], row["paid"], row["value"], row["delivered"])


def recipients(drive: Drive) -> QuerySet[Recipient]:
    """Who is on a drive, as far as in sight, with the state of their payment."""
    due = Due.objects.filter(source_kind=Recipient._meta.label, source=OuterRef("pk")).order_by("-attempt")
    return (
        Recipient.objects.filter(drive=drive)
        .select_related("org", "drive", "visitor")
        .annotate(due_state=Subquery(due.values("state")[:1]))
        .defer("signature", "card_cipher")
        .order_by("pinyin", "pk")
    )


def visited_this_year(year: int) -> Exists:
    """For a queryset of files: whether a drive's visit reached the family in the year."""
    period = Q(visited_on__gte=date(year, 1, 1), visited_on__lt=date(year + 1, 1, 1))
    return Exists(Recipient.objects.filter(period, file=OuterRef("pk")))


def candidates(drive: Drive, year: int) -> QuerySet[File]:
    """Open files within the drive's node that are not on it yet; `seen`: visited this year."""
    low, high = subtree(drive.org_id)
    here = Recipient.objects.filter(drive=drive, person=OuterRef("household__head"))
    return (
        File.objects.filter(state="open", org__gte=low, org__lt=high)
        .exclude(Exists(here))
        .annotate(seen=visited_this_year(year))
        .select_related("household__head", "org")
        .order_by("org_id", "household__head__pinyin", "pk")
    )


def not_visited(year: int) -> QuerySet[File]:
    """Open files in scope that no drive has visited this year."""
    return File.objects.filter(state="open").exclude(visited_this_year(year))


def visits_due() -> QuerySet[Recipient]:
    """Approved recipients of running drives, in the order one goes: by union, then by name."""
    return (
        Recipient.objects.filter(state="approved", drive__state="approved")
        .select_related("drive", "org", "file__household")
        .defer("signature", "card_cipher")
        .order_by("org_id", "pinyin", "pk")
    )


def next_due(after: Recipient) -> Recipient | None:
    """The next visit after this one in that order, from the beginning again at the end."""
    later = Q(org__gt=after.org_id) | Q(org=after.org_id, pinyin__gt=after.pinyin)
    later |= Q(org=after.org_id, pinyin=after.pinyin, pk__gt=after.pk)
    due = visits_due().exclude(pk=after.pk)
    return due.filter(later).first() or due.first()


def for_visit() -> QuerySet[Recipient]:
    """Recipients in sight, with what their page shows."""
    due = Due.objects.filter(source_kind=Recipient._meta.label, source=OuterRef("pk")).order_by("-attempt")
    return Recipient.objects.select_related("drive", "org", "visitor", "file__household").annotate(
        due_state=Subquery(due.values("state")[:1])
    )


def narrowed(rows: QuerySet[Recipient], place: str, word: str) -> QuerySet[Recipient]:
    """The rows at or below a unit whose name or pinyin begins with the word; "" narrows nothing."""
    if place:
        low, high = subtree(place)
        rows = rows.filter(org_id__gte=low, org_id__lt=high)
    return rows.filter(Q(name__startswith=word) | Q(pinyin__startswith=word.lower())) if word else rows


def to_print(drive: Drive) -> QuerySet[Recipient]:
    """A drive's recipients in the order of the paper lists, with their addresses."""
    rows = Recipient.objects.filter(drive=drive).select_related("org", "file__household")
    return rows.defer("signature", "card_cipher").order_by("org_id", "pinyin", "pk")


def by_township(rows: Iterable[Recipient]) -> list[tuple[Node, list[Recipient]]]:
    """Rows in the order of their units, cut at the townships."""
    listed = list(rows)
    above = townships(row.org_id for row in listed)
    sheets: list[tuple[Node, list[Recipient]]] = []
    for row in listed:
        township = above[row.org_id]
        if not sheets or sheets[-1][0].pk != township.pk:
            sheets.append((township, []))
        sheets[-1][1].append(row)
    return sheets


def due_by_township(due: QuerySet[Recipient]) -> list[tuple[Node, int]]:
    """How many visits are due in each township."""
    counted = dict(due.order_by().values_list("org_id").annotate(n=Count("pk")))
    above = townships(counted)
    totals: dict[str, int] = {}
    for path, number in counted.items():
        totals[above[path].path] = totals.get(above[path].path, 0) + number
    nodes = {node.path: node for node in above.values()}
    return [(nodes[path], totals[path]) for path in sorted(totals)]


def running() -> QuerySet[Drive]:
    """Drives in which visits are being made."""
    return drives().filter(state="approved")


def progress() -> tuple[int, int]:
    """(planned, visited) recipients of running drives, as far as in sight."""
    rows = Recipient.objects.filter(drive__state="approved")
    counted = rows.aggregate(planned=Count("pk"), visited=Count("pk", filter=Q(state="visited")))
    return counted["planned"], counted["visited"]


def over_year(drive: Drive, day: date) -> list[limits.Over]:
    """Who on an undecided drive would pass the cap of the year; nobody while no policy says one."""
    people = list(drive.recipients.filter(cash__gt=Money(0)).only("name", "cash", "id_hash", "drive"))
    try:
        caps = limits.in_force(drive.org_id, day)
    except Refused:
        return []
    return limits.over_year(people, day.year, caps)


def last_seen(recipient: Recipient) -> date | None:
    """When the family or worker was last visited before this, on a drive or at home."""
    if recipient.person_id is None:
        return None
    until = recipient.visited_on or date.max
    drives = Recipient.objects.filter(person=recipient.person_id, visited_on__lte=until)
    days = [drives.exclude(pk=recipient.pk).aggregate(last=Max("visited_on"))["last"]]
    if recipient.file_id and recipient.file is not None:
        home = Visit.objects.filter(household=recipient.file.household_id, visited_on__lte=until)
        days.append(home.aggregate(last=Max("visited_on"))["last"])
    return max((day for day in days if day), default=None)


def townships(paths: Iterable[str]) -> dict[str, Node]:
    """For each organisation path the township above it, or the unit itself where there is none."""
    chains = {path: _chain(path) for path in set(paths)}
    nodes = Node.objects.in_bulk({step for chain in chains.values() for step in chain}, field_name="path")
    return {
        path: next((nodes[step] for step in chain if nodes[step].kind == Node.Kind.TOWNSHIP), nodes[path])
        for path, chain in chains.items()
    }


def _chain(path: str) -> list[str]:
    """The paths from the root down to this one."""
    steps = path.rstrip("/").split("/")
    return ["/".join(steps[: n + 1]) + "/" for n in range(len(steps))]


# For the returns. A period is half-open [since, until); the rows are those the actor sees.


def visited(since: date, until: date) -> QuerySet[Recipient]:
    """Visits in the period, to families, workers and groups; `headcount` is 1 but for groups."""
    return Recipient.objects.filter(visited_on__gte=since, visited_on__lt=until)


def consoled(since: date, until: date) -> QuerySet[Recipient]:
    """Visits to families and workers in the period: one row is one person-time (人次)."""
    return visited(since, until).exclude(kind=GROUP)


def groups_consoled(since: date, until: date) -> QuerySet[Recipient]:
    """Visits to groups in the period. Their headcount may be unknown and is no person-time by name."""
    return visited(since, until).filter(kind=GROUP)


def cash_paid(since: date, until: date) -> QuerySet[Recipient]:
    """Rows whose money reached the card in the period, families, workers and groups; sum `cash`."""
    return Recipient.objects.filter(paid_on__gte=since, paid_on__lt=until)


def gifts_given(since: date, until: date) -> QuerySet[Recipient]:
    """Rows whose gifts were handed over in the period; sum `delivered_value`."""
    return visited(since, until).filter(gifts_delivered__gt=0).annotate(delivered_value=DELIVERED_VALUE)


def by_target(rows: QuerySet[Recipient]) -> QuerySet[Recipient, Any]:
    """Visited rows by class: `rows` (person-times, or groups), `cash` and `gift_value` handed over."""
    return (
        rows.order_by()
        .values("target")
        .annotate(
            rows=Count("pk"),
            people=Sum("headcount"),
            given=money_sum("cash"),
            value=money_sum(DELIVERED_VALUE),
        )
        .order_by("target")
    )

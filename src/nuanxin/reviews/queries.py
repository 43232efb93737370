"""Reads of reviews: lists, the matrix of classes, what it costs, and one difference explained."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from nuanxin.casework import facts
from nuanxin.casework.determination import open_to_reader
from nuanxin.casework.models import UNDER_WAY, Application, File
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.queries import Explanation
from nuanxin.registry.models import Household

from .flow import UNSETTLED
from .models import BEFORE, Difference, Effect, Review, Tally
from .packs import FILING


def reviews() -> QuerySet[Review]:
    """Reviews in sight, those of federations above among them, newest first."""
    return Review.objects.select_related("org", "maker", "job").order_by("-id")


def in_range(path: str, survey: bool) -> QuerySet[Household]:
    """The households a review over a path looks at: with a file, or (survey) also without one so far."""
    low, high = subtree(path)
    rows = Household.objects.live().filter(org__gte=low, org__lt=high)
    filed = Exists(File.objects.filter(household=OuterRef("pk"), state="open"))
    if not survey:
        return rows.filter(filed)
    return rows.filter(
        filed | ~Exists(Application.objects.filter(household=OuterRef("pk"), state__in=UNDER_WAY))
    )


def count_in_range(path: str, survey: bool) -> tuple[int, int]:
    """How many households a review would look at: with a file, and without one."""
    filed = in_range(path, False).count()
    return filed, in_range(path, True).count() - filed if survey else 0


def differences(review: Review) -> QuerySet[Difference]:
    """What a review found, of households in scope, with whether their facts changed since (`stale`)."""
    changed = Household.objects.filter(pk=OuterRef("household"))
    rows = Difference.objects.filter(review=review).annotate(
        stale=Q(state__in=UNSETTLED) & Exists(changed.exclude(changed=OuterRef("facts_at")))
    )
    return rows.select_related("org").prefetch_related("household__head").order_by("org", "id")


def difference(pk: int) -> QuerySet[Difference]:
    """One difference with all its page shows, of a review that was computed to the end."""
    rows = Difference.objects.filter(pk=pk, review__state__in=["open", "closed"])
    return rows.select_related(
        "review", "org", "household__head", "file", "proposer", "decider", "assessment", "application"
    )


# -- a review as a whole --------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """Households of a review: looked at, listed as different by (kind, state), unchanged."""

    checked: int
    listed: dict[tuple[str, str], int]

    @property
    def different(self) -> int:
        return sum(self.listed.values())

    def of(self, kind: str = "", states: Iterable[str] = ()) -> int:
        wanted = set(states)
        return sum(
            count
            for (one, state), count in self.listed.items()
            if kind in ("", one) and (not wanted or state in wanted)
        )


def counts(review: Review) -> Counts:
    """The counts of a review, of households in scope."""
    checked = Tally.objects.filter(review=review).aggregate(n=Sum("households"))["n"] or 0
    rows = Difference.objects.filter(review=review).order_by().values_list("kind", "state")
    return Counts(checked, {(kind, state): n for kind, state, n in rows.annotate(n=Count("pk"))})


@dataclass(frozen=True)
class Cell:
    """How many households came from one class to one result; `differs`: they are on the list."""

    was: str
    now: str
    households: int
    differs: bool


def matrix(review: Review, results: Iterable[str]) -> list[tuple[Any, list[Cell]]]:
    """A row for each class before that occurs, a cell for each result, of households in scope."""
    rows = Tally.objects.filter(review=review).order_by().values_list("was", "now")
    found = {(was, now): n for was, now, n in rows.annotate(n=Sum("households"))}
    return [
        (label, [Cell(was, now, found.get((was, now), 0), _listed(was, now)) for now in results])
        for was, label in BEFORE
        if any(one == was for one, _now in found)
    ]


def _listed(was: str, now: str) -> bool:
    """Whether households of this cell are on the list for their class."""
    return was != now and not (was == "none" and now == "excluded")


@dataclass(frozen=True)
class Gain:
    """What a programme brings all households looked at in a year: before, now, and to how many it differs."""

    title: str
    was: Money
    now: Money
    households: int

    @property
    def more(self) -> Money:
        return self.now - self.was


def effects(review: Review, language: str) -> list[Gain]:
    """The effect of each programme, of households in scope."""
    names = {item["programme"]: item["sha256"] for item in review.packs}
    rows = Effect.objects.filter(review=review).order_by("programme").values("programme")
    found = rows.annotate(before=Sum("was"), after=Sum("now"), n=Sum("households"))
    return [
        Gain(
            title_of(names.get(row["programme"]), row["programme"], language),
            row["before"],
            row["after"],
            row["n"],
        )
        for row in found
    ]


def title_of(sha256: str | None, programme: str, language: str) -> str:
    """What a programme's pack is called."""
    return _pack(sha256).title.in_(language) if sha256 else programme


@cache
def _pack(sha256: str) -> policy.Pack:
    """A pack never changes, so it is read once."""
    return policy.pack_by_hash(sha256)


def inputs(sha256: str, names: Iterable[str]) -> list[Text]:
    """What the inputs of a pack are called."""
    pack = _pack(sha256)
    return [pack.title_of(name) for name in names]


# -- one difference -------------------------------------------------------------------------------


def explained(row: Difference) -> tuple[Explanation | None, Explanation | None]:
    """The household determined on its facts of now: by the rules of the basis day, and of the review's day.

    None where no pack was in force; without the figures closed to the actor.
    """
    return _explained(row, row.review.basis), _explained(row, row.review.as_of)


def _explained(row: Difference, day: Any) -> Explanation | None:
    subject = facts.of_households([row.household_id], day).get(row.household_id)
    if subject is None:
        return None
    try:
        return open_to_reader(policy.determine(FILING, subject.place, day, subject.facts))
    except Refused:
        return None


def is_stale(row: Difference) -> bool:
    """True when the household's facts changed after it was determined and nothing is settled yet."""
    return row.state in UNSETTLED and row.household.changed != row.facts_at


# -- work -----------------------------------------------------------------------------------------


def to_do(states: Iterable[str], *, besides: int | None = None) -> QuerySet[Review]:
    """Open reviews with how many households (`n`) in scope are in one of the states, not those that a
    person proposed on."""
    rows = Difference.objects.filter(review=OuterRef("pk"), state__in=list(states))
    if besides is not None:
        rows = rows.exclude(proposer=besides)
    n = rows.order_by().values("review").annotate(n=Count("pk")).values("n")
    return reviews().filter(Exists(rows), state="open").annotate(n=n)


def to_visit() -> QuerySet[Difference]:
    """Households a decision sends somebody to."""
    rows = Difference.objects.filter(state="visiting", review__state="open")
    return rows.select_related("org", "review", "household__head").order_by("decided_at", "id")


def changed_by(rows: QuerySet[Difference]) -> Money:
    """What the listed households would get in a year beyond what they got before, where both are known."""
    known = rows.filter(aid_was__isnull=False, aid_now__isnull=False).order_by()
    total = known.aggregate(more=Sum(F("aid_now") - F("aid_was")))["more"]
    return total if isinstance(total, Money) else Money(int(total or 0))

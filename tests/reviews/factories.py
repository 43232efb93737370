"""A county whose line of living allowance rises, and reviews of its households in any state."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.utils import timezone

from nuanxin.casework.models import Application, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Post
from nuanxin.policy import services as policy
from nuanxin.policy.models import Pack
from nuanxin.registry.models import Household
from nuanxin.reviews import services
from nuanxin.reviews.models import Difference, Review
from tests.casework import factories as casework
from tests.orgs import factories as orgs

SEE, RUN, DECIDE = "reviews.review.see", "reviews.review.run", "reviews.difference.decide"
REVIEWER = (*casework.REVIEWER, SEE, RUN, "registry.household.see", "registry.finance.see")
DECIDER = (*casework.DECIDER, SEE, DECIDE, "registry.household.see")

#: The line rises on this day from 620 to 900 yuan: who has 800 a month is in deep difficulty from then on.
RISE = date(2022, 1, 1)


@dataclass
class County:
    """A county of casework's, with those who review and decide."""

    cases: casework.County
    reviewer_post: Post
    decider_post: Post

    @property
    def node(self) -> Node:
        return self.cases.node

    @property
    def union(self) -> Node:
        return self.cases.union

    @property
    def reviewer(self) -> Actor:
        return self.reviewer_post.actor()

    @property
    def decider(self) -> Actor:
        return self.decider_post.actor()


def county(before: int = 620, after: int = 900) -> County:
    cases = casework.county(before)
    line(cases.node, after)
    return County(cases, orgs.post(cases.node, *REVIEWER), orgs.post(cases.node, *DECIDER))


def line(node: Node, yuan: int, since: date = RISE) -> None:
    """A new line from a day on; the one before ends."""
    new = policy.NewStandard(
        code="dibao",
        name="低保标准",
        name_en="Living-allowance line",
        place=node.path,
        valid_from=since,
        document="标准调整通知",
        document_en="Notice of the new line",
        amount=Money.yuan(Decimal(yuan)),
    )
    with scope.acting(system()):
        policy.set_standards(standards=[new])


def own_filing(node: Node, multiple: str) -> None:
    """A filing pack of a place's own: the national one with another multiple for relative difficulty."""
    national = Pack.objects.get(code="filing.three-class")
    text = national.text.replace(
        "relative_multiple: {type: number, value: 2,",
        f"relative_multiple: {{type: number, value: {multiple},",
    )
    text = text.replace("pack: filing.three-class", f"pack: filing.of-{node.code.lower()}")
    Pack.objects.create(
        code=f"filing.of-{node.code.lower()}",
        version=1,
        programme="filing",
        org_id=node.path,
        valid=national.valid,
        text=text,
        sha256=sha256(text.encode()).hexdigest(),
    )


def household(at: County, monthly: int | None = 800, **fields: Any) -> Household:
    """A household of one with so many yuan a month (None: nobody has said)."""
    income = None if monthly is None else Money.yuan(monthly * 12)
    return casework.household(at.cases, annual_income=income, **fields)


def elsewhere(at: County) -> County:
    """The same county with its families at another union, in another township."""
    union = orgs.node("grassroots", orgs.node("township", at.node))
    cases = replace(at.cases, union=union, officer_post=orgs.post(union, *casework.OFFICER))
    return replace(at, cases=cases)


def file(at: County, clazz: str = "relative", monthly: int | None = 800, **fields: Any) -> File:
    """An open file of a class, whatever the household comes to today; not its way there."""
    income = None if monthly is None else Money.yuan(monthly * 12)
    row = casework.files_at_once(at.cases, 1, annual_income=income, **fields)[0]
    File.objects.filter(pk=row.pk).update(clazz=clazz)
    Application.objects.filter(pk=row.application_id).update(state="withdrawn")
    row.refresh_from_db()
    return row


def start(at: County, *, actor: Actor | None = None, **fields: Any) -> Review:
    """A review of the county after the rise, still to be computed."""
    values = {
        "title": "2022 年低保标准调整复核",
        "reason": "低保标准调整通知",
        "path": at.node.path,
        "as_of": max(RISE, timezone.localdate()),
        "basis": RISE - timedelta(days=1),
    } | fields
    with scope.acting(actor or at.reviewer):
        return services.start_review(**values)


def computed(at: County, jobs: Any, **fields: Any) -> Review:
    """A review with its list."""
    review = start(at, **fields)
    jobs()
    review.refresh_from_db()
    assert review.state == "open"
    return review


def proposed(at: County, jobs: Any, opinion: str = "follow", reason: str = "情况属实") -> Difference:
    """A proposal of the county's reviewer for the first difference of a new review."""
    review = computed(at, jobs)
    row = review.differences.order_by("pk").first()
    with scope.acting(at.reviewer):
        services.propose(rows=rows(row), opinion=opinion, reason=reason)
    row.refresh_from_db()
    return row


def rows(*differences: Difference) -> Any:
    return Difference.objects.filter(pk__in=[row.pk for row in differences])


def now_earns(home: Household, yuan: int) -> None:
    """The household's yearly income is corrected in the registry."""
    casework.now_earns(home, yuan)

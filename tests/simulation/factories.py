"""A prefecture of two counties with different lines and a few dozen families of every kind."""

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Post
from nuanxin.policy import services as policy
from nuanxin.policy.engine.editing import edit
from nuanxin.policy.models import Pack
from nuanxin.registry.models import Expense, Household
from nuanxin.simulation import services
from nuanxin.simulation.models import Run, Scenario
from tests.orgs import factories as orgs
from tests.registry import factories as registry

RUN = "simulation.run"
DAY = date(2024, 6, 1)
CAUSES = ("major_illness", "education", "disability", "")


@dataclass
class Prefecture:
    """The prefecture's office, its two counties, a union in each, and the families there."""

    node: Node
    counties: list[Node]
    unions: list[Node]
    post: Post
    households: list[Household]

    @property
    def officer(self) -> Actor:
        return self.post.actor()


def prefecture(families: int = 40, lines: tuple[int, int] = (620, 480)) -> Prefecture:
    """Families spread over both counties, half of them in town; some facts are unknown."""
    node = orgs.node("prefecture")
    counties = [orgs.node("county", node), orgs.node("county", node)]
    unions = [orgs.node("grassroots", orgs.node("township", county)) for county in counties]
    with scope.acting(system()):
        for county, line in zip(counties, lines, strict=True):
            set_line(county, "urban", line)
            set_line(county, "rural", line - 100)
        rng = random.Random(11)
        made = [family(unions[i % 2].path, rng) for i in range(families)]
    return Prefecture(node, counties, unions, orgs.post(node, RUN), made)


def set_line(place: Node | None, residence: str, yuan: int, since: date = date(2024, 1, 1)) -> None:
    policy.set_standards(
        standards=[
            policy.NewStandard(
                code="dibao",
                name="低保标准",
                name_en="Living-allowance line",
                place=place.path if place else None,
                residence=residence,
                valid_from=since,
                document="民政文件",
                document_en="Civil affairs notice",
                amount=Money.yuan(yuan),
            )
        ]
    )


def family(union: str, rng: random.Random, **facts: Any) -> Household:
    people = rng.randrange(1, 5)
    values = {
        "residence": rng.choice(["urban", "rural"]),
        "people": people,
        "annual_income": rng.choice([None, Money(rng.randrange(2_000_00, 20_000_00) * people)]),
        "homes": rng.choice([1, 1, 1, 2, None]),
        "business": rng.choice([False, False, False, True]),
        "loss": rng.choice([Money(0), Money.yuan(90_000)]),
        "main_cause": rng.choice(CAUSES),
    }
    made = registry.household(union, **values | facts)
    if rng.random() < 0.4:
        Expense.objects.create(
            org_id=union,
            household=made,
            kind="medical",
            amount=Money(rng.randrange(100_00, 30_000_00)),
            evidenced=rng.random() < 0.7,
            year=2023,
        )
    return made


def pack(programme: str, day: date = DAY) -> Pack:
    return Pack.objects.filter(programme=programme, valid__contains=day, org=None).order_by("-version")[0]


def own_pack(place: Node) -> Pack:
    """The general filing pack under another code, for one place: two homes do not exclude there."""
    text = pack("filing").text.replace("place: all", f"place: {place.code}")
    text = text.replace("pack: filing.three-class", f"pack: filing.{place.code.lower()}")
    text = edit(text, {"parameters.homes_limit.value": "9"})
    return Pack.objects.create(
        code=f"filing.{place.code.lower()}",
        version=1,
        programme="filing",
        org_id=place.path,
        valid=DateRange(date(2021, 1, 1), None),
        text=text,
        sha256=sha256(text.encode()).hexdigest(),
    )


def scenario(
    name: str = "标准提高一成", *, percent: int | None = None, **changes: dict[str, Any]
) -> Scenario:
    """A scenario of the current actor: a change of the line in per cent, and of packs by programme."""
    made = services.create_scenario(name=name, day=DAY)
    if percent is not None:
        services.change_standard(scenario=made, code="dibao", how="percent", by=Decimal(percent))
    for programme, change in changes.items():
        services.change_pack(scenario=made, base=pack(programme.replace("_", "-")), changes=change)
    return made


def run(first: Scenario, second: Scenario | None = None, **options: Any) -> Run:
    """A run that has been started; the collected jobs calculate it."""
    return services.start_run(first=first, second=second, **options)

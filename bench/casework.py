"""Applications handed in to decided in batches, the awards of a year, and the work of a centre among many."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import exports, generate, pages, show, tree
from nuanxin.approvals import services as approvals
from nuanxin.casework import answers, programmes, services
from nuanxin.casework.models import FILED, FILING, Application, Award, Visit
from nuanxin.casework.services.common import matters
from nuanxin.casework.web.views.awards import Awards
from nuanxin.config.installation import compile_messages
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.sets import among, by_key
from nuanxin.kernel.workdays import add_working_days
from nuanxin.ledger import services as ledger
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node, Post
from nuanxin.records.models import Attachment
from nuanxin.registry.models import Household

#: Counties of the one prefecture; each holds a twentieth of the households, and so of the open items.
COUNTIES = 20
AID = "temporary-aid"
NEED = {"need_cause": "illness", "needed": "2500", "what_happened": "突发心梗，急需住院押金。"}
#: All that a file and temporary aid ask for.
PAPERS = ("application", "identity", "household", "consent", "income_proof", "cause_proof")
PHONE = "19900990001"
REQUESTS = 40


@dataclass(frozen=True)
class Desk:
    """Who works on the applications of a county: one hands in, one checks, one decides."""

    county: Node
    officer: Post
    checker: Post
    decider: Post

    @classmethod
    def at(cls, county: Node) -> "Desk":
        return cls(county, *(tree.post(county, role) for role in ("reviewer", "reviewer", "decider")))


def measure(applications: int) -> None:
    compile_messages()
    with scope.acting(system()):
        tree.plant(1, COUNTIES)
        counties = list(Node.objects.filter(kind="county").order_by("path"))
        fund = Fund.objects.create(code="AID", name="救助金", name_en="Aid", source="own", uses=[AID])
        desks = [Desk.at(county) for county in counties]
        for county in counties:
            amount = Money.yuan(10**9)
            ledger.appropriate(
                fund=fund, to_org_path=county.path, amount=amount, memo="收入", key=f"bench {county.pk}"
            )
    _as_all(lambda: generate.registry(10 * applications))
    _settle()
    show.heading(f"Casework: {applications:,} applications for a file, in batches")
    _filed(applications, desks)
    show.heading(f"{applications:,} applications for temporary aid, in batches")
    _aided(applications, desks, fund)
    _awards(applications * 23 // 2)
    _open_items(desks, fund)
    _settle()
    _look(desks[0])


def _as_all(what: Callable[[], Any]) -> None:
    with scope.acting(system()):
        path = tree.first("province").path
    with scope.acting(system(path)):
        what()


def _settle() -> None:
    connection.close()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        generate.tidy(owner)


class _Timed:
    """Does an act county by county, each on a connection of its own, and prints what they took together."""

    def __init__(self) -> None:
        self.spent = show.Spent()

    def act(self, label: str, parts: Iterable[tuple[Post, Callable[[], Any]]], many: int) -> list[Any]:
        done, statements = [], 0
        for post, what in parts:
            connection.close()
            with (
                self.spent.on(label),
                CaptureQueriesContext(connection) as asked,
                scope.acting(post.actor()),
            ):
                done.append(what())
            statements += len(asked)
        show.rate(label, many, self.spent.take(label), "applications")
        show.line("  statements", f"{statements:,}", f"{statements / many:.4f} an application")
        return done


def _decide(
    timed: _Timed, rows: dict[Desk, list[Application]], acts: dict[str, tuple[str, Callable[..., Any]]]
) -> None:
    """Each act over the rows of each county, and that nothing was refused."""
    many = sum(map(len, rows.values()))
    for label, (who, act) in acts.items():
        parts = [(getattr(desk, who), partial(act, applications=mine)) for desk, mine in rows.items()]
        for outcome in timed.act(label, parts, many):
            if outcome.refused:
                raise SystemExit(f"{label}: {len(outcome.refused):,} refused: {outcome.refused[0][1]}")


def _filed(applications: int, desks: list[Desk]) -> None:
    """Families whose class is filed, county by county, until there are enough."""
    timed, rows, homes, left = _Timed(), {}, 0, applications
    for desk in desks:
        if left <= 0:
            break
        with timed.spent.on("begin"), scope.acting(desk.officer.actor()):
            chosen = list(Household.objects.values_list("pk", flat=True))
            services.start_many(households=chosen)
            homes += len(chosen)
            filed = Application.objects.filter(programme=FILING, assessment__result__in=FILED)
            rows[desk] = list(filed.order_by("pk")[:left])
            left -= len(rows[desk])
    show.rate("begin and determine (those not filed too)", homes, timed.spent.take("begin"), "applications")
    _as_all(lambda: _papers(FILING))
    since = add_working_days(timezone.localdate() - timedelta(days=1), -6)
    acts = {
        "hand in": ("officer", services.submit_many),
        "check and put up for notice": ("checker", partial(services.put_up_many, phone=PHONE, since=since)),
        "decide: files opened": ("decider", services.decide_many),
    }
    _decide(timed, rows, acts)


def _aided(applications: int, desks: list[Desk], fund: Fund) -> None:
    timed, rows = _Timed(), {}
    each = applications // 2
    for desk in desks[:2]:
        _drafts(desk, fund, each)
        with scope.acting(desk.officer.actor()):
            rows[desk] = list(Application.objects.filter(programme=AID, state="draft").order_by("pk"))
    many = sum(map(len, rows.values()))
    parts = [
        (desk.officer, partial(services.compute, applications=[row.pk for row in mine]))
        for desk, mine in rows.items()
    ]
    timed.act("determine", parts, many)
    _as_all(lambda: _papers(AID))
    acts = {
        "hand in": ("officer", services.submit_many),
        "check": ("checker", services.pass_on_many),
        "decide: awards, quotas, holds, dues": ("decider", services.decide_many),
    }
    _decide(timed, rows, acts)


def _drafts(desk: Desk, fund: Fund, most: int | None = None) -> None:
    """Applications of the heads of a county's households, answered, written straight into the table."""
    with scope.acting(desk.officer.actor()):
        version = programmes.in_force(AID, desk.county.path, timezone.localdate())
        answered = json.dumps(answers.read(version, NEED), ensure_ascii=False)
        limit = f"LIMIT {most}" if most else ""
        generate.insert(
            Application,
            f"FROM (SELECT * FROM registry_household ORDER BY id {limit}) h",
            org_path="h.org_path",
            household_id="h.id",
            person_id="h.head_id",
            programme=f"'{AID}'",
            programme_version=f"'{version.sha256}'",
            state="'draft'",
            answers=f"'{answered}'",
            fund_id=str(fund.pk),
            officer_id=str(desk.officer.staff_id),
            applied_on="current_date",
        )


def _papers(programme: str) -> None:
    """A visit and the documents of every draft of a programme."""
    drafts = f"FROM casework_application p WHERE p.programme = '{programme}' AND p.state = 'draft'"
    generate.insert(
        Visit,
        drafts,
        org_path="p.org_path",
        household_id="p.household_id",
        application_id="p.id",
        staff_id="p.officer_id",
        visited_on="current_date",
        visitors="'李梅、杨光'",
        finding="'agrees'",
    )
    for kind in PAPERS:
        generate.insert(
            Attachment,
            drafts,
            org_path="p.org_path",
            kind=f"'{Application._meta.label}'",
            subject="p.id",
            category=f"'{kind}'",
            name="'材料.png'",
            sha256="repeat('0', 64)",
            size="1",
            content_type="'image/png'",
        )


def _awards(most: int) -> None:
    """The instalments of a year of what was approved, paid, as many as asked for."""
    year = timezone.localdate().year
    _as_all(
        lambda: generate.insert(
            Award,
            "FROM casework_application p CROSS JOIN generate_series(2, 13) AS t (part)"
            f" WHERE p.programme = '{AID}' AND p.state = 'approved' LIMIT {most}",
            org_path="p.org_path",
            application_id="p.id",
            part="t.part",
            programme="p.programme",
            name="'临时救助'",
            year=str(year),
            amount="p.amount",
            state="'paid'",
            paid_on="p.decided_on + t.part",
        )
    )


def _open_items(desks: list[Desk], fund: Fund) -> None:
    """Every household of every county has handed an application in."""
    for desk in desks:
        _drafts(desk, fund)
        with scope.acting(desk.officer.actor()):
            drafts = Application.objects.filter(programme=AID, state="draft", fund=fund).order_by("pk")
            rows = list(drafts.select_related("person", "assessment", "rests_on"))
            begun, refused = approvals.begin_many(
                matters=list(matters(rows).values()),
                route=programmes.in_force(AID, desk.county.path, timezone.localdate()).route,
            )
            if refused:
                raise SystemExit(f"{len(refused):,} not handed in")
            processes = {pk: process.pk for pk, process in begun.items()}
            due = timezone.localdate() + timedelta(days=5)
            Application.objects.filter(among(processes)).update(
                state="submitted", due_on=due, process=by_key(Application, processes, "bigint")
            )


def _look(desk: Desk) -> None:
    """Pages over HTTP, and lists taken out."""
    with scope.acting(system()):
        province = tree.post(tree.first("province"), "province_officer")
        items = Application.objects.filter(state="submitted").count()
        awards = Award.objects.count()
    with scope.acting(system(desk.county.path)):
        mine = Application.objects.filter(state="submitted").count()
    with pages.served() as port:
        for title, post, addresses in (
            (f"Work of a centre: {mine:,} open items among {items:,}", desk.checker, _WORK),
            ("The same, as who decides there", desk.decider, _TEAM),
            (f"{awards:,} awards of a year, in the county", desk.checker, _AWARDS),
            (f"{awards:,} awards of a year, in the province", province, _AWARDS),
        ):
            show.heading(title)
            show.line("", "median", "p95", "queries", "slowest query")
            pages.tell(port, post, addresses, REQUESTS)
    show.heading("Taken out, in the province")
    exports.take_out(Awards, "/casework/awards/?tab=all", awards, system(province.node.path))


_LIST, _TAB = "/casework/applications/", "/casework/awards/?tab=all"
_WORK = {
    "home, with the work list": "/",
    "waiting list": f"{_LIST}?tab=submitted",
    "waiting list, page 20": f"{_LIST}?tab=submitted&page=20",
    "waiting list, soonest due first": f"{_LIST}?tab=submitted&sort=due_on",
    "waiting list, by programme and step": f"{_LIST}?tab=submitted&programme={AID}&step=review",
    "waiting list, surname by pinyin": f"{_LIST}?tab=submitted&q=yang",
}
_TEAM = {"home, with the work list": "/", "team view": "/casework/team/"}
_AWARDS = {
    "awards, newest first": _TAB,
    "awards, page 20": f"{_TAB}&page=20",
    "awards, largest first": f"{_TAB}&sort=-amount",
    "awards, by day paid": f"{_TAB}&sort=-paid_on",
    "awards of a programme": f"{_TAB}&programme={AID}",
    "awards, surname by pinyin": f"{_TAB}&q=yang",
}

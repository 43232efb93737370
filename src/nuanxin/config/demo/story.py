"""The story of the demo from the first roster to today, planned on an agenda and played in order."""

import random
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from django.db import transaction
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node
from nuanxin.registry import services as registry
from nuanxin.registry.models import Household, Roster, Transfer

from . import families, mail, money, returns, rosters, rules, standards, wants
from .aid import AidOffice
from .care import Care
from .cases import Office
from .cast import Cast
from .desk import Desk
from .drives import Warmth, last_mid_autumn
from .leaving import Leaving
from .machinery import Agenda, documents_read_once, on_day
from .requests import ACTS_FIRST, COUNTY, MORE, UNPAID
from .surveys import Surveys
from .tree import COUNTIES, County, plant
from .unions import Unions

SEED = 20260101
#: Days back: the rosters, the two hand-downs of money, the waves of applications, the lists.
ROSTERS, FIRST_MONEY, MONEY = 560, 545, 215
WAVES = (530, 450, 370, 300, 215, 120, 60, 33)
CLOSING, BACK_AGAIN = 190, 100
FIRST_LIST, SECOND_LIST, LAST_LIST = 75, 30, 4
#: Files opened by the waves of each county, and how many a Mid-Autumn drive visits.
FILES = ((23, 18, 18, 17, 15, 13, 11, 10), (12, 9, 8, 8, 7, 7, 6, 5), (5, 4, 4, 4, 4, 3, 3, 3))
VISITED = (64, 36, 20)
#: The unions of a county, and how many of them bring in families at once.
UNIONS, AT_ONCE = 10, 3
SUFFIXES = ("", "2", "3")
#: Days back: the drive among couriers and drivers, officers named, what was found since, members moved.
DRIVE, OFFICERS, FOUND, MOVES = 40, 30, 12, 20
#: Days back: a family leaves difficulty, one had deceived, the taper's lists, papers that followed money.
LEAVING, DECEIT, TAPERS, COMPLETED = 70, 45, (66, 35, 4), 40
#: Days back: leaders and units are paired with families: longer than the days between their visits.
PAIRED = 112
#: Days back: people of the third county are asked for, one of its families is offered and taken.
ASKED, OFFERED = 6, 20
#: Days back: a survey and what was found, and one that is late; how many households were looked up.
SURVEY, LATE_SURVEY, SURVEYED = (15, 6), (38, 12), 10
#: The officers of the first unions.
UNION_OFFICERS = ("officer", "officer2", "union-539903-01")

Report = Callable[[str], None]


@transaction.atomic
def tell(report: Report) -> None:
    """Make the whole demo, or nothing."""
    today = timezone.localdate()
    rng = random.Random(SEED)
    agenda = Agenda(today)
    with on_day(agenda.ago(ROSTERS + 30)):
        nodes, funds, cast = _found(rng, today)
    report(f"{len(nodes)} nodes, their posts, standards and funds")
    offices = [_Centre(cast, agenda, rng, place, funds) for place in range(len(COUNTIES))]
    paths = [nodes[county.code].path for county in COUNTIES]
    for days, what in ((FIRST_MONEY, "帮扶资金"), (MONEY, "第一批帮扶资金")):
        day = agenda.ago(days)
        agenda.on(day, money.hand_down, cast, funds, paths, day.year, what)
    for centre in offices:
        agenda.on(agenda.ago(ROSTERS), centre.take_in, report)
        centre.plan()
    agenda.on(agenda.ago(ASKED), _ask, cast, nodes, offices)
    agenda.on(agenda.ago(OFFERED), _offer, cast, nodes, offices)
    rules.plan(cast, agenda)
    for days in mail.REMINDED:
        agenda.on(agenda.ago(days), mail.remind)
    with documents_read_once(), mail.demo_network():
        agenda.play(mail.deliver)
    report("applications, files, care, lists, drives, payments, returns and messages up to today")


def _found(rng: random.Random, today: date) -> tuple[dict[str, Node], dict[str, Fund], Cast]:
    with scope.acting(system()):
        nodes = plant()
        standards.publish(nodes, today.year)
        return nodes, money.open_funds(), Cast(nodes, timezone.localdate(), rng)


def _ask(cast: Cast, nodes: dict[str, Node], offices: Sequence["_Centre"]) -> None:
    """The first two counties ask for people of the third: one is refused, two wait."""
    third = offices[2]
    for place, number in ((0, -1), (1, -2), (1, -3)):
        centre = offices[place]
        with cast.acting(centre.reviewer):
            asked = registry.ask_transfer(
                id_number=third.known_ids[number],
                name=third.names[number],
                union=centre.first_union,
                reason="本人已到本县工作，会员关系和困难档案须一并转来。",
            )
        if number == -2:
            with cast.acting(third.reviewer):
                answer = "该户仍在本县居住，暂不同意转出。"
                registry.refuse_transfer(transfer=Transfer.objects.get(pk=asked.pk), answer=answer)


def _offer(cast: Cast, nodes: dict[str, Node], offices: Sequence["_Centre"]) -> None:
    """A family of the third county moves to the first one's union."""
    first, third = offices[0], offices[2]
    ((household, _union),) = third.cases.choose(1, filed=False)
    with cast.acting(third.reviewer):
        offered = registry.offer_transfer(
            household=Household.objects.get(pk=household),
            county=nodes[first.county.code].path,
            reason="全家已迁到梅里县居住。",
        )
    with cast.acting(first.reviewer):
        transfer = Transfer.objects.get(pk=offered.pk)
        registry.accept_transfer(transfer=transfer, answer="同意接收。", union=first.first_union)


class _Centre:
    """One county's aid centre and everything it does in the story."""

    def __init__(
        self, cast: Cast, agenda: Agenda, rng: random.Random, place: int, funds: dict[str, Fund]
    ) -> None:
        self.cast, self.agenda, self.rng, self.place, self.funds = cast, agenda, rng, place, funds
        self.county: County = COUNTIES[place]
        suffix = SUFFIXES[place]
        self.reviewer = f"reviewer{suffix}"
        people = self.reviewer, f"decider{suffix}", f"cashier{suffix}"
        self.cases = Office(cast, agenda, rng, *people[:2])
        self.aid = AidOffice(cast, agenda, *people)
        self.warmth = Warmth(cast, agenda, rng, *people)
        self.leaving = Leaving(cast, agenda, self.cases)
        self.rng_of_unions = random.Random(f"{SEED} {place}")
        self.surveys = Surveys(cast, agenda, self.reviewer)
        self.first_union = cast.nodes[f"{self.county.code}-01"].path
        self.desk = Desk(cast, agenda, self.cases, people[2], funds, self.first_union)
        self.care = Care(cast, agenda, self.county, self.reviewer)

    def take_in(self, report: Report) -> None:
        """The county's roster through the import, and the first determination of every family."""
        day = timezone.localdate()
        self.dealer = families.Registry(self.county, self.rng, day, self.agenda.today.year)
        people = families.deal(self.dealer)
        name = f"{self.county.name}困难职工花名册.xlsx"
        roster = rosters.take_in(self.cast, self.reviewer, name, people, day.year)
        self.unions = Unions(self.cast, self.rng_of_unions, self.county, self.reviewer, people)
        self.unions.found()
        self.names = [str(family.head["name"]) for family in people]
        self.cases.take_stock()
        with self.cast.acting(self.reviewer):
            households = Roster.objects.get(pk=roster.pk).households.count()
        report(f"{self.county.name_en}: {households} households taken in from a roster and assessed")
        self.known_ids = [str(family.head["id_number"]) for family in people]

    def plan(self) -> None:
        """Plan what happens after the roster."""
        for place, (days, number) in enumerate(zip(WAVES, FILES[self.place], strict=True)):
            day = self.agenda.ago(days)
            self.agenda.on(day, self._wave, day, number, place)
        self._plan_money()
        self.agenda.on(self.agenda.ago(DRIVE), self._unions)
        self.agenda.on(self.agenda.ago(mail.ASKED), mail.ask, self.cast, self.reviewer)
        for days in mail.POSTED:
            self.agenda.on(self.agenda.ago(days), mail.post, self.cast, self.reviewer)
        if self.place == 0:
            self._plan_meili()
        elif self.place == 1:
            self._plan_lanchuan()
        else:
            self._plan_songyan()

    def _wave(self, day: date, number: int, place: int) -> None:
        """Each time the centre goes round some of its unions, and takes families of others where they end."""
        numbers = [n % UNIONS + 1 for n in range(place * AT_ONCE, place * AT_ONCE + AT_ONCE)]
        unions = [self.cast.nodes[f"{self.county.code}-{number:02}"].path for number in numbers]
        families = self.cases.choose(number, at=unions)
        self.cases.bring_in([*families, *self.cases.choose(number - len(families))], day)

    def _unions(self) -> None:
        """Plan what goes on among the members, and what the queues and records show."""
        agenda, unions, officer = self.agenda, self.unions, UNION_OFFICERS[self.place]
        unions.newcomers()
        agenda.on(agenda.ago(OFFICERS), unions.officers, officer)
        agenda.on(agenda.ago(MOVES), unions.moves)
        agenda.on(agenda.ago(FOUND), unions.incomes)
        agenda.on(agenda.ago(FOUND), unions.loose_ends)
        for days, who in ((7, self.first_union), (1, self.reviewer)):
            agenda.on(agenda.ago(days), unions.looks, who)

    def _plan_money(self) -> None:
        feast = last_mid_autumn(self.agenda.today)
        self.warmth.autumn(feast, self.funds["provincial"], VISITED[self.place])

    def _plan_meili(self) -> None:
        agenda, cases = self.agenda, self.cases
        self.leaving.plan(agenda.ago(CLOSING), "lifted", months=5)
        for kind in ("relieved", "moved"):
            self.leaving.plan(agenda.ago(CLOSING), kind)
        cases.return_to_difficulty(agenda.ago(BACK_AGAIN))
        self.aid.plan(agenda.ago(FIRST_LIST), "第一批", self.funds["central"], "settled", failing=(7, 30))
        self.aid.plan(agenda.ago(LAST_LIST), "第二批", self.funds["central"], "submitted")
        self.warmth.visits(agenda.ago(14), self.funds["own"], 46, self.first_union)
        self.warmth.spring(agenda.ago(2), self.funds["provincial"], 60)
        agenda.on(agenda.ago(30), self._open_cases, (5, 6, 2, 4, 5, 2))
        agenda.on(agenda.ago(3), self._staged_roster)
        self._plan_casework()
        self.leaving.plan(agenda.ago(LEAVING), "death")
        self.leaving.plan(agenda.ago(8), "lifted", "returned")
        self.leaving.plan(agenda.ago(2), "other", "draft")
        self.desk.plan(MORE)
        for days, yuan, decided in ACTS_FIRST:
            self.desk.act_first(days, yuan, UNPAID, ("decider", "head") if decided else ("decider",))
        self.desk.complete(agenda.ago(COMPLETED))
        self._care({"leader": 5, "head": 3}, wants.MEILI)
        self.care.visits("leader", ((4, 60), (1, 87), (2, 92), (0, 20), (4, 8)))
        self.care.visits("head", ((5, 30), (7, 89)))
        self.care.visits("officer", ((1, 25), (2, 95)))
        self.surveys.plan(*SURVEY, SURVEYED)
        self._plan_returns("draft")

    def _plan_lanchuan(self) -> None:
        agenda = self.agenda
        self.aid.plan(agenda.ago(FIRST_LIST), "第一批", self.funds["central"], "settled")
        self.aid.plan(agenda.ago(SECOND_LIST), "第二批", self.funds["central"], "approved")
        self.aid.send(agenda.ago(3), "第二批", self.funds["central"])
        self.aid.plan(agenda.ago(LAST_LIST), "第三批", self.funds["central"], "submitted")
        self.warmth.visits(agenda.ago(14), self.funds["own"], 26, self.first_union)
        agenda.on(agenda.ago(30), self._open_cases, (2, 3, 1, 2, 3, 1))
        self._plan_casework()
        agenda.on(agenda.ago(4), self.cast.stand_in, "decider2", "prefecture2", 15, "参加全省帮扶业务培训")
        self.desk.act_first(25, 2500, UNPAID, ("decider2", "head2"))
        self.desk.act_first(1, 1600, UNPAID, ("decider2",))
        self._care({"head2": 4}, wants.LANCHUAN)
        self.care.visits("head2", ((0, 14), (1, 88)))
        self.surveys.plan(*LATE_SURVEY, SURVEYED)
        self._plan_returns("submitted")

    def _plan_songyan(self) -> None:
        agenda = self.agenda
        self.aid.plan(agenda.ago(FIRST_LIST), "第一批", self.funds["central"], "settled")
        self._plan_returns("accepted")

    def _plan_casework(self) -> None:
        """What the two counties have in common: exits with what follows, and every kind of assistance."""
        agenda, leaving = self.agenda, self.leaving
        leaving.plan(agenda.ago(LEAVING), "lifted", months=6)
        leaving.plan(agenda.ago(DECEIT), "fraud")
        leaving.repay(agenda.ago(DECEIT - 20), 300)
        leaving.plan(agenda.ago(5), "relieved", "submitted")
        for days, until in zip(TAPERS, ("settled", "settled", "submitted"), strict=True):
            self.aid.taper(agenda.ago(days), self.funds["own"], until)
        for days, kind in ((105, "borderline"), (40, "struck")):
            leaving.watch(agenda.ago(days), kind)
        leaving.visit(agenda.ago(9))
        self.desk.plan(COUNTY)

    def _care(self, leaders: dict[str, int], stated: Sequence[wants.Want]) -> None:
        home = self.cast.nodes[f"{self.county.code}-01"]
        self.agenda.on(self.agenda.ago(PAIRED), lambda: self.care.pair(leaders, self.cases.first, home))
        self.care.plan(stated)

    def _plan_returns(self, until: str) -> None:
        year = self.agenda.ago(FIRST_LIST).year
        self.agenda.on(self.agenda.ago(1), returns.aid_centre, self.cast, self.reviewer, year, until)
        self.agenda.on(self.agenda.ago(1), returns.send_warmth, self.cast, self.reviewer, until)

    def _open_cases(self, numbers: tuple[int, int, int, int, int, int]) -> None:
        """Applications on their way today: so many drafts, submitted, returned, noticed, over and refused."""
        drafts, submitted, returned, noticed, over, refused = numbers
        cases, ago, home = self.cases, self.agenda.workdays_ago, self.first_union
        mine = partial(cases.choose, at=[home])
        cases.bring_in([*mine(max(drafts - 2, 1)), *cases.choose(min(2, drafts - 1))], ago(2), "draft")
        late = cases.choose(1)
        cases.bring_in(late, ago(9), "submitted")
        cases.bring_in([*mine(1), *cases.choose(submitted - 2)], ago(4), "submitted")
        back = mine(returned)
        cases.bring_in(back, ago(7), "submitted")
        cases.send_back(back, ago(2), "医疗票据不全，请补交住院费用清单并说明其他子女收入。")
        running = cases.choose(noticed)
        cases.bring_in(running, ago(6), "noticed")
        cases.object_to(running, ago(1))
        cases.object_to(running[1:], ago(2))
        cases.settle(running[1:], ago(1))
        cases.bring_in(cases.choose(over), ago(11), "noticed")
        unfit = cases.choose(refused, filed=False)
        cases.bring_in(unfit, ago(8), "submitted")
        cases.refuse(unfit, ago(3), "月人均收入高于低保标准两倍，也没有意外致困情形，不符合建档条件。")

    def _staged_roster(self) -> None:
        """A roster of twelve families that waits for `officer` to correct four of them."""
        day = timezone.localdate()
        people = [self.dealer.family(900 + n, 0, "deep") for n in range(12)]
        rosters.spoil(people, self.known_ids[5], self.rng)
        rosters.leave_staged(self.cast, "officer", "化肥厂工会新增花名册.xlsx", people, day.year)

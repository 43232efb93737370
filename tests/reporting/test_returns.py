"""Returns at the door of the services: derived, sent up, checked, rolled up, corrected."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from nuanxin.campaigns.models import Recipient
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.records import queries as records
from nuanxin.reporting import flow, permissions, queries, services
from nuanxin.reporting.models import Cell, Return
from tests.campaigns import factories as campaigns
from tests.kernel import flows
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db

YEAR = timezone.localdate().year
PERIOD = {"starts_on": date(YEAR, 1, 1), "ends_on": date(YEAR + 1, 1, 1)}


class House:
    """A prefecture with a county that has two open files and a visited drive."""

    def __init__(self) -> None:
        self.county = campaigns.county()
        self.prefecture = self.county.node.parent
        self.filler = orgs.actor(self.county.node, permissions.SEE, permissions.FILL)
        self.checker = orgs.actor(
            self.prefecture, permissions.SEE, permissions.FILL, permissions.CHECK, "ledger.fund.see"
        )

    def make(self, form: str = "aid_centre") -> Return:
        with scope.acting(self.filler):
            return services.create(form=form, **PERIOD)

    def submitted(self, form: str = "aid_centre") -> Return:
        report = self.make(form)
        with scope.acting(self.filler):
            return services.submit(report=report, note="说明")

    def accepted(self, form: str = "aid_centre") -> Return:
        report = self.submitted(form)
        with scope.acting(self.checker):
            return services.accept(report=report)


@pytest.fixture
def house() -> House:
    return House()


def figures(house: House, report: Return) -> dict[str, int | None]:
    with scope.acting(house.checker):
        return queries.values(report)


def test_files_are_counted_by_class_and_each_cell_opens_to_its_files(house):
    for name in ("和建国", "杨梅"):
        campaigns.file(house.county.unions[0], name)
    report = house.make()
    found = figures(house, report)
    assert (found["files_new"], found["files_new.deep"], found["files_new.relative"]) == (2, 2, 0)
    assert (found["files_start"], found["files_end"]) == (0, 2)
    with scope.acting(house.filler):
        opened = queries.open_cell(report, "files_new.deep")
        assert sorted(row.household.head.name for row in opened.rows) == ["和建国", "杨梅"]
        assert opened.now == 2 and not opened.drifted
        assert queries.open_cell(report, "files_new.relative").now == 0
        assert all(check.holds for check in queries.checks(report))


def test_a_visited_drive_counts_person_times_and_goods_by_target(house):
    drive = campaigns.approved(house.county, "和建国", "杨梅")
    with house.county.acting("officer"):
        for recipient in Recipient.objects.filter(drive=drive):
            campaigns.visit(recipient, gifts_delivered=1)
    found = figures(house, house.make("send_warmth"))
    assert (found["consoled"], found["consoled.hardship"], found["consoled.migrant"]) == (2, 2, 0)
    assert found["goods.hardship"] == Money.yuan(600).fen
    assert found["cash"] == 0  # money counts when the bank has confirmed it
    assert found["raised"] == Money.yuan(100_000).fen


def test_income_counts_what_came_from_outside_and_the_balance_follows(house):
    found = figures(house, house.make())
    assert found["income"] == found["balance"] == Money.yuan(100_000).fen


def test_one_live_return_a_period(house):
    house.make()
    with pytest.raises(Refused) as refusal:
        house.make()
    assert refusal.value.code == "exists"


def test_figures_stand_still_once_sent_up(house):
    report = house.submitted()
    with scope.acting(house.filler):
        with pytest.raises(DatabaseError), transaction.atomic():
            Cell.objects.filter(report=report).update(value=999)
        with pytest.raises(Refused) as refusal:
            services.derive(report=report)
        assert refusal.value.code == "wrong_state"


def test_a_unit_cannot_check_its_own_return_nor_a_sibling_anothers(house):
    report = house.submitted()
    everything = orgs.actor(house.county.node)
    with scope.acting(everything), pytest.raises(Refused) as refusal:
        services.accept(report=report)
    assert refusal.value.code == "not_superior"


def test_sent_back_with_a_reason_and_sent_up_again(house):
    report = house.submitted()
    with scope.acting(house.checker):
        with pytest.raises(Refused) as refusal:
            services.send_back(report=report, reason=" ")
        assert refusal.value.code == "no_reason"
        back = services.send_back(report=report, reason="户数不对")
    assert (back.state, back.returned_because) == ("returned", "户数不对")
    with scope.acting(house.filler):
        services.derive(report=back)
        again = services.submit(report=back, note="已核对")
    with scope.acting(house.checker):
        assert services.accept(report=again).state == "accepted"


def test_a_failed_check_must_be_explained(house):
    report = house.make()
    with scope.acting(house.filler):
        Cell.objects.filter(report=report, code="files_end").update(value=7)
        assert [check for check in queries.checks(report) if not check.holds]
        with pytest.raises(Refused) as refusal:
            services.submit(report=report)
        assert refusal.value.code == "flags_unexplained"
        sent = services.submit(report=report, note="年内调整口径")
    assert sent.explanation == "年内调整口径"
    assert figures(house, sent)["files_end"] == 7  # flagged, never repaired silently


def test_the_prefecture_rolls_up_accepted_returns_and_adds_what_they_do_not_cover(house):
    campaigns.file(house.county.unions[0], "和建国")
    direct = orgs.node("grassroots", house.prefecture)  # reports to nobody in between
    campaigns.file(direct, "央金")
    other = campaigns.county(parent=house.prefecture, yuan=0)
    campaigns.file(other.unions[0], "扎西")  # its county sent no return: counted directly
    accepted = house.accepted()
    campaigns.file(house.county.unions[0], "迟到的户")  # after the county's figures were taken
    with scope.acting(house.checker):
        roll_up = services.create(form="aid_centre", **PERIOD)
        assert roll_up.rolled_up
        assert queries.values(roll_up)["files_new"] == 3
        opened = queries.open_cell(roll_up, "files_new.deep")
        assert [(child.pk, value) for child, value in opened.parts] == [(accepted.pk, 1)]
        assert sorted(row.household.head.name for row in opened.rows) == ["央金", "扎西"]


def test_a_return_not_accepted_is_named_and_its_records_count_directly(house):
    campaigns.file(house.county.unions[0], "和建国")
    waiting = house.submitted()
    with scope.acting(house.checker):
        roll_up = services.create(form="aid_centre", **PERIOD)
        assert list(queries.not_accepted_below(roll_up)) == [waiting]
        assert not roll_up.rolled_up


def test_a_correction_is_a_new_version_and_drift_is_shown(house):
    report = house.accepted()
    campaigns.file(house.county.unions[0], "补录户")
    with scope.acting(house.filler):
        assert queries.open_cell(report, "files_new").drifted
        fresh = services.correct(report=report)
        assert (fresh.version, fresh.state) == (2, "draft")
        assert queries.values(fresh)["files_new"] == 1
        assert queries.values(report)["files_new"] == 0
        assert Return.objects.get(pk=report.pk).state == "superseded"
    assert figures(house, fresh)["files_new"] == 1


def test_every_move_is_on_record(house):
    report = house.accepted()
    with scope.acting(house.checker):
        actions = [entry.action for entry in records.timeline(report)]
    assert actions[:2] == ["return.accept", "return.submit"]


def brought_into(house: House, state: str) -> Return:
    if state == "draft":
        return house.make()
    report = house.submitted()
    with scope.acting(house.checker):
        if state == "returned":
            return services.send_back(report=report, reason="请核对")
        if state in ("accepted", "superseded"):
            report = services.accept(report=report)
    if state == "superseded":
        with scope.acting(house.filler):
            report = flow.RETURN.fire(report, "supersede")
    return report


@pytest.mark.parametrize("state, action", flows.cases(flow.RETURN))
def test_every_state_and_action(house, state, action):
    report = brought_into(house, state)
    data = {"returned_because": "x"} if action == "return" else {}
    with scope.acting(orgs.actor(house.prefecture)):
        flows.check(flow.RETURN, state, action, lambda _state: report, **data)


@pytest.mark.parametrize("state", flow.RETURN.states)
def test_the_database_refuses_other_transitions(house, state):
    report = brought_into(house, state)
    with scope.acting(orgs.actor(house.prefecture)):
        flows.check_database(flow.RETURN, report)


def test_money_handed_down_counts_at_each_level_without_seeing_the_other_side(house):
    """The county does not see its prefecture's account; the appropriation still counts as its income."""
    from nuanxin.ledger import services as ledger
    from nuanxin.ledger.models import Account

    fund = house.county.fund
    with scope.acting(orgs.actor(house.prefecture)) as actor:
        ledger.appropriate(
            fund=fund, to_org_path=actor.org_path, amount=Money.yuan(9_000), memo="上级拨入", key="in-1"
        )
        ledger.appropriate(
            fund=fund,
            to_org_path=house.county.node.path,
            from_org_path=actor.org_path,
            amount=Money.yuan(5_000),
            memo="拨付",
            key="down-1",
        )
    report = house.make()
    with scope.acting(house.filler):
        assert not Account.objects.filter(org_id=house.prefecture.path).exists()
        assert queries.values(report)["income"] == Money.yuan(105_000).fen
        assert queries.values(report)["balance"] == Money.yuan(105_000).fen
        assert queries.open_cell(report, "balance").rows.count() == 2
    with scope.acting(house.checker):
        above = services.create(form="aid_centre", **PERIOD)
        # handed down within the prefecture is no income of the prefecture
        assert queries.values(above)["income"] == Money.yuan(109_000).fen
        assert queries.values(above)["balance"] == Money.yuan(109_000).fen

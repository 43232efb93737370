"""Leaving difficulty: the exit and its test, the taper by months, recovery, the watch, coming back."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import queries, services
from nuanxin.casework.flow import EXIT
from nuanxin.casework.models import Exit, File, Guarantee, Recovery, Taper, Watch
from nuanxin.casework.services import Evidence
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from tests.kernel import flows
from tests.ledger import factories as ledger

from . import factories as make
from .conftest import refusal
from .test_pages import browser

pytestmark = pytest.mark.django_db

GOOD = dict.fromkeys(Guarantee.Item.values, ("yes", "核对了缴费记录"))
ABOVE = [Money.yuan(900)] * 6
BELOW = [Money.yuan(100)] * 6


def proposed(at, file=None, **fields):
    """A draft exit of a file of one person with a line of 620 yuan."""
    given = {
        "kind": "lifted",
        "reason": "找到稳定工作",
        "evidence": Evidence(cause_gone=True, incomes=ABOVE, guarantees=GOOD),
    } | fields
    with scope.acting(at.officer):
        return services.propose_exit(file=file or make.file(at), **given)


def submitted(at, **fields):
    row = proposed(at, **fields)
    with scope.acting(at.officer):
        return services.submit_exit(exit=row)


def approved(at, **fields):
    row = submitted(at, **fields)
    with scope.acting(at.decider):
        return services.approve_exit(exit=row)


def test_six_months_above_the_line_with_every_item_met_end_difficulty(county):
    row = approved(county, taper_months=3, former=Money.yuan(620))
    file = File.objects.get(pk=row.file_id)
    assert (file.state, file.closed_on) == ("closed", timezone.localdate())
    assert (row.assessment.programme, row.assessment.result) == ("exit", "lifted")
    assert (row.taper.months, row.taper.since) == (3, timezone.localdate())
    watch = Watch.objects.get(household=file.household)
    assert (watch.kind, watch.next_on) == ("unstable", timezone.localdate() + timedelta(days=90))


@pytest.mark.parametrize(
    ("evidence", "result"),
    [
        (Evidence(True, BELOW, GOOD), "stay"),
        (Evidence(True, [*ABOVE[:5], Money.yuan(620)], GOOD), "relieved"),
        (Evidence(False, ABOVE, GOOD), "relieved"),
        (Evidence(True, ABOVE, GOOD | {"housing": ("no", "危房未改造")}), "not_guaranteed"),
        (Evidence(True, ABOVE, {"food": ("yes", "入户看过")}), "not_guaranteed"),
        (Evidence(None, ABOVE, GOOD), "unknown"),
        (Evidence(True, (), GOOD), "unknown"),
    ],
)
def test_what_the_standard_does_not_bear_out_is_not_submitted(county, evidence, result):
    row = proposed(county, evidence=evidence)
    assert row.assessment.result == result
    with scope.acting(county.officer), refusal("not_supported"):
        services.submit_exit(exit=row)


def test_aid_of_the_last_half_year_counts_towards_relief(county):
    """6,200 yuan paid make 1,033.33 a month, so that 100 of income reach 620."""
    file = make.file(county)
    make.paid(county, make.aid_list(county, "approved"))
    row = proposed(county, file, kind="relieved", evidence=Evidence(False, BELOW, GOOD))
    assert row.assessment.facts["aid_monthly"] == "1033.33"
    assert row.assessment.result == "relieved"


def test_a_death_needs_no_checklist_and_has_no_taper(county):
    row = approved(county, kind="death", reason="户主去世", evidence=None)
    assert row.assessment is None and not Watch.objects.exists()
    with refusal("no_taper"):
        proposed(county, kind="death", taper_months=2, former=Money.yuan(620))


def test_a_taper_is_paid_by_lists_month_by_month_at_sixty_per_cent(county):
    row = approved(county, taper_months=2, former=Money.yuan(620))
    today = timezone.localdate()
    assert list(queries.tapers_due(today)) == [row.taper]
    fund = ledger.fund("taper")
    ledger.give(fund, county.node, 10_000)
    first = make.aid_list(county, "approved", fund=fund, programme="taper")
    assert [award.amount for award in first.awards.all()] == [Money.yuan(372)]
    assert not queries.tapers_due(today).exists()
    Taper.objects.filter(pk=row.taper.pk).update(since=_a_month_ago(today))
    assert [taper.begun for taper in queries.tapers_due(today)] == [2]
    Taper.objects.filter(pk=row.taper.pk).update(since=_a_month_ago(_a_month_ago(today)))
    assert not queries.tapers_running(today).exists()


def _a_month_ago(day: date) -> date:
    first = day.replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, first.day))


def test_a_family_that_comes_back_leaves_taper_and_watch(county):
    row = approved(county, taper_months=6, former=Money.yuan(620))
    with scope.acting(county.officer):
        again = services.start_application(household=row.file.household)
        make.complete(again)
        again = services.submit(application=again)
    make.publish(county, again, over=True)
    with scope.acting(county.decider):
        assert services.approve(application=again).reopened
    taper, watch = Taper.objects.get(), Watch.objects.get()
    assert taper.stopped_on == watch.until == timezone.localdate()
    assert taper.stopped_because and watch.ended_because
    assert not queries.tapers_due(timezone.localdate()).exists()


def test_money_had_by_deceit_is_demanded_and_comes_back_in_parts(county):
    file = make.file(county)
    make.paid(county, make.aid_list(county, "approved"))
    with refusal("reclaims_more"):
        proposed(county, file, kind="fraud", reclaimed=Money.yuan("6200.01"))
    row = approved(county, file=file, kind="fraud", reason="隐瞒房产", reclaimed=Money.yuan(6200))
    recovery = Recovery.objects.get(exit=row)
    with scope.acting(county.officer):
        services.repay(recovery=recovery, amount=Money.yuan(6000), note="第一次")
        with refusal("repays_more"):
            services.repay(recovery=recovery, amount=Money.yuan("200.01"), note="")
        done = services.repay(recovery=recovery, amount=Money.yuan(200), note="第二次")
    assert (done.repaid, done.closed_on) == (Money.yuan(6200), timezone.localdate())
    with pytest.raises(IntegrityError, match="recovery_amounts"), transaction.atomic():
        Recovery.objects.filter(pk=done.pk).update(repaid=Money.yuan(6201))


def test_money_on_its_way_holds_an_exit_up(county):
    file = make.file(county)
    make.aid_list(county, "approved")
    row = proposed(county, file)
    with scope.acting(county.officer), refusal("award_open"):
        services.submit_exit(exit=row)


def test_who_proposes_does_not_decide_and_one_exit_is_under_way(county):
    row = submitted(county)
    with scope.acting(county.officer), refusal("exit_open"):
        services.propose_exit(file=row.file, kind="other", reason="又一次")
    Exit.objects.filter(pk=row.pk).update(officer_id=county.decider.staff_id)
    with scope.acting(county.decider), refusal("maker_may_not_vote"):
        services.approve_exit(exit=row)


def test_a_returned_exit_is_written_anew_and_comes_again(county):
    row = submitted(county)
    with scope.acting(county.decider), refusal("no_reason"):
        services.return_exit(exit=row, reason=" ")
    with scope.acting(county.decider):
        services.return_exit(exit=row, reason="收入证明不清楚")
    again = Exit.objects.get(pk=row.pk)
    assert (again.state, again.returned_because) == ("returned", "收入证明不清楚")
    with scope.acting(county.officer):
        services.propose_exit(
            file=again.file,
            kind="relieved",
            reason="改为解困",
            evidence=Evidence(False, ABOVE, GOOD),
            exit=again,
        )
        services.submit_exit(exit=again)
    with scope.acting(county.decider):
        services.approve_exit(exit=again)


@pytest.mark.parametrize(("state", "action"), flows.cases(EXIT))
def test_every_state_and_action(county, state, action):
    row = {"draft": proposed, "submitted": submitted, "approved": approved}.get(state, submitted)(county)
    if state == "returned":
        with scope.acting(county.decider):
            row = services.return_exit(exit=row, reason="材料不全")
    if state == "withdrawn":
        with scope.acting(county.officer):
            row = services.withdraw_exit(exit=row)
    row.refresh_from_db()
    acts = {
        "submit": lambda: services.submit_exit(exit=row),
        "return": lambda: services.return_exit(exit=row, reason="材料不全"),
        "approve": lambda: services.approve_exit(exit=row),
        "withdraw": lambda: services.withdraw_exit(exit=row),
    }
    actor = county.decider if action in ("return", "approve") else county.officer
    move = EXIT.moves[action]
    with scope.acting(actor):
        if state in move.sources:
            acts[action]()
            assert Exit.objects.get(pk=row.pk).state == move.target
        else:
            with refusal("wrong_state"):
                acts[action]()


# -- the watch ---------------------------------------------------------------------------------------


def test_a_visit_moves_the_next_one_on_and_a_watch_ends_with_a_reason(county):
    home = make.household(county)
    with scope.acting(county.officer):
        row = services.begin_watch(household=home, kind="borderline", because="收入刚过线", every_days=30)
        with refusal("watched"):
            services.begin_watch(household=home, kind="struck", because="又病了")
        today = timezone.localdate()
        Watch.objects.filter(pk=row.pk).update(next_on=today - timedelta(days=3))
        assert list(queries.watches_due()) == [row]
        services.record_visit(
            household=home, visited_on=today, visitors="和志强、杨丽", finding="agrees", note=""
        )
        row.refresh_from_db()
        assert row.next_on == today + timedelta(days=30)
        services.end_watch(watch=row, reason="收入稳定")
        with refusal("watch_over"):
            services.end_watch(watch=row, reason="再结束一次")


def test_a_household_with_a_file_is_not_watched_besides(county):
    file = make.file(county)
    with scope.acting(county.officer), refusal("file_open"):
        services.begin_watch(household=file.household, kind="struck", because="住院")


# -- pages -------------------------------------------------------------------------------------------


def _form(**more):
    fields = {"kind": "lifted", "reason": "找到稳定工作", "cause_gone": "true", "taper_months": "2"}
    fields |= {"former": "620"} | {f"income_{n}": "900" for n in range(1, 7)}
    for item in Guarantee.Item.values:
        fields |= {f"met_{item}": "yes", f"evidence_{item}": "入户看过"}
    return fields | more


def test_an_exit_walks_through_the_pages(county):
    file = make.file(county)
    officer = browser(county.officer_post)
    page = officer.post(reverse("casework:propose_exit", args=[file.pk]), _form())
    row = Exit.objects.get()
    assert page.url == reverse("casework:exit", args=[row.pk])
    assert "脱困" in officer.get(page.url).content.decode()
    officer.post(reverse("casework:act_on_exit", args=[row.pk, "submit"]))
    decider = browser(county.decider_post)
    assert decider.get(reverse("casework:exits")).status_code == 200
    decider.post(reverse("casework:act_on_exit", args=[row.pk, "approve"]))
    row.refresh_from_db()
    assert row.state == "approved"
    for name in ("tapers", "watches"):
        text = decider.get(reverse(f"casework:{name}")).content.decode()
        assert row.file.household.head.name in text
    watch = Watch.objects.get()
    assert decider.get(reverse("casework:watch", args=[watch.pk])).status_code == 200


def test_what_was_typed_comes_back_with_what_is_missing(county):
    file = make.file(county)
    page = browser(county.officer_post).post(
        reverse("casework:propose_exit", args=[file.pk]), _form(evidence_job="", taper_months="7")
    )
    text = page.content.decode()
    assert page.status_code == 422 and "找到稳定工作" in text and not Exit.objects.exists()
    assert "请写明“就业有保障”的核实依据。" in text


def test_pages_of_another_county_are_out_of_sight(county):
    row = approved(county, taper_months=1, former=Money.yuan(620))
    watch = Watch.objects.get()
    stranger = browser(make.county().reviewer_post)
    for name, key in (("exit", row.pk), ("watch", watch.pk), ("propose_exit", row.file_id)):
        assert stranger.get(reverse(f"casework:{name}", args=[key])).status_code == 404
    for name, key in (("stop_taper", row.taper.pk), ("end_watch", watch.pk)):
        page = stranger.post(reverse(f"casework:{name}", args=[key]), {"reason": "试试"})
        assert page.status_code in (403, 404)
    for name in ("exits", "tapers", "watches"):
        assert row.file.household.head.name not in stranger.get(reverse(f"casework:{name}")).content.decode()


def test_who_may_not_propose_sees_no_form(county):
    file = make.file(county)
    assert (
        browser(county.decider_post).get(reverse("casework:propose_exit", args=[file.pk])).status_code == 403
    )

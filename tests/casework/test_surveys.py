"""Surveys, so that all who qualify are filed: who is listed and why, what is found, and the end."""

from copy import copy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from nuanxin.casework import jobs, queries, services, survey_work
from nuanxin.casework.flow import SURVEY, SURVEYED
from nuanxin.casework.models import Application, Survey, Surveyed
from nuanxin.casework.services import surveys
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, Denied, system
from nuanxin.policy import services as policy
from nuanxin.records.models import Entry, JobRun
from nuanxin.registry.models import Household, Person, Roster
from tests.kernel import flows
from tests.orgs import factories as orgs
from tests.registry import factories as registry

from . import factories as make
from . import surveying
from .conftest import refusal

pytestmark = pytest.mark.django_db


# who is listed


def test_who_qualifies_or_is_near_is_listed_with_the_reason(county: make.County) -> None:
    poor, twice, near = (surveying.earning(county, yuan) for yuan in (500, 800, 1300))
    surveying.earning(county, 5000)
    row = surveying.survey(county)
    found = {one.household_id: one for one in row.households.all()}
    assert set(found) == {poor.pk, twice.pk, near.pk} and row.total == 3 and row.computed
    said = {pk: (one.kind, one.result, one.near, one.per_head, one.line) for pk, one in found.items()}
    line = Decimal(620)
    assert said[poor.pk] == ("qualifies", "deep", "", Decimal(500), line)
    assert said[twice.pk] == ("qualifies", "relative", "", Decimal(800), line)
    assert said[near.pk] == ("borderline", "none", "relative", Decimal(1300), line)
    assert {one.officer_id for one in found.values()} == {county.officer.staff_id}
    assert row.due_on == timezone.localdate() + timedelta(days=30)
    assert Entry.objects.filter(action="survey.made", subject=row.pk).exists()


def test_the_margin_is_a_standard_of_the_place(county: make.County) -> None:
    near = surveying.earning(county, 1300)
    share = policy.NewStandard(
        code="survey_margin", name="接近标准的收入幅度", name_en="margin", place=county.node.path,
        valid_from=timezone.localdate() - timedelta(days=9), document="测试文件", document_en="Test",
        number=Decimal("0.02"),
    )  # fmt: skip
    policy.set_standards(standards=[share])
    assert not surveying.survey(county).households.filter(household=near).exists()


def test_who_has_a_file_or_an_application_is_not_listed(county: make.County) -> None:
    make.file(county)
    make.application(county)
    elsewhere = make.county()
    surveying.earning(elsewhere, 500)
    assert surveying.survey(county).total == 0


def test_a_roster_and_families_too_little_is_known_of_are_listed_when_asked_for(
    county: make.County,
) -> None:
    rich, unknown = surveying.earning(county, 5000), surveying.earning(county, None)
    assert surveying.survey(county).total == 0
    services.cancel_survey(survey=Survey.objects.get(), reason="范围有误。")
    roster = Roster.objects.create(
        org_id=county.union.path, name="大病名册", year=2022, staff=county.officer_post.staff
    )
    Household.objects.filter(pk=rich.pk).update(roster=roster)
    row = surveying.survey(county, roster=roster, unknowns=True)
    kinds = dict(row.households.values_list("household", "kind"))
    assert kinds == {rich.pk: "named", unknown.pk: "unknown"}
    assert row.households.get(household=unknown).missing


def test_a_household_is_on_one_list_at_a_time(county: make.County) -> None:
    home = surveying.earning(county, 500)
    first = surveying.survey(county)
    with refusal("survey_open"):
        surveying.survey(county)
    with pytest.raises(IntegrityError), transaction.atomic():
        listed = first.households.get()
        listed.pk = None
        listed.save(force_insert=True)
    above = orgs.post(county.node.parent, "*").actor()
    with scope.acting(above):
        assert services.make_survey(title="州级排查").total == 0
    assert Surveyed.objects.get(household=home, state="open").survey == first


def test_days_that_make_no_sense_are_refused(county: make.County) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    with refusal("wrong_day"):
        surveying.survey(county, as_of=tomorrow)
    with refusal("wrong_day"):
        surveying.survey(county, due=timezone.localdate() - timedelta(days=1))
    with scope.acting(county.officer), pytest.raises(Denied):
        services.make_survey(title="摸底排查")


NUMBER = 2_000


def many(at: make.County, number: int) -> None:
    """So many households like one, written straight into the tables."""
    home = surveying.earning(at, 500)
    people = []
    for serial in range(number - 1):
        person = copy(home.head)
        person.pk, person.id_hash = None, serial.to_bytes(32, "big")
        people.append(person)
    heads = Person.objects.bulk_create(people)
    homes = []
    for head in heads:
        one = copy(home)
        one.pk, one.head = None, head
        homes.append(one)
    Household.objects.bulk_create(homes)


def test_two_thousand_households_take_as_many_statements_as_one(county: make.County) -> None:
    surveying.earning(county, 500)
    with scope.acting(surveying.maker(county).actor()):
        with CaptureQueriesContext(connection) as few:
            services.make_survey(title="一户")
        services.cancel_survey(survey=Survey.objects.get(), reason="范围有误。")
    many(county, NUMBER)
    with scope.acting(surveying.maker(county).actor()), CaptureQueriesContext(connection) as lot:
        row = services.make_survey(title="两千户")
    assert row.total == NUMBER + 1 == row.households.filter(kind="qualifies").count()
    assert len(lot) <= len(few) + 1


def test_a_job_lists_what_is_left_and_goes_on_where_it_was_killed(
    county: make.County, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(5):
        surveying.earning(county, 500)
    monkeypatch.setattr(surveys, "CHUNK", 2)
    row = surveying.survey(county)
    assert (row.total, row.computed) == (2, False) and row.job is not None
    assert JobRun.objects.get(pk=row.job_id).task == "casework.survey"
    with scope.acting(surveying.maker(county).actor()), refusal("computing"):
        services.close_survey(survey=row)
    with scope.acting(surveying.maker(county).actor()):
        while not surveys.list_more(row):
            pass
    row.refresh_from_db()
    assert row.total == 5 == row.households.count() and row.computed
    assert jobs.list_survey.name == "casework.survey"


# what is found


def test_an_application_settles_the_row_wherever_it_is_begun(county: make.County) -> None:
    here, there, many = (surveying.earning(county, 500) for _number in range(3))
    row = surveying.survey(county)
    with scope.acting(county.officer):
        begun = services.file_surveyed(row=row.households.get(household=here))
        other = services.start_application(household=there)
        services.start_many(households=[many.pk])
    found = {one.household_id: one for one in row.households.all()}
    assert {one.state for one in found.values()} == {"applied"}
    assert found[here.pk].application == begun and found[there.pk].application == other
    assert found[many.pk].application == Application.objects.get(household=many)
    assert found[here.pk].answered_by_id == county.officer.staff_id
    with scope.acting(surveying.maker(county).actor()):
        assert services.close_survey(survey=row).closed_on == timezone.localdate()


def test_an_application_somebody_else_began_meanwhile_is_linked(county: make.County) -> None:
    row = surveying.row(county)
    home = {row.household_id: county.officer.staff_id}
    with scope.acting(county.decider):
        (begun,) = services.invite_many(households=home, as_of=timezone.localdate()).done.values()
    row.refresh_from_db()
    assert row.state == "open"
    with scope.acting(county.officer):
        assert services.file_surveyed(row=row).pk == begun
    row.refresh_from_db()
    assert (row.state, row.application_id) == ("applied", begun)


@pytest.mark.parametrize("action, state", [("decline", "declined"), ("clear", "clear"), ("lose", "absent")])
def test_a_row_is_settled_with_a_reason(county: make.County, action: str, state: str) -> None:
    row = surveying.row(county)
    with scope.acting(county.officer):
        with refusal("no_reason"):
            services.settle_surveyed(row=row, action=action, reason=" ")
        settled = services.settle_surveyed(row=row, action=action, reason="已入户核实。")
        assert (settled.state, settled.answered_on) == (state, timezone.localdate())
        again = services.reopen_surveyed(row=settled)
        assert (again.state, again.reason, again.answered_on) == ("open", "", None)
    with scope.acting(make.orgs.actor(county.union, make.SEE)), pytest.raises(Denied):
        services.settle_surveyed(row=row, action=action, reason="已入户核实。")


def test_nothing_changes_after_the_end(county: make.County) -> None:
    row = surveying.row(county, "declined")
    with scope.acting(surveying.maker(county).actor()):
        services.close_survey(survey=row.survey)
        with refusal("survey_over"):
            services.lapse_surveyed(survey=Survey.objects.get(), rows=Surveyed.objects.all(), reason="重复")
    with scope.acting(county.officer):
        for act in (services.reopen_surveyed, services.file_surveyed):
            with refusal("survey_over"):
                act(row=row)
        services.start_application(household=row.household)
    row.refresh_from_db()
    assert row.state == "declined"


def test_an_officer_is_chosen_within_their_post(county: make.County) -> None:
    row = surveying.row(county)
    stranger = orgs.post(orgs.node("grassroots", county.union.parent), make.SEE).staff
    with scope.acting(surveying.maker(county).actor()):
        done = services.assign_surveyed(rows=Surveyed.objects.all(), officer=stranger)
        assert (done.done, done.left) == (0, 1)
        done = services.assign_surveyed(rows=Surveyed.objects.all(), officer=county.reviewer_post.staff)
        assert (done.done, done.left) == (1, 0)
        with refusal("no_officer"):
            outside = orgs.post(orgs.node("county"), make.SEE).staff
            services.assign_surveyed(rows=Surveyed.objects.all(), officer=outside)
    row.refresh_from_db()
    assert row.officer == county.reviewer_post.staff
    with scope.acting(county.officer), pytest.raises(Denied):
        services.assign_surveyed(rows=Surveyed.objects.all(), officer=county.officer_post.staff)


# scopes


def test_a_union_sees_the_survey_and_its_own_households(county: make.County) -> None:
    other = orgs.node("grassroots", county.union.parent)
    mine = surveying.earning(county, 500)
    registry.household(other.path, annual_income=mine.annual_income, main_cause="major_illness")
    row = surveying.survey(county)
    assert row.households.count() == 2
    with scope.acting(county.officer) as actor:
        assert queries.surveys().get().listed == 1
        assert [one.household_id for one in queries.surveyed_mine(actor)] == [mine.pk]
        with pytest.raises(DatabaseError), transaction.atomic():
            assert Survey.objects.update(title="改名") == 0
            raise DatabaseError("no row was in reach")
    with scope.acting(make.county().reviewer):
        assert not Survey.objects.exists() and not Surveyed.objects.exists()


def test_progress_is_told_by_unit(county: make.County) -> None:
    township = county.union.parent
    for yuan in (500, 800, 1300):
        surveying.earning(county, yuan)
    row = surveying.survey(county)
    with scope.acting(county.officer):
        services.settle_surveyed(row=row.households.first(), action="clear", reason="已就业。")
    with scope.acting(surveying.maker(county).actor()):
        with CaptureQueriesContext(connection) as asked:
            (unit,) = queries.standings(row, county.node.path)
        assert unit.org == township and (unit.listed, unit.settled) == (3, 1)
        assert len(asked) == 3
        assert not queries.surveys_late().exists()
        Survey.objects.update(
            as_of=timezone.localdate() - timedelta(days=9), due_on=timezone.localdate() - timedelta(days=1)
        )
        assert queries.surveys_late().get() == row


def test_an_open_row_follows_a_household_that_moves(county: make.County) -> None:
    inside, outside = surveying.earning(county, 500), surveying.earning(county, 500)
    row = surveying.survey(county)
    near = orgs.node("grassroots", county.union.parent)
    away = orgs.node("grassroots", orgs.node("township"))
    with scope.acting(system()):
        Household.objects.filter(pk=inside.pk).update(org=near.path)
        Household.objects.filter(pk=outside.pk).update(org=away.path)
    moved, gone = (row.households.get(household=home) for home in (inside, outside))
    assert (moved.state, str(moved.org_id), moved.officer) == ("open", near.path, None)
    assert (gone.state, str(gone.org_id)) == ("lapsed", county.union.path)


def test_the_work_list_has_what_is_to_be_visited_and_closed(county: make.County) -> None:
    row = surveying.row(county)
    due = row.survey.due_on

    def heaps(actor: Actor) -> dict[str, Any]:
        with scope.acting(actor):
            return {heap.key: (heap, heap.first("", 5)) for heap in survey_work.surveys(actor)}

    heap, (item,) = heaps(county.officer)["surveyed"]
    assert heap.count == 1 and item.due == due and str(row.pk) in item.url
    assert heaps(county.reviewer)["surveyed"][0].count == 0
    maker = surveying.maker(county).actor()
    assert heaps(maker)["surveys"][0].count == 0
    with scope.acting(county.officer):
        services.settle_surveyed(row=row, action="clear", reason="已就业。")
    assert heaps(county.officer)["surveyed"][0].count == 0
    heap, (item,) = heaps(maker)["surveys"]
    assert heap.count == 1 and item.step == "结束排查"


# the tables


def data_for(action: str) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "close": {"closed_on": today},
        "apply": {"answered_on": today, "reason": ""},
        "decline": {"answered_on": today, "reason": "不愿申请"},
        "clear": {"answered_on": today, "reason": "已就业"},
        "lose": {"answered_on": today, "reason": "已搬走"},
        "reopen": {"answered_on": None, "reason": ""},
    }.get(action, {})


@pytest.mark.parametrize("state", SURVEY.states)
def test_survey_flow(county: make.County, state: str) -> None:
    def row(state: str) -> Survey:
        made = surveying.survey(county)
        action = {"closed": "close", "cancelled": "cancel"}.get(state)
        return SURVEY.fire(made, action, **data_for(action)) if action else made

    flows.check_state(SURVEY, state, row, data_for)


@pytest.mark.parametrize("state", SURVEYED.states)
def test_surveyed_flow(county: make.County, state: str) -> None:
    application = make.application(county, "withdrawn")

    def data(action: str) -> dict[str, Any]:
        return data_for(action) | ({"application": application} if action == "apply" else {})

    flows.check_state(SURVEYED, state, lambda state: surveying.row(county, state), data)


def test_every_move_asks_its_permission(county: make.County) -> None:
    row = surveying.row(county)
    with scope.acting(orgs.actor(county.node, make.SEE)):
        for flow, one in ((SURVEY, row.survey), (SURVEYED, row)):
            for action in flow.moves:
                with pytest.raises(Denied):
                    flow.fire(one, action)


def test_a_survey_is_called_off_before_anybody_answered_only(county: make.County) -> None:
    row = surveying.row(county, "clear")
    with scope.acting(surveying.maker(county).actor()), refusal("answered_already"):
        services.cancel_survey(survey=row.survey, reason="范围有误。")
    other = make.county()
    surveying.earning(other, 500)
    begun = surveying.survey(other)
    with scope.acting(surveying.maker(other).actor()):
        with refusal("not_answered"):
            services.close_survey(survey=begun)
        assert services.cancel_survey(survey=begun, reason="范围有误。").state == "cancelled"
    assert begun.households.get().state == "lapsed"


def test_the_database_keeps_an_answer_whole(county: make.County) -> None:
    row = surveying.row(county)
    for wrong in ({"state": "applied"}, {"state": "declined"}, {"kind": "borderline"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Surveyed.objects.filter(pk=row.pk).update(**wrong)

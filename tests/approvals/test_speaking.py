"""Speaking at the steps of a route: the order, the people, returns, and what the database refuses."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from nuanxin.approvals import queries, services
from nuanxin.approvals.models import Process, ProcessStep, Route, RouteStep, Vote
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.workdays import add_working_days
from tests.orgs import factories as orgs

from . import factories as make
from .factories import CHECK, DECIDE, begin, say, step

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return make.tree()


@pytest.fixture
def maker(tree):
    return tree.actor("grassroots")


@pytest.fixture
def checker(tree):
    return tree.actor("county", CHECK)


@pytest.fixture
def decider(tree):
    return tree.actor("county", DECIDE)


def filing():
    return make.route(step("review", kind="check"), step("notice", kind="notice"), step("decide"))


def refused(code, act, *args, **fields):
    with pytest.raises(Refused) as refusal:
        act(*args, **fields)
    assert refusal.value.code == code
    return str(refusal.value)


def at(process, actor):
    with scope.acting(actor):
        process.refresh_from_db()
        found = queries.step_of(process)
        return found.code if found else None


def test_from_submission_to_decision(tree, maker, checker, decider):
    process = begin(maker, filing())
    assert at(process, maker) == "review"
    assert say(checker, process).step.code == "notice"
    refused("in_notice", say, decider, process)
    with scope.acting(checker):
        assert services.pass_notice(process=process).step.code == "decide"
    assert say(decider, process).outcome == "done"
    with scope.acting(maker):
        process.refresh_from_db()
        assert (process.outcome, process.position, bool(process.closed)) == ("passed", 4, True)
        assert [s.result for s in queries.steps_of(process)] == ["pass", "pass", "pass"]
        assert [(v.step, v.voter_id) for v in queries.votes_of(process)] == [
            ("review", checker.staff_id),
            ("decide", decider.staff_id),
        ]
    refused("process_closed", say, tree.actor("county"), process)


def test_the_step_names_who_may_speak(tree, maker, checker, decider):
    process = begin(maker, filing())
    assert "review" in refused("not_your_step", say, decider, process)
    refused("not_your_step", say, tree.actor("province"), process)
    refused("maker_may_not_vote", say, maker, process)
    refused("no_person", say, system(), process)
    with pytest.raises(OutOfSight):
        say(orgs.actor(orgs.node("county"), CHECK), process)
    refused("no_reason", say, checker, process, verdict="return", reason=" ")


def test_nobody_speaks_twice_in_a_round(tree, maker):
    both, other = tree.actor("county"), tree.actor("county")
    process = begin(maker, make.route(step("review", kind="check"), step("decide")))
    say(both, process)
    refused("voted_already", say, both, process)
    assert say(other, process).outcome == "done"


def test_a_step_passes_with_the_votes_it_needs(tree, maker):
    one, two = tree.actor("county"), tree.actor("county")
    process = begin(maker, make.route(step("decide", needed=2)))
    progress = say(one, process)
    assert (progress.outcome, progress.step.code) == ("waiting", "decide")
    refused("voted_already", say, one, process)
    assert say(two, process).outcome == "done"


def test_the_amount_and_the_class_choose_the_steps(tree, maker, decider):
    way = make.route(
        step("decide"),
        step("province", level="province", over=Money.yuan(20_000)),
        step("sick", level="province", classes=["sick"]),
        step("end", level="county"),
    )
    for level in ("province", "province", "county"):
        tree.actor(level)
    for amount, clazz, codes in (
        (None, "", "decide end"),
        (Money.yuan(20_000), "", "decide end"),
        (Money.yuan("20000.01"), "", "decide province end"),
        (Money.yuan(30_000), "sick", "decide province sick end"),
    ):
        process = begin(maker, way, amount=amount, clazz=clazz)
        with scope.acting(maker):
            steps = list(queries.steps_of(process))
        assert " ".join(s.code for s in steps) == codes
        assert [s.position for s in steps] == list(range(1, len(steps) + 1))


def test_a_missing_level_goes_up_or_is_left_out(decider):
    tree = make.tree(township=False)
    maker = tree.actor("grassroots")
    tree.actor("county"), tree.actor("county")
    up = make.route(step("check", kind="check", level="township"), step("decide"))
    out = make.route(step("check", kind="check", level="township", when_missing="skip"), step("decide"))
    with scope.acting(maker):
        assert [s.org_id for s in queries.steps_of(begin(maker, up))] == [tree["county"].path] * 2
        assert [s.code for s in queries.steps_of(begin(maker, out))] == ["decide"]


def test_an_industry_union_stands_as_a_county():
    above = orgs.node("prefecture")
    industry = orgs.node("industry", parent=above)
    maker = orgs.actor(orgs.node("grassroots", parent=industry))
    orgs.actor(industry, DECIDE)
    process = begin(maker, make.route(step("decide")))
    with scope.acting(maker):
        assert queries.step_of(process).org_id == industry.path


def test_a_route_without_an_approver_is_refused_at_submission(tree, maker):
    way = filing()
    subject = make.Subject(maker.org_path)
    told = refused("no_approver", begin, maker, way, subject=subject)
    assert "review" in told and tree["county"].name in told
    only = tree.actor("county")  # one person for two steps
    assert "decide" in refused("no_approver", begin, maker, way, subject=subject)
    with scope.acting(only):
        assert not Process.objects.filter(kind="tests.Matter").exists()
    tree.actor("county", CHECK)  # who can check frees the other for the decision
    assert begin(maker, way, subject=subject).position == 1
    refused("under_way", begin, maker, way, subject=subject)
    refused("no_route", begin, maker, "nothing")


def test_a_level_above_the_top_is_refused():
    county = orgs.node("county", parent=orgs.node("province"))
    maker = orgs.actor(county)
    refused("no_unit", begin, maker, make.route(step("decide", level="national")))


def test_returned_to_the_officer_and_submitted_again(tree, maker, checker, decider):
    way = filing()
    subject = make.Subject(maker.org_path)
    process = begin(maker, way, subject=subject)
    assert say(checker, process, "return", reason="缺材料").outcome == "returned"
    assert at(process, maker) is None
    refused("with_maker", say, checker, process)
    again = begin(maker, way, subject=subject)
    assert (again.pk, again.round) == (process.pk, 2)
    assert say(checker, again).outcome == "moved"


def test_submitted_again_by_somebody_else_the_former_maker_has_no_vote(tree, checker, decider):
    first, second = tree.actor("county"), tree.actor("county")
    way, subject = filing(), make.Subject(tree["county"].path)
    process = begin(first, way, subject=subject)
    say(checker, process, "return", reason="缺材料")
    other = begin(second, way, subject=subject)
    assert other.pk != process.pk
    refused("barred", say, first, other)


def test_returned_to_an_earlier_step_what_was_before_it_stands(tree, maker):
    way = make.route(step("first", kind="check"), step("second", kind="check"), step("decide"))
    one, two, three = (tree.actor("county") for _ in range(3))
    process = begin(maker, way)
    say(one, process), say(two, process)
    refused("no_such_step", say, three, process, "return", reason="再核", to=3)
    progress = say(three, process, "return", reason="再核", to=2)
    assert (progress.outcome, progress.step.code, progress.step.round) == ("returned", "second", 2)
    refused("voted_already", say, one, process)  # their word still stands for the first step
    say(two, process)
    assert say(three, process).outcome == "done"
    with scope.acting(maker):
        assert [bool(s.carried_id) for s in queries.steps_of(process)] == [True, False, False]


def test_who_decides_later_may_return_or_refuse_at_once(tree, maker, checker, decider):
    process = begin(maker, filing())
    assert say(decider, process, "refuse", reason="不符合条件").outcome == "refused"
    other = begin(maker, filing())
    say(checker, other)
    assert say(decider, other, "return", reason="公示内容有误").outcome == "returned"


def test_an_objection_takes_the_word_back_without_another_vote(tree, maker, checker, decider):
    process = begin(maker, filing())
    with scope.acting(checker):
        refused("not_in_notice", services.take_back, process=process, reason="异议成立")
    say(checker, process)
    with scope.acting(decider):
        refused("not_your_step", services.take_back, process=process, reason="异议成立")
    with scope.acting(checker):
        assert services.take_back(process=process, reason="异议成立").outcome == "returned"
        assert Vote.objects.filter(process=process).count() == 1


def test_an_officer_who_moved_loses_the_step_and_others_keep_it(tree, maker, checker):
    process = begin(maker, make.route(step("decide", permission=CHECK)))
    other = tree.actor("county", CHECK)
    moved = orgs.actor(orgs.node("county", parent=tree["prefecture"]), CHECK)
    with scope.acting(moved):
        assert not queries.waiting_for(moved).exists()
    with pytest.raises(OutOfSight):
        say(moved, process)
    with scope.acting(other):
        assert [s.process_id for s in queries.waiting_for(other)] == [process.pk]
    assert say(other, process).outcome == "done"


def test_late_steps_show_above_and_can_be_passed_there(tree, maker, decider, monkeypatch):
    above = tree.actor("prefecture", DECIDE)
    process = begin(maker, make.route(step("decide", days=1, escalate=True)))
    due = add_working_days(timezone.localdate(), 1)
    with scope.acting(above):
        assert queries.step_of(process).due_on == due
        assert not queries.waiting_for(above).exists()
        assert not queries.overdue(above.org_path, due).exists()
    refused("not_your_step", say, above, process)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: due + timedelta(days=1))
    with scope.acting(above):
        assert [s.process_id for s in queries.overdue(above.org_path)] == [process.pk]
        assert [s.process_id for s in queries.waiting_for(above)] == [process.pk]
    assert say(above, process).outcome == "done"


def test_the_time_for_a_running_step_is_never_shortened(tree, maker, decider, monkeypatch):
    process = begin(maker, make.route(step("decide", days=5)))
    with scope.acting(maker):
        row = queries.step_of(process)
    monkeypatch.setattr("nuanxin.kernel.workdays._working_days", lambda year: ())
    with scope.acting(decider):
        assert queries.step_of(process).due_on == row.due_on
        for change in ({"due_on": row.due_on - timedelta(days=1)}, {"due_on": None}, {"entered": None}):
            with pytest.raises(DatabaseError), transaction.atomic():
                ProcessStep.objects.filter(pk=row.pk).update(**change)


def test_a_later_change_of_the_route_alters_no_running_process(tree, maker, checker, decider):
    old = filing()
    subject = make.Subject(maker.org_path)
    process = begin(maker, old, subject=subject)
    make.route(step("decide"), code=old.code, org=tree["county"].path)
    assert begin(maker, old.code).route != old
    say(checker, process, "return", reason="缺材料")
    assert begin(maker, old.code, subject=subject).route == old
    with scope.acting(maker):
        assert [s.code for s in queries.steps_of(process)] == ["review", "notice", "decide"]


def test_the_database_refuses_what_the_services_would_not_do(tree, maker, checker, decider):
    process = begin(maker, filing())
    with scope.acting(decider):
        steps = {s.code: s for s in queries.steps_of(process)}
        vote = {
            "org_id": process.org_id,
            "process": process,
            "maker_id": maker.staff_id,
            "voter_id": decider.staff_id,
            "round": 1,
            "verdict": "pass",
        }
        for wrong in (
            {"process_step": steps["decide"], "step": "decide"},  # not the step it stands at
            {"process_step": None, "step": "review"},
            {"process_step": steps["review"], "step": "review", "round": 2},
        ):
            with pytest.raises(IntegrityError, match="vote"), transaction.atomic():
                Vote.objects.create(**(vote | wrong))
        now = timezone.now()
        for table, key, change in (
            (ProcessStep, steps["review"].pk, {"done": now, "result": "pass"}),  # lacks votes
            (ProcessStep, steps["review"].pk, {"needed": 5}),
            (ProcessStep, steps["decide"].pk, {"permission": "orgs.node.see"}),
            (Process, process.pk, {"position": 3}),
            (Process, process.pk, {"closed": now, "outcome": "passed"}),
            (Process, process.pk, {"maker_id": decider.staff_id}),
            (Process, process.pk, {"round": 2}),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                table.objects.filter(pk=key).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            ProcessStep.objects.filter(pk=steps["notice"].pk).delete()
        services.close(process=process)
        with pytest.raises(DatabaseError), transaction.atomic():
            Process.objects.filter(pk=process.pk).update(closed=None, outcome="")


def test_a_route_in_force_does_not_change(tree):
    way = filing()
    with scope.acting(system()):
        for act in (
            lambda: Route.objects.filter(pk=way.pk).update(title="x"),
            lambda: Route.objects.filter(pk=way.pk).delete(),
            lambda: RouteStep.objects.filter(route=way).update(needed=3),
            lambda: RouteStep.objects.filter(route=way, code="review").delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
        with pytest.raises(IntegrityError, match="route_one_at_a_time"), transaction.atomic():
            make.route(step("decide"), code=way.code)
        with pytest.raises(IntegrityError, match="decides at its end"), transaction.atomic():
            make.route(step("decide"), step("end", over=Money(1)), step("n", kind="notice"))


def test_many_at_once_with_exceptions_by_row(tree, maker, checker, decider, django_assert_max_num_queries):
    way = filing()
    subjects = [make.Subject(maker.org_path) for _ in range(30)]
    with scope.acting(maker), django_assert_max_num_queries(20):
        begun, none = services.begin_many(
            matters=[services.Matter(s, s.org_id) for s in subjects], route=way.code
        )
    processes = list(begun.values())
    assert not none and len(processes) == 30
    say(checker, processes[0])
    say(checker, processes[1], "return", reason="缺材料")
    with scope.acting(checker), django_assert_max_num_queries(20):
        progress, refusals = services.speak_many(processes=processes, verdict="pass")
    assert {key: refusal.code for key, refusal in refusals.items()} == {
        processes[0].pk: "not_your_step",  # it has gone on to the notice
        processes[1].pk: "with_maker",
    }
    assert {p.outcome for p in progress.values()} == {"moved"} and len(progress) == 28


def test_the_routes_delivered_with_the_program(tree):
    today = timezone.localdate()
    found = {r.code: r for r in queries.routes_in_force(tree["county"].path, today)}
    assert {"filing-county", "filing-five-levels", "aid-county", "medical-by-amount", "act-first"} <= set(
        found
    )
    medical = found["medical-by-amount"]
    for amount, codes in (
        (Money.yuan(20_000), ["review", "decide"]),
        (Money.yuan("20000.01"), ["review", "decide", "province"]),
        (Money.yuan(50_001), ["review", "decide", "province", "national"]),
    ):
        chosen = queries.steps_for(medical.steps.all(), tree["grassroots"].path, amount, "")
        assert [c.step.code for c in chosen] == codes
    assert queries.route_in_force("filing-county", tree["county"].path, date(2000, 1, 1)) is None

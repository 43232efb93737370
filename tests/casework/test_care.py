"""Needs and tasks: stated, planned, answered by departments that see nothing else, and finished."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import queries, services, work
from nuanxin.casework.flow import TASK
from nuanxin.casework.models import File, Need, Task
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied
from nuanxin.kernel.refusal import OutOfSight
from nuanxin.orgs.models import Post
from nuanxin.records.models import Entry
from tests.kernel import flows
from tests.orgs import factories as orgs

from . import caring
from . import factories as make
from .conftest import refusal
from .test_pages import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau(county: make.County) -> Post:
    return caring.department(county)


# -- the flow -------------------------------------------------------------------------------------


def data_for(action: str) -> dict[str, Any]:
    """What a move has to set beside the state."""
    today, staff = timezone.localdate(), orgs.staff().pk
    return {
        "answer": {"result": "done", "answer": "已报名", "answered_on": today, "answered_by_id": staff},
        "reopen": {"result": "", "answered_on": None, "returned_because": "没有说明"},
        "drop": {"answer": "不需要了", "answered_on": today},
    }.get(action, {})


WAYS = {"open": [], "answered": ["answer"], "done": ["answer", "accept"], "dropped": ["drop"]}


@pytest.mark.parametrize("state", TASK.states)
def test_every_state_and_action_of_a_task(county, state):
    def row(state: str) -> Task:
        made = caring.task(county)
        for action in WAYS[state]:
            made = TASK.fire(made, action, **data_for(action))
        return made

    flows.check_state(TASK, state, row, data_for)


def test_every_move_of_a_task_asks_its_permission(county):
    made = caring.task(county)
    for action in TASK.moves:
        with scope.acting(orgs.actor(county.node, make.SEE)), pytest.raises(Denied):
            TASK.fire(made, action)


def test_the_database_holds_who_answered_and_how(county):
    made = caring.task(county)
    today = timezone.localdate()
    for wrong in (
        {"state": "answered", "answered_on": today, "answer": "好"},
        {"state": "answered", "answered_on": today, "answer": "", "result": "done"},
        {"staff": None, "unit": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Task.objects.filter(pk=made.pk).update(**wrong)


# -- needs ----------------------------------------------------------------------------------------


def test_a_need_is_stated_graded_anew_and_met(county):
    row = caring.need(county)
    with scope.acting(county.officer):
        row = services.change_need(need=row, track="sudden", note="昨天失业")
        row = services.meet_need(need=row, outcome="已到糖厂上班")
        assert (row.track, row.met_on, row.outcome) == ("sudden", timezone.localdate(), "已到糖厂上班")
        with refusal("need_met"):
            services.change_need(need=row, track="general", note="又来")
        caring.need(county, row.file)  # once met, the same kind may come again
    said = Entry.objects.filter(kind="casework.File", subject=row.file_id).values_list("action", flat=True)
    assert {"need.stated", "need.changed", "need.met"} <= set(said)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"note": " "}, "no_note"),
        ({"found_on": timezone.localdate() + timedelta(days=1)}, "future"),
    ],
)
def test_a_need_that_is_refused(county, fields, code):
    with refusal(code):
        caring.need(county, **fields)
    assert not Need.objects.exists()


def test_one_open_need_of_a_kind_and_none_of_a_closed_file(county):
    row = caring.need(county)
    with refusal("need_open"):
        caring.need(county, row.file)
    with scope.acting(county.decider):
        services.close_file(file=row.file, reason="收入稳定")
    with refusal("file_closed"):
        caring.need(county, row.file, kind="housing")


def test_a_need_waits_for_its_tasks(county):
    made = caring.task(county)
    with scope.acting(county.officer):
        with refusal("task_open"):
            services.meet_need(need=made.need, outcome="好了")
        services.drop_task(task=made, reason="已自行解决")
        with refusal("wrong_day"):
            services.meet_need(
                need=made.need, outcome="好了", met_on=timezone.localdate() + timedelta(days=1)
            )
        with refusal("no_outcome"):
            services.meet_need(need=made.need, outcome=" ")
        assert services.meet_need(need=made.need, outcome="好了").met_on


def test_needs_ask_the_permission_and_stay_in_their_county(county):
    row = caring.need(county)
    with scope.acting(orgs.actor(county.node, make.SEE)), pytest.raises(Denied):
        services.meet_need(need=row, outcome="好了")
    with scope.acting(orgs.actor(orgs.node("county"), caring.CARE)), pytest.raises(OutOfSight):
        services.meet_need(need=row, outcome="好了")


# -- tasks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"what": " "}, "no_what"),
        ({"due_on": timezone.localdate() - timedelta(days=1)}, "past"),
        ({"unit": None}, "nobody"),
    ],
)
def test_a_task_that_is_refused(county, fields, code):
    row = caring.need(county)
    given = {"what": "联系培训班", "due_on": timezone.localdate(), "unit": county.node} | fields
    with scope.acting(county.officer), refusal(code):
        services.plan_task(need=row, **given)


def test_a_task_goes_to_nobody_outside_the_county(county):
    row, elsewhere = caring.need(county), orgs.node("county")
    with refusal("no_unit"):
        caring.task(county, elsewhere, row)
    with refusal("no_staff"):
        caring.task(county, None, row, staff=orgs.post(elsewhere, caring.ANSWER).staff)
    with refusal("no_staff"):  # may not answer
        caring.task(county, None, row, staff=county.cashier_post.staff)
    assert caring.task(county, None, row, staff=caring.planner(county).staff).unit is None


def test_a_department_answers_and_sees_nothing_else_of_the_family(county, bureau):
    made = caring.task(county, bureau.node)
    with scope.acting(bureau.actor()):
        seen = queries.tasks_mine(bureau.actor()).get()
        assert (seen.what, seen.told, seen.head, seen.file) == ("联系培训班", "男，45岁，初中", None, None)
        assert not File.objects.exists() and not Need.objects.exists()
        with refusal("no_answer"):
            services.answer_task(task=seen, result="done", answer=" ")
        row = services.answer_task(task=seen, result="done", answer="已报名电焊班")
        assert Entry.objects.filter(action="care_task.answer", org=bureau.node.path).exists()
        with pytest.raises(Denied):
            services.accept_task(task=row)
    assert (row.answered_by, row.answered_on) == (bureau.staff, timezone.localdate())
    with scope.acting(county.officer):
        assert services.accept_task(task=made).state == "done"


def test_another_department_does_not_see_the_task(county, bureau):
    made = caring.task(county, bureau.node)
    other = orgs.post(orgs.node("partner", county.node), caring.ANSWER)
    with scope.acting(other.actor()), pytest.raises(OutOfSight):
        services.answer_task(task=made, result="done", answer="好")
    beside = orgs.post(county.node, caring.ANSWER)  # above the department, but not named
    with scope.acting(beside.actor()), refusal("not_yours"):
        services.answer_task(task=made, result="done", answer="好")


def test_what_cannot_be_done_is_not_accepted_but_sent_back_or_dropped(county, bureau):
    made = caring.task(county, bureau.node)
    with scope.acting(bureau.actor()):
        services.answer_task(task=made, result="cannot", answer="本期已满")
    with scope.acting(county.officer):
        with refusal("not_done"):
            services.accept_task(task=made)
        with refusal("no_reason"):
            services.reopen_task(task=made, reason=" ")
        later = timezone.localdate() + timedelta(days=30)
        row = services.reopen_task(task=made, reason="报下一期", due_on=later)
        assert (row.state, row.due_on, row.result, row.answer) == ("open", later, "", "本期已满")
    with scope.acting(bureau.actor()):
        services.answer_task(task=made, result="cannot", answer="下一期停办")
    with scope.acting(county.officer):
        row = services.drop_task(task=made, reason="另找培训班")
    assert (row.state, row.answer, row.returned_because) == ("dropped", "下一期停办", "另找培训班")


def test_who_was_handed_a_task_by_another_does_not_confirm_it(county):
    somebody = caring.planner(county)
    made = caring.task(county, staff=somebody.staff)
    with scope.acting(somebody.actor()):
        services.answer_task(task=made, result="done", answer="办好了")
        with refusal("own_task"):
            services.accept_task(task=made)
    with scope.acting(county.officer):
        services.accept_task(task=made)


def test_an_own_plan_is_confirmed_by_oneself(county):
    somebody = caring.planner(county)
    row = caring.need(county)
    with scope.acting(somebody.actor()):
        made = services.plan_task(
            need=row, what="陪同就诊", due_on=timezone.localdate(), staff=somebody.staff
        )
        services.answer_task(task=made, result="done", answer="去过了")
        assert services.accept_task(task=made).state == "done"


def test_mine_late_and_answered(county, bureau):
    somebody = caring.planner(county)
    late = caring.late(caring.task(county, bureau.node))
    named = caring.task(county, bureau.node, caring.need(county), staff=somebody.staff)
    with scope.acting(bureau.actor()):
        assert list(queries.tasks_mine(bureau.actor())) == [late]
        assert list(queries.tasks_late()) == [late]
    with scope.acting(somebody.actor()):
        assert list(queries.tasks_mine(somebody.actor())) == [named]
        services.answer_task(task=named, result="done", answer="好了")
        assert list(queries.tasks_answered()) == [named]
        assert not queries.tasks_mine(somebody.actor()).exists()


def test_a_closed_file_ends_what_is_under_way(county, bureau):
    opened = caring.task(county, bureau.node)
    answered = caring.task(county, bureau.node, caring.need(county, opened.need.file, kind="legal"))
    with scope.acting(bureau.actor()):
        services.answer_task(task=answered, result="done", answer="已咨询")
    with scope.acting(county.decider):
        services.close_file(file=opened.need.file, reason="收入稳定")
    opened.refresh_from_db()
    answered.refresh_from_db()
    assert (opened.state, opened.answer) == ("dropped", "档案已退出")
    assert (answered.state, answered.answer) == ("dropped", "已咨询")


def test_the_work_list_of_department_and_planner(county, bureau):
    made = caring.task(county, bureau.node)
    with scope.acting(bureau.actor()):
        heap = {heap.key: heap for heap in work.care_work.care(bureau.actor())}["task-mine"]
        assert (heap.count, heap.items[0].what, heap.items[0].who) == (1, "联系培训班", made.org.local_name)
        services.answer_task(task=made, result="done", answer="好了")
    with scope.acting(county.officer):
        heap = {heap.key: heap for heap in work.care_work.care(county.officer)}["task-answered"]
        assert heap.count == 1 and made.need.file.household.head.name in heap.items[0].who


# -- pages ----------------------------------------------------------------------------------------


def test_from_need_to_answer_in_the_browser(county, bureau):
    """The officer states a need and plans, the department answers, the officer confirms and closes."""
    file, officer = make.file(county), browser(caring.planner(county))
    back = f"{reverse('casework:file', args=[file.pk])}?tab=care"
    asked = {"kind": "training", "track": "sudden", "note": "下岗，想学电焊", "found_on": "2026-11-01"}
    answer = officer.post(reverse("casework:new_need", args=[file.pk]), asked | {"note": ""})
    assert answer.status_code == 422 and "note" in answer.context["form"].errors
    answer = officer.post(
        reverse("casework:new_need", args=[file.pk]), asked | {"found_on": timezone.localdate()}
    )
    assert (answer.status_code, answer["Location"]) == (302, back)
    need = Need.objects.get()
    plan = reverse("casework:plan_task", args=[need.pk])
    asked = {
        "what": "安排电焊班",
        "unit": bureau.node.code,
        "due_on": timezone.localdate(),
        "told": "和某，男",
    }
    assert "unit" in officer.post(plan, asked | {"unit": ""}).context["form"].errors
    assert officer.post(plan, asked).status_code == 302
    task = Task.objects.get()
    assert "安排电焊班" in officer.get(back).content.decode()

    theirs = browser(bureau)
    page = theirs.get(reverse("casework:tasks"), {"tab": "mine"}).content.decode()
    assert "安排电焊班" in page and file.household.head.name not in page
    url = reverse("casework:task", args=[task.pk])
    page = theirs.get(url).content.decode()
    assert "和某，男" in page and file.household.head.name not in page and file.number not in page
    assert "AnswerForm" not in page  # what the page is made of is not what it shows
    act = reverse("casework:act_on_task", args=[task.pk, "answer"])
    answer = theirs.post(act, {"result": "done", "answer": ""})
    assert answer.status_code == 422
    assert theirs.post(act, {"result": "done", "answer": "已入班"}).status_code == 302
    assert theirs.post(reverse("casework:act_on_task", args=[task.pk, "accept"])).status_code == 403

    page = officer.get(url).content.decode()
    assert "已入班" in page and bureau.staff.name in page
    assert officer.post(reverse("casework:act_on_task", args=[task.pk, "accept"])).status_code == 302
    answer = officer.post(
        reverse("casework:meet_need", args=[need.pk]),
        {"outcome": "结业上岗", "met_on": timezone.localdate()},
    )
    assert answer.status_code == 302
    need.refresh_from_db()
    assert need.outcome == "结业上岗" and Task.objects.get().state == "done"


def test_an_act_that_is_refused_says_why(county, bureau):
    task = caring.task(county, bureau.node)
    with scope.acting(bureau.actor()):
        services.answer_task(task=task, result="cannot", answer="本期已满")
    officer = browser(caring.planner(county))
    accept = reverse("casework:act_on_task", args=[task.pk, "accept"])
    assert "无法办理" in officer.post(accept, follow=True).content.decode()
    reopen = reverse("casework:act_on_task", args=[task.pk, "reopen"])
    assert officer.post(reopen, {"reason": ""}).status_code == 422
    assert officer.post(reopen, {"reason": "报下一期", "due_on": "2020-01-01"}).status_code == 422
    assert officer.post(reopen, {"reason": "报下一期"}).status_code == 302
    assert "报下一期" in browser(bureau).get(reverse("casework:task", args=[task.pk])).content.decode()
    assert officer.get(reverse("casework:act_on_task", args=[task.pk, "accept"])).status_code == 405
    assert officer.post(reverse("casework:act_on_task", args=[task.pk, "burn"])).status_code == 404


@pytest.mark.parametrize("name", ["change_need", "meet_need", "plan_task", "new_need", "task"])
def test_a_page_opens_with_permission_in_scope_only(county, name):
    task = caring.task(county)
    keys = {"task": task.pk, "new_need": task.need.file_id}
    url = reverse(f"casework:{name}", args=[keys.get(name, task.need_id)])
    permission = make.SEE if name == "task" else caring.CARE
    assert browser(orgs.post(county.node, permission)).get(url).status_code == 200
    assert browser(orgs.post(county.node, "casework.team.see")).get(url).status_code == 403
    assert browser(orgs.post(orgs.node("county"), permission)).get(url).status_code == 404


def test_the_list_of_tasks_filters_sorts_and_is_taken_out(county, bureau):
    caring.late(caring.task(county, bureau.node))
    seer = browser(orgs.post(county.node, make.SEE))
    url = reverse("casework:tasks")
    for asked in (
        {"tab": "late"},
        {"tab": "all", "kind": "work", "state": "open", "q": "培训"},
        *(
            {"tab": "all", "sort": name}
            for name in ("what", "-kind", "org", "who", "-due_on", "state", "result")
        ),
    ):
        page = seer.get(url, asked)
        assert page.status_code == 200 and "联系培训班" in page.content.decode(), asked
    assert "联系培训班" not in seer.get(url, {"tab": "all", "kind": "legal"}).content.decode()
    assert seer.get(url, {"tab": "all", "export": "xlsx"}).status_code == 200
    assert browser(orgs.post(county.node, "casework.team.see")).get(url).status_code == 403
    elsewhere = browser(orgs.post(orgs.node("county"), make.SEE))
    assert "联系培训班" not in elsewhere.get(url, {"tab": "all"}).content.decode()


def test_a_note_on_health_is_closed_to_who_may_not_see_health(county):
    row = caring.need(county, kind="medical", note="每周透析三次")
    url = f"{reverse('casework:file', args=[row.file_id])}?tab=care"
    blind, seeing = orgs.post(county.node, make.SEE), orgs.post(county.node, make.SEE, "registry.health.see")
    assert "每周透析三次" not in browser(blind).get(url).content.decode()
    assert "每周透析三次" in browser(seeing).get(url).content.decode()


def _queries(rows: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        rows()
    return len(found)


def test_pages_ask_as_much_for_many_rows_as_for_one(county, bureau):
    seer = browser(orgs.post(county.node, make.SEE))
    file = make.file(county)
    care = f"{reverse('casework:file', args=[file.pk])}?tab=care"
    listed = f"{reverse('casework:tasks')}?tab=all"
    caring.task(county, bureau.node, caring.need(county, file))
    seer.get(care), seer.get(listed)
    before = _queries(lambda: seer.get(care)), _queries(lambda: seer.get(listed))
    for kind in ("legal", "housing", "living"):
        row = caring.need(county, file, kind=kind)
        caring.task(county, bureau.node, row)
        caring.task(county, None, row, staff=caring.planner(county).staff)
    assert (_queries(lambda: seer.get(care)), _queries(lambda: seer.get(listed))) == before

"""The pages: from a new scenario to winners and losers, with permission, without, and from elsewhere."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from nuanxin.kernel import scope
from nuanxin.orgs.models import Post
from nuanxin.policy.models import PackProposal
from nuanxin.simulation.models import Difference, Run, Scenario
from tests.orgs import factories as orgs

from .factories import DAY, RUN, Prefecture, pack, prefecture, run, scenario

pytestmark = pytest.mark.django_db
SEE = ("casework.file.see", "registry.household.see", "ledger.fund.see")


@pytest.fixture
def place() -> Prefecture:
    return prefecture(families=24)


def signed_in(post: Post) -> Client:
    client = Client()
    client.force_login(post.staff)
    return client


@pytest.fixture
def client(place: Prefecture) -> Client:
    return signed_in(place.post)


@pytest.fixture
def finished(place: Prefecture, jobs: Callable[[], int]) -> Run:
    with scope.acting(place.officer):
        dropped = {"exclude.two_homes": None, "exclude.business": None}
        made = run(scenario(percent=10), scenario("取消排除条件", filing=dropped))
        jobs()
        made.refresh_from_db()
        assert made.finished
        return made


def addresses(run: Run) -> list[str]:
    scenario_page = reverse("simulation:scenario", args=[run.first_id])
    return [
        scenario_page,
        f"{scenario_page}packs/{pack('filing').pk}/",
        reverse("simulation:run", args=[run.pk]),
        reverse("simulation:households", args=[run.pk, 1]),
        reverse("simulation:households", args=[run.pk, 2]),
    ]


def test_every_page_opens_for_who_may(client: Client, finished: Run):
    for path in [reverse(f"simulation:{name}") for name in ("scenarios", "new", "runs")] + addresses(
        finished
    ):
        for language in ("zh-hans", "en"):
            assert client.get(path, headers={"accept-language": language}).status_code == 200, path


def test_no_page_opens_without_the_permission(place: Prefecture, finished: Run):
    other = signed_in(orgs.post(place.node, "registry.household.see"))
    for path in [reverse("simulation:scenarios"), *addresses(finished)]:
        assert other.get(path).status_code == 403, path
    for name in ("start", "change_standard"):
        assert other.post(reverse(f"simulation:{name}", args=[finished.first_id])).status_code == 403


def test_another_offices_scenario_and_run_are_not_there(place: Prefecture, finished: Run):
    """Neither for the county beside, nor for a county below: the run counts the whole prefecture."""
    for node in (orgs.node("county"), place.counties[0]):
        other = signed_in(orgs.post(node, RUN))
        for path in addresses(finished):
            assert other.get(path).status_code == 404, path
        assert other.post(reverse("simulation:delete_run", args=[finished.pk])).status_code == 404
        assert other.post(reverse("simulation:start", args=[finished.first_id])).status_code == 404


def test_from_a_new_scenario_to_a_finding(client: Client, place: Prefecture, jobs: Callable[[], int]):
    answer = client.post(reverse("simulation:new"), {"name": "放宽倍数", "day": DAY.isoformat(), "note": ""})
    assert answer.status_code == 302
    page = answer["Location"]
    with scope.acting(place.officer):
        made = Scenario.objects.get(name="放宽倍数")
    base = pack("filing")
    form = client.get(f"{page}packs/{base.pk}/").context["form"]
    typed = {name: form[name].value() or "" for name in form.fields if not name.startswith("drop-")}
    typed |= {"parameters.relative_multiple.value": "2.5", "drop-exclude.two_homes": "on"}
    assert client.post(f"{page}packs/{base.pk}/", typed).status_code == 302
    standard = {"code": "dibao", "residence": "urban", "place": "", "how": "percent", "by": "10"}
    assert client.post(reverse("simulation:change_standard", args=[made.pk]), standard).status_code == 302
    shown = client.get(page).content.decode()
    assert "2.5" in shown
    assert "+10%" in shown
    start = {"place": place.node.path, "day": DAY.isoformat(), "second": ""}
    answer = client.post(reverse("simulation:start", args=[made.pk]), start)
    assert answer.status_code == 302
    assert (
        reverse("records:job", args=[_run(place).job_id]) in client.get(answer["Location"]).content.decode()
    )
    jobs()
    shown = client.get(answer["Location"]).content.decode()
    assert "按“放宽倍数”" in shown
    assert "<svg" in shown
    assert "style=" not in shown
    with scope.acting(place.officer):
        changed = made.packs.get().changes
    assert changed == {"parameters.relative_multiple.value": "2.5", "exclude.two_homes": None}


def _run(place: Prefecture) -> Run:
    with scope.acting(place.officer):
        return Run.objects.latest("pk")


def test_a_faulty_formula_is_refused_at_its_field_and_kept(client: Client, place: Prefecture):
    with scope.acting(place.officer):
        made = scenario()
    base = pack("filing")
    path = reverse("simulation:pack", args=[made.pk, base.pk])
    form = client.get(path).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields if not name.startswith("drop-")}
    wrong = typed | {
        "let.relative_line.is": "relative_multiple * dibao * dibao",
        "parameters.homes_limit.value": "3",
    }
    answer = client.post(path, wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"let.relative_line.is"}
    shown = answer.content.decode()
    assert "relative_multiple * dibao * dibao" in shown
    assert 'value="3"' in shown
    assert "行第" in shown
    english = client.post(path, wrong, headers={"accept-language": "en"}).content.decode()
    assert "Line " in english
    emptied = client.post(path, typed | {"exclude.two_homes.when": ""})
    assert set(emptied.context["form"].errors) == {"exclude.two_homes.when"}
    with scope.acting(place.officer):
        assert not made.packs.exists()


def test_the_live_check_names_the_situations_that_differ(client: Client, place: Prefecture):
    with scope.acting(place.officer):
        made = scenario()
    path = reverse("simulation:pack", args=[made.pk, pack("filing").pk])
    form = client.get(path).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields if not name.startswith("drop-")}
    assert "还没有改动" in client.post(path, typed | {"check": "1"}).content.decode()
    answer = client.post(path, typed | {"check": "1", "parameters.homes_limit.value": "3"})
    assert answer.status_code == 200
    titles = [case.title for case in answer.context["differing"]]
    assert "两套住房，不予建档" in titles
    assert len(titles) < answer.context["situations"]
    with scope.acting(place.officer):
        assert not made.packs.exists()


def test_a_refused_standard_and_start_keep_what_was_typed(client: Client, place: Prefecture):
    with scope.acting(place.officer):
        made = scenario()
    typed = {"code": "dibao", "residence": "any", "place": "", "how": "percent", "by": "-150"}
    answer = client.post(reverse("simulation:change_standard", args=[made.pk]), typed)
    assert answer.status_code == 422
    assert "标准不能低于零" in answer.content.decode()
    assert 'value="-150"' in answer.content.decode()
    start = {"place": place.node.path, "day": DAY.isoformat(), "second": ""}
    answer = client.post(reverse("simulation:start", args=[made.pk]), start)
    assert answer.status_code == 422
    assert "还没有改动任何规则或标准" in answer.content.decode()


def test_names_are_for_who_may_see_files(place: Prefecture, client: Client, finished: Run):
    path = reverse("simulation:households", args=[finished.pk, 2])
    masked = client.get(path).content.decode()
    assert "和*" in masked
    assert "和建国" not in masked
    assert "registry/households" not in masked
    named = signed_in(orgs.post(place.node, RUN, *SEE)).get(path).content.decode()
    assert "和建国" in named
    assert "registry/households" in named


def test_the_list_of_households_narrows(place: Prefecture, client: Client, finished: Run):
    path = reverse("simulation:households", args=[finished.pk, 2])
    with scope.acting(place.officer):
        rows = list(Difference.objects.filter(run=finished))
    entering = [r for r in rows if r.before == "excluded" and r.second in ("deep", "relative", "accident")]
    assert entering
    for query, want in (
        ({"move": "enters"}, len(entering)),
        (
            {"unit": place.counties[0].path, "move": "enters"},
            sum(r.org_id == place.unions[0].path for r in entering),
        ),
        (
            {"before": "excluded", "gains": "gain", "move": "enters"},
            sum(r.fen_second > r.fen_before for r in entering),
        ),
        ({"gains": "loss", "move": "enters"}, 0),
    ):
        assert client.get(path, query).context["total"].number == want, query


def test_tables_and_lists_leave_as_workbooks(client: Client, finished: Run):
    page = client.get(reverse("simulation:run", args=[finished.pk]))
    for sheet in page.context["sheets"]:
        book = _book(client.get(reverse("simulation:run", args=[finished.pk]), {"export": sheet.key}))
        assert len(book) == 1 + len(sheet.rows) + bool(sheet.foot)
        assert len(book[0]) == len(sheet.headings)
    listed = client.get(reverse("simulation:households", args=[finished.pk, 1]), {"export": "xlsx"})
    rows = _book(listed)
    assert {row[0] for row in rows[1:]} == {"和*"}
    assert client.get(reverse("simulation:run", args=[finished.pk]), {"export": "no"}).status_code == 404


def _book(answer: Any) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(BytesIO(b"".join(answer))).get_sheet_by_index(0).to_python()


def test_free_money_is_for_who_may_see_funds(place: Prefecture, client: Client, finished: Run):
    path = reverse("simulation:run", args=[finished.pk])
    assert "今日可用余额" not in client.get(path).content.decode()
    assert "今日可用余额" in signed_in(orgs.post(place.node, RUN, *SEE)).get(path).content.decode()


def test_scenarios_are_copied_undone_and_deleted(client: Client, place: Prefecture, finished: Run):
    with scope.acting(place.officer):
        made = scenario("两处", percent=5, filing={"exclude.two_homes": None})
        changed, change = made.packs.get(), made.standards.get()

    def act(what: str, **data: Any) -> Any:
        return client.post(reverse("simulation:act", args=[made.pk, what]), data)

    assert act("copy", name="").status_code == 422
    assert act("copy", name="两处（副本）").status_code == 302
    assert act("drop-pack", key=changed.pk).status_code == 302
    assert act("drop-standard", key=change.pk).status_code == 302
    assert act("drop-standard", key="x").status_code == 404
    assert act("burn").status_code == 404
    with scope.acting(place.officer):
        assert not made.packs.exists()
        assert not made.standards.exists()
        copy = Scenario.objects.get(name="两处（副本）")
        assert copy.packs.exists()
        assert copy.standards.exists()
    assert act("delete").status_code == 302
    held = reverse("simulation:act", args=[finished.first_id, "delete"])
    assert "已经测算过" in client.post(held, follow=True).content.decode()
    assert client.post(reverse("simulation:delete_run", args=[finished.pk]), follow=True).status_code == 200
    with scope.acting(place.officer):
        assert not Run.objects.exists()
        assert not Scenario.objects.filter(pk=made.pk).exists()


def test_a_proposal_begins_with_the_changed_text(place: Prefecture):
    with scope.acting(place.officer):
        made = scenario(filing={"exclude.two_homes": None})
        changed = made.packs.get()
    path = reverse("simulation:propose", args=[made.pk, changed.pk])
    assert signed_in(orgs.post(place.node, RUN)).post(path).status_code == 403
    proposer = signed_in(orgs.post(place.node, RUN, "policy.pack.propose"))
    answer = proposer.post(path)
    assert answer.status_code == 302
    with scope.acting(place.officer):
        assert PackProposal.objects.get().text == changed.text


def test_only_finished_runs_have_households(client: Client, place: Prefecture):
    with scope.acting(place.officer):
        made = run(scenario(percent=10))
    assert client.get(reverse("simulation:households", args=[made.pk, 1])).status_code == 404
    assert client.get(reverse("simulation:run", args=[made.pk])).status_code == 200

"""The pages of routes and one's own page, over HTTP: two people put a route in force without a developer."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.approvals import flow, queries, services
from nuanxin.approvals.models import Deputy, Kin, Route, RouteStep
from nuanxin.approvals.permissions import ACTIVATE_ROUTE, PROPOSE_ROUTE, SEE_ROUTE
from nuanxin.kernel import scope
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Post
from tests.kernel import flows
from tests.orgs import factories as orgs

from .factories import CHECK, DECIDE, step

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True  # a second factor is offered instead of demanded


@pytest.fixture
def county():
    return orgs.node("county")


def enter(client, at, *permissions):
    post = orgs.post(at, *permissions)
    client.force_login(post.staff)
    return post.actor()


def model(code="filing-county"):
    return Route.objects.get(code=code, org__isnull=True)


def draft_by(actor, code="filing-county"):
    with scope.acting(actor):
        return services.draft_route(model=model(code))


def url(name, *args):
    return reverse(f"approvals:{name}", args=args)


@pytest.mark.usefixtures("demo")
def test_two_people_put_a_changed_route_in_force(client, county):
    maker = enter(client, county, SEE_ROUTE, PROPOSE_ROUTE)
    page = client.get(url("routes"))
    assert page.status_code == 200 and "filing-county" in page.content.decode()
    client.post(url("copy_route", model().pk))
    route = Route.objects.get(org=county.path)
    assert client.get(url("route", route.pk)).status_code == 200
    typed = {
        "title": "主席审批",
        "title_en": "Chair's decision",
        "code": "chair",
        "kind": "decide",
        "level": "county",
        "permission": DECIDE,
        "needed": "2",
        "when_missing": "up",
        "days": "3",
        "over": "1,000",
        "classes": "deep，relative",
    }
    assert client.post(url("new_step", route.pk), typed | {"permission": ""}).status_code == 422
    assert client.post(url("new_step", route.pk), typed | {"code": "review"}).status_code == 422
    client.post(url("new_step", route.pk), typed)
    made = route.steps.get(code="chair")
    assert (made.position, made.needed, made.over.fen, made.classes) == (4, 2, 100_000, ["deep", "relative"])
    for _time in range(2):  # a step without a code is given one of its own
        client.post(url("new_step", route.pk), typed | {"code": ""})
    assert list(route.steps.filter(position__gt=4).values_list("code", flat=True)) == [
        "decide_county",
        "decide_county_2",
    ]
    for position in (6, 5):
        client.post(url("step_act", route.pk, position, "drop"))
    client.post(url("step_act", route.pk, 4, "up"))
    client.post(url("step_act", route.pk, 2, "drop"))
    assert [s.code for s in route.steps.order_by("position")] == ["review", "chair", "decide"]
    assert client.get(url("route_step", route.pk, 2)).status_code == 200
    client.post(url("route_step", route.pk, 2), typed | {"days": "4"})
    assert route.steps.get(code="chair").days == 4
    since = timezone.localdate() + timedelta(days=1)
    heading = {"title": "本县建档", "title_en": "Our filing", "since": since.isoformat()}
    assert client.post(url("route_heading", route.pk), heading).status_code == 302
    client.post(url("route_act", route.pk, "submit"))
    client.post(url("route_act", route.pk, "activate"))  # has no permission for it
    route.refresh_from_db()
    assert route.state == "submitted"
    enter(client, county, SEE_ROUTE, ACTIVATE_ROUTE)
    assert client.get(url("route", route.pk)).status_code == 200
    client.post(url("route_act", route.pk, "activate"))
    route.refresh_from_db()
    assert (route.state, route.made_by_id) == ("in_force", maker.staff_id)
    assert queries.route_in_force("filing-county", county.path, since) == route
    assert queries.route_in_force("filing-county", county.path, timezone.localdate()) == model()


def test_who_would_act_is_told_at_once(client, county):
    enter(client, county, SEE_ROUTE)
    checker = orgs.post(county, CHECK)
    page = client.get(url("route", model().pk), {"place": county.code}).content.decode()
    assert checker.staff.name in page
    assert "没有人有这项权限" in page and "现在提交不了" in page  # nobody decides here
    orgs.post(county, DECIDE)
    page = client.get(url("route", model().pk), {"place": county.code}).content.decode()
    assert "没有人有这项权限" not in page and "现在提交不了" not in page


def test_doors(client, county):
    other = orgs.actor(orgs.node("county"))
    theirs = draft_by(other)
    enter(client, county, CHECK)
    for name, args in (("routes", ()), ("route", (model().pk,)), ("new_step", (theirs.pk,))):
        assert client.get(url(name, *args)).status_code == 403
    assert client.post(url("copy_route", model().pk)).status_code == 403
    enter(client, county, SEE_ROUTE, PROPOSE_ROUTE)
    for name, args in (
        ("route", (theirs.pk,)),
        ("new_step", (theirs.pk,)),
        ("route_heading", (theirs.pk,)),
        ("route_step", (theirs.pk, 1)),
        ("route_heading", (model().pk,)),
    ):
        assert client.get(url(name, *args)).status_code == 404
    for act in ("submit", "withdraw", "nonsense"):
        assert client.post(url("route_act", theirs.pk, act)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "draft"


def test_the_page_of_ones_own_absence_and_kin(client, county):
    actor = enter(client, county, CHECK)
    mate = orgs.post(county, "orgs.node.see").staff
    assert client.get(url("mine")).status_code == 200
    number = invent_id("539901", date(1988, 2, 3), 7)
    assert client.post(url("new_kin"), {"relation": "self", "id_number": "1"}).status_code == 422
    client.post(url("new_kin"), {"relation": "self", "id_number": number})
    today = timezone.localdate()
    typed = {"staff": mate.pk, "since": today.isoformat(), "until": (today + timedelta(days=3)).isoformat()}
    assert client.post(url("new_deputy"), typed | {"until": today.isoformat()}).status_code == 422
    assert client.post(url("new_deputy"), typed).status_code == 302
    row = Deputy.objects.get(holder=actor.post_id)
    page = client.get(url("mine")).content.decode()
    assert number not in page and number[:6] in page and mate.name in page
    with scope.acting(actor):
        kin = Kin.objects.get()
    enter(client, county, CHECK)
    assert client.post(url("end_deputy", row.pk)).status_code == 404
    assert client.post(url("withdraw_kin", kin.pk)).status_code == 404
    client.force_login(Post.objects.get(pk=actor.post_id).staff)
    assert client.post(url("end_deputy", row.pk)).status_code == 302
    assert client.post(url("withdraw_kin", kin.pk)).status_code == 302
    row.refresh_from_db()
    assert row.ended
    with scope.acting(actor):
        assert Kin.objects.get().withdrawn


def refused(act, code, **given):
    with pytest.raises(Refused) as refusal:
        act(**given)
    assert refusal.value.code == code


def test_a_route_is_complete_and_in_the_future_before_it_is_submitted(county):
    maker, second = orgs.actor(county), orgs.actor(county)
    draft = draft_by(maker)
    with scope.acting(maker):
        services.drop_step(route=draft, position=3)
        refused(services.submit_route, "ends_undecided", route=draft)
        services.put_step(route=draft, step=step("decide", position=0, classes=["deep"]))
        refused(services.submit_route, "conditional_only", route=draft)
        services.put_step(route=draft, step=step("decide", position=3))
        services.rename_route(route=draft, title="x", title_en="x", since=timezone.localdate())
        refused(services.submit_route, "past", route=draft)
        tomorrow = timezone.localdate() + timedelta(days=1)
        services.rename_route(route=draft, title="x", title_en="x", since=tomorrow)
        services.submit_route(route=draft)
        refused(services.activate_route, "same_person", route=draft)
        refused(services.put_step, "frozen", route=draft, step=step("more", position=0))
    with scope.acting(second):
        refused(services.return_route, "no_reason", route=draft, reason="")
        assert services.return_route(route=draft, reason="时限太短").state == "returned"
    with scope.acting(maker):
        services.submit_route(route=draft)
    with scope.acting(second):
        assert services.activate_route(route=draft).state == "in_force"


def test_a_successor_ends_the_version_before_it(county):
    maker, second = orgs.actor(county), orgs.actor(county)
    made = []
    for days in (1, 10):
        draft = draft_by(maker)
        since = timezone.localdate() + timedelta(days=days)
        with scope.acting(maker):
            services.rename_route(route=draft, title="x", title_en="x", since=since)
            services.submit_route(route=draft)
        with scope.acting(second):
            made.append(services.activate_route(route=draft))
    first, last = (Route.objects.get(pk=row.pk) for row in made)
    assert first.valid.upper == last.valid.lower
    assert queries.route_in_force("filing-county", county.path, last.valid.lower) == last


@pytest.mark.parametrize("state", list(flow.ROUTE.states))
def test_every_action_in_every_state(county, state):
    maker, second = orgs.actor(county), orgs.actor(county)
    draft = draft_by(maker)
    way = {
        "draft": [],
        "submitted": ["submit"],
        "returned": ["submit", "return"],
        "in_force": ["submit", "activate"],
        "withdrawn": ["withdraw"],
    }[state]
    data = {
        "return": {"returned_because": "时限太短"},
        "activate": {"activated_by_id": second.staff_id, "activated": timezone.now()},
    }
    with scope.acting(second):
        for act in way:
            flow.ROUTE.fire(draft, act, **data.get(act, {}))
        flows.check_state(
            flow.ROUTE, state, lambda _state: Route.objects.get(pk=draft.pk), lambda act: data.get(act, {})
        )


def test_steps_of_a_draft_keep_their_order(county):
    maker = orgs.actor(county)
    draft = draft_by(maker)
    with scope.acting(maker):
        services.move_step(route=draft, position=1, by=-1)
        services.move_step(route=draft, position=1, by=1)
        assert [s.code for s in RouteStep.objects.filter(route=draft)] == ["notice", "review", "decide"]

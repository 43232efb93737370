"""Public notices at two levels, their days and their units; objections against a decision made at once."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.casework import printing, queries, services
from nuanxin.casework.models import Application, File, Notice, Objection
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workdays import add_working_days
from nuanxin.policy import services as policy
from tests.policy.test_programmes import PROGRAMMES, numbered

from . import factories as make
from .conftest import refusal
from .test_concurrency import at_once
from .test_pages import act, browser

UNION_PHONE, COUNTY_PHONE = "0887-8000001", "0887-8000002"


def level_by_level(county: make.County, tmp_path) -> None:
    """The county files level by level: its own version of the programme takes another route."""
    text = numbered(PROGRAMMES["filing"].text, 1).replace("place: all", f'place: "{county.node.code}"')
    assert "route: filing-county" in text
    folder = tmp_path / "programmes"
    folder.mkdir()
    (folder / "filing.yaml").write_text(text.replace("route: filing-county", "route: filing-five-levels"))
    with scope.acting(system()):
        policy.load_programmes(folder=tmp_path)


def asks_for_days(county: make.County, days: int, tmp_path) -> None:
    """The county's own route asks for so many working days of notice."""
    text = (settings.PACKS / "routes" / "filing-county.yaml").read_text()
    text = text.replace("place: all", f'place: "{county.node.code}"')
    folder = tmp_path / "routes"
    folder.mkdir()
    (folder / "filing.yaml").write_text(text.replace("kind: notice,", f"kind: notice, days: {days},"))
    with scope.acting(system()):
        approvals.load_routes(folder=folder)


def let_pass(row: Application) -> None:
    """The notice that runs has been up for its days: as if it had been put up a fortnight before."""
    notice = queries.live_notice(row)
    today = timezone.localdate()
    with scope.acting(system()), transaction.atomic():
        again = Notice.objects.get(pk=notice.pk)
        fields = {
            name: getattr(again, name)
            for name in ("org_id", "application_id", "step_id", "working_days", "phone", "staff_id")
        }
        Notice.objects.filter(pk=notice.pk).update(withdrawn=True)
        Notice.objects.create(**fields, since=today - timedelta(days=14), until=today)


@pytest.mark.django_db
def test_level_by_level_from_the_submission_to_the_file(county, tmp_path):
    level_by_level(county, tmp_path)
    officer, reviewer = browser(county.officer_post), browser(county.reviewer_post)
    below = browser(make.orgs.post(county.union, *make.REVIEWER))
    township = browser(make.orgs.post(county.union.parent, *make.REVIEWER))
    decider = browser(county.decider_post)
    row = make.application(county)
    with scope.acting(county.officer):
        make.complete(row)
    assert act(officer, row, "submit").status_code == 302
    own, above = {"phone": UNION_PHONE, "place": "厂务公开栏"}, {"phone": COUNTY_PHONE, "place": "服务中心"}

    assert act(below, row, "notice", **own).status_code == 302
    with scope.acting(county.reviewer):
        assert printing.notice_data(queries.live_notice(row))["issuer"] == county.union.name
    for person in (below, township, reviewer):
        assert act(person, row, "resume").status_code in (403, 422), "the notice runs"
    let_pass(row)
    assert act(decider, row, "approve").status_code in (403, 422), "two checks and a notice are to come"
    assert act(below, row, "resume").status_code == 302
    assert act(township, row, "pass").status_code == 302
    assert act(township, row, "notice", **own).status_code in (403, 422), "it is the county's turn"
    assert act(reviewer, row, "notice", **above).status_code == 302

    live = Notice.objects.filter(application=row, withdrawn=False).order_by("pk")
    assert [notice.step.code for notice in live] == ["grassroots_notice", "notice"]
    with scope.acting(county.reviewer):
        assert printing.notice_data(live[1])["issuer"] == county.node.name
        assert printing.notice_data(live[1])["phone"] == COUNTY_PHONE
    tab = reviewer.get(reverse("casework:application", args=[row.pk]) + "?tab=notice").content.decode()
    assert UNION_PHONE in tab and COUNTY_PHONE in tab
    assert act(decider, row, "approve").status_code == 422
    let_pass(row)
    assert act(decider, row, "approve").status_code == 302
    assert File.objects.filter(application=row, state="open").exists()


@pytest.mark.django_db
def test_a_unit_below_does_not_put_up_the_notice_of_the_county(county):
    row = make.application(county, "submitted")
    below = make.orgs.actor(county.union, *make.REVIEWER)
    with scope.acting(county.reviewer):
        services.pass_on(application=row)
    assert steps.step_of(row.process).kind == "notice"
    with scope.acting(below):
        with refusal("not_your_notice"):
            services.pass_to_notice(application=row, phone=UNION_PHONE)
        outcome = services.put_up_many(applications=[row], phone=UNION_PHONE)
    assert [why.code for _row, why in outcome.refused] == ["not_your_notice"]
    with scope.acting(county.reviewer):
        assert services.pass_to_notice(application=row, phone=COUNTY_PHONE).step.org_id == county.node.path


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "stands"), [(None, 5), (3, 5), (9, 9)])
@pytest.mark.parametrize("many", [False, True])
def test_the_days_of_the_step_lengthen_the_notice_and_never_shorten_it(county, asked, stands, many, tmp_path):
    if asked:
        asks_for_days(county, asked, tmp_path)
    row = make.application(county, "submitted")
    with scope.acting(county.reviewer):
        if many:
            assert services.put_up_many(applications=[row], phone="1").moved == [row.pk]
            notice = row.notices.get()
        else:
            notice = services.pass_to_notice(application=row, phone="1")
    assert notice.working_days == stands
    assert notice.until == add_working_days(timezone.localdate(), stands) + timedelta(days=1)
    decision = next(step for step in steps.steps_of(row.process) if step.kind == "decide")
    row.refresh_from_db()
    assert row.due_on == add_working_days(notice.until, decision.days) > notice.until


@pytest.mark.django_db
def test_an_objection_outlives_its_notice(county):
    """Taken down with a return, put up again: what was objected to the first time still waits."""
    row = make.application(county, "noticed")
    said = {"source": "letter", "text": "该户有房出租", "received_on": timezone.localdate()}
    with scope.acting(county.reviewer):
        objection = services.record_objection(notice=row.notices.get(), **said)
        services.return_application(application=row, reason="请核实房屋")
    with scope.acting(county.officer):
        services.submit(application=row)
    make.publish(county, row, over=True)
    with scope.acting(county.decider):
        with refusal("objection_open"):
            services.approve(application=row)
        refused = services.decide_many(applications=[row]).refused
        assert [why.code for _row, why in refused] == ["objection_open"]
        with pytest.raises(IntegrityError, match="objection is open"), transaction.atomic():
            Application.objects.filter(pk=row.pk).update(state="approved", decided_on=timezone.localdate())
        assert row in queries.objected_to(county.decider)
        assert row not in queries.objected_to(make.orgs.actor(county.node.parent, *make.DECIDER))
        services.settle_objection(objection=objection, finding="not_upheld", outcome="房屋属他人")
        assert services.approve(application=row).state == "open"
    above = make.orgs.actor(county.node.parent, *make.REVIEWER)
    for actor in (above, county.reviewer):
        with scope.acting(actor):
            assert row not in queries.objected_to(actor)


@pytest.mark.django_db
def test_an_objection_is_kept_as_it_was_recorded(county):
    row = make.application(county, "noticed")
    objection = services_objection(county, row)
    for change in ({"text": "另一回事"}, {"recorded_by": county.decider.staff_id}, {"source": "online"}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Objection.objects.filter(pk=objection.pk).update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        objection.delete()
    bare = {"notice": objection.notice, "org_id": row.org_id, "text": "无人登记", "source": "phone"}
    with pytest.raises(IntegrityError, match="recorded open"), transaction.atomic():
        Objection.objects.create(**bare, received_on=timezone.localdate())


def services_objection(county: make.County, row: Application) -> Objection:
    with scope.acting(county.reviewer):
        return services.record_objection(
            notice=row.notices.get(), source="phone", text="有两套房", received_on=timezone.localdate()
        )


@pytest.mark.usefixtures("committed")
def test_an_objection_and_an_approval_at_once():
    """Whichever comes first counts: never a file beside an open objection."""
    with scope.acting(system()):
        county = make.county()
        row = make.application(county, "noticed", over=True)
        notice = row.notices.get()
    found = at_once(
        (county.decider, lambda: services.approve(application=row)),
        (
            county.reviewer,
            lambda: services.record_objection(
                notice=notice, source="phone", text="有两套房", received_on=timezone.localdate()
            ),
        ),
    )
    refused = [one for one in found if isinstance(one, Refused)]
    assert [one.code for one in refused] in (["objection_open"], ["notice_ended"])
    with scope.acting(system()):
        opened = File.objects.filter(application=row).exists()
        assert opened != Objection.objects.filter(notice=notice, settled_on__isnull=True).exists()

"""Exceptions: a reason, a second person, and only what really stands against the application."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from nuanxin.casework import services
from nuanxin.casework.models import Application, Award, Overruling
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Post
from nuanxin.records.models import Entry

from . import applying
from . import factories as make
from .conftest import refusal
from .test_double_aid import temporary

pytestmark = pytest.mark.django_db
WHY = "家中起火后当月再次住院，经集体研究确需救助。"


def browser(post: Post) -> Client:
    client = Client()
    client.force_login(post.staff)
    return client


@pytest.fixture
def excluded(county: make.County) -> Application:
    """An application the pack excludes: the need came from drinking."""
    row = applying.temporary(county, "bare")
    with scope.acting(county.officer):
        applying.papers(row)
        given = applying.NEED | {"need_cause": "drinking"}
        return services.answer(application=row, answers=given, fund=applying.fund(county))


@pytest.fixture
def double(county: make.County) -> Application:
    """A second application for somebody who had the same aid this month."""
    home = make.household(county)
    temporary(county, home, "approved")
    return temporary(county, home, "draft")


def proposed(at: make.County, row: Application, code: str) -> Overruling:
    with scope.acting(at.officer):
        return services.propose_overruling(application=row, code=code, reason=WHY)


def test_an_exclusion_set_aside_by_two_counts_in_the_determination(county, excluded):
    made = proposed(county, excluded, "own_fault")
    excluded.refresh_from_db()
    assert excluded.assessment.result == "excluded"  # nothing yet: one person is not enough
    with scope.acting(county.decider):
        services.agree_overruling(overruling=made)
    row = Application.objects.get(pk=excluded.pk)
    assert (row.assessment.result, row.amount) == ("give", Money.yuan(2500))
    assert row.assessment.overruled == {"own_fault": WHY}
    with scope.acting(county.officer):
        assert services.submit(application=row).state == "submitted"


def test_double_aid_set_aside_by_two_may_be_decided(county, double):
    with scope.acting(county.officer), refusal("double_aid"):
        services.submit(application=double)
    made = proposed(county, double, "double.temporary-aid")
    with scope.acting(county.officer), refusal("double_aid"):
        services.submit(application=double)
    with scope.acting(county.decider):
        services.agree_overruling(overruling=made)
    with scope.acting(county.officer):
        row = services.submit(application=double)
    applying.onward(county, row, "approved")
    assert Award.objects.filter(application=row).count() == 1


def test_the_second_person_is_another_one(county, double):
    made = proposed(county, double, "double.temporary-aid")
    both = make.orgs.actor(county.node, *make.DECIDER, *make.REVIEWER)
    with scope.acting(both):
        services.refuse_overruling(overruling=made, reason="理由不充分")
        own = services.propose_overruling(application=double, code=made.code, reason=WHY)
        with refusal("second_person"):
            services.agree_overruling(overruling=own)
    with pytest.raises(IntegrityError, match="overruling_two_people"), transaction.atomic():
        Overruling.objects.filter(pk=own.pk).update(agreed_by=own.by_id, agreed="2024-05-16T09:00+08:00")
    with pytest.raises(IntegrityError, match="overruling_reason"), transaction.atomic():
        Overruling.objects.filter(pk=own.pk).update(reason="")


@pytest.mark.parametrize(
    "code, reason, refused",
    [
        ("own_fault", "  ", "no_reason"),
        ("no_such_clause", WHY, "nothing_to_overrule"),
        ("double.temporary-aid", WHY, "nothing_to_overrule"),
    ],
)
def test_only_what_stands_against_it_is_set_aside(county, excluded, code, reason, refused):
    with scope.acting(county.officer), refusal(refused):
        services.propose_overruling(application=excluded, code=code, reason=reason)
    assert not Overruling.objects.exists()


def test_it_is_proposed_once_and_agreed_once(county, excluded):
    made = proposed(county, excluded, "own_fault")
    with scope.acting(county.officer), refusal("overruled_already"):
        services.propose_overruling(application=excluded, code="own_fault", reason=WHY)
    with scope.acting(county.decider):
        services.agree_overruling(overruling=made)
        with refusal("agreed_already"):
            services.agree_overruling(overruling=made)


def test_nothing_is_set_aside_after_the_decision(county, double):
    made = proposed(county, double, "double.temporary-aid")
    with scope.acting(county.officer):
        services.withdraw(application=double)
        with refusal("wrong_state"):
            services.propose_overruling(application=double, code="own_fault", reason=WHY)
    with scope.acting(county.decider), refusal("wrong_state"):
        services.agree_overruling(overruling=made)


def test_what_was_turned_down_is_kept_in_the_trail(county, excluded):
    made = proposed(county, excluded, "own_fault")
    with scope.acting(county.decider), refusal("no_reason"):
        services.refuse_overruling(overruling=made, reason=" ")
    with scope.acting(county.decider):
        services.refuse_overruling(overruling=made, reason="不符合条件")
    assert not Overruling.objects.exists()
    line = Entry.objects.get(action="overruling.refused", subject=excluded.pk)
    assert (line.note, line.detail["proposed"]) == ("不符合条件", WHY)


def test_the_dialog_proposes_and_the_page_of_the_second_person_agrees(county, excluded):
    url = reverse("casework:application", args=[excluded.pk])
    page = browser(county.officer_post).get(url).content.decode()
    assert "提出例外" in page and "困难由酗酒造成" in page
    act = reverse("casework:act", args=[excluded.pk, "overrule"])
    done = browser(county.officer_post).post(act, {"code": "own_fault", "reason": WHY}, follow=True)
    assert WHY in done.content.decode() and "待同意" in done.content.decode()
    made = Overruling.objects.get()
    agree = reverse("casework:agree_overruling", args=[made.pk])
    assert browser(county.reviewer_post).post(agree).status_code == 403
    assert browser(make.county().decider_post).post(agree).status_code == 404
    assert "已同意例外" in browser(county.decider_post).post(agree, follow=True).content.decode()
    made.refresh_from_db()
    assert made.agreed_by_id == county.decider.staff_id


def test_the_dialog_comes_back_with_what_was_typed(county, excluded):
    act = reverse("casework:act", args=[excluded.pk, "overrule"])
    answer = browser(county.officer_post).post(act, {"code": "double.temporary-aid", "reason": WHY})
    assert answer.status_code == 422 and WHY in answer.content.decode()


def test_the_superiors_list_shows_reasons_and_exports(county, excluded):
    made = proposed(county, excluded, "own_fault")
    url = reverse("casework:overrulings")
    prefecture = make.orgs.post(county.node.parent, make.SEE)
    page = browser(prefecture).get(url).content.decode()
    assert WHY in page and "困难由酗酒造成" in page and excluded.who in page
    assert WHY not in browser(prefecture).get(url, {"kind": "double"}).content.decode()
    assert WHY not in browser(make.county().reviewer_post).get(url).content.decode()
    assert browser(make.orgs.post(county.node, "payments.batch.see")).get(url).status_code == 403
    refuse = reverse("casework:refuse_overruling", args=[made.pk])
    told = browser(county.decider_post).post(refuse, {"reason": ""}, follow=True).content.decode()
    assert "请写明理由" in told and Overruling.objects.exists()
    browser(county.decider_post).post(refuse, {"reason": "不符合条件"})
    assert not Overruling.objects.exists()


def test_home_shows_the_second_person_what_waits(county, excluded):
    proposed(county, excluded, "own_fault")
    assert "待同意的例外" in browser(county.decider_post).get(reverse("home")).content.decode()

import pytest

from nuanxin.kernel import scope
from nuanxin.records import services
from nuanxin.records.models import Entry, JobRun
from nuanxin.records.permissions import SEE_AUDIT
from tests.orgs import factories as orgs

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    return orgs.node("county")


def sign_in(client, post):
    client.force_login(post.staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return post


def test_auditor_reads_the_trail_of_the_subtree_and_verifies_it(client, county):
    other = orgs.node("county")
    with scope.acting(orgs.actor(county)):
        services.note("test.inside", note="看得见")
    with scope.acting(orgs.actor(other)):
        services.note("test.outside", note="看不见")
    sign_in(client, orgs.post(county, SEE_AUDIT))
    page = client.get("/records/audit/?verify=1").content.decode()
    assert "看得见" in page
    assert "看不见" not in page
    assert "审计链完整" in page


def test_without_the_permission_the_trail_is_refused_and_the_attempt_recorded(client, county):
    post = sign_in(client, orgs.post(county, "casework.file.see"))
    assert client.get("/records/audit/").status_code == 403
    with scope.acting(orgs.actor(county)):
        assert Entry.objects.filter(action="access.denied", staff=post.staff).count() == 1


def test_another_countys_job_and_document_are_not_found_and_that_is_recorded(client, county):
    other = orgs.node("county")
    with scope.acting(orgs.actor(other)) as actor:
        run = JobRun.objects.create(org_id=other.path, staff_id=actor.staff_id, task="t", title="别县的任务")
    sign_in(client, orgs.post(county, "casework.file.see"))
    assert client.get(f"/records/jobs/{run.pk}/").status_code == 404
    assert client.get("/records/attachments/99/").status_code == 404
    with scope.acting(orgs.actor(county)):
        assert Entry.objects.filter(action="access.not_found").count() == 2


def test_only_who_started_a_job_may_cancel_it(client, county):
    mine = sign_in(client, orgs.post(county, "casework.file.see"))
    with scope.acting(mine.actor()):
        own = JobRun.objects.create(org_id=county.path, staff=mine.staff, task="t", title="我的任务")
        foreign = JobRun.objects.create(org_id=county.path, staff=orgs.staff(), task="t", title="他人的任务")
    assert client.post(f"/records/jobs/{own.pk}/cancel/").status_code == 200
    client.post(f"/records/jobs/{foreign.pk}/cancel/")
    with scope.acting(mine.actor()):
        assert JobRun.objects.get(pk=own.pk).cancel_asked
        assert not JobRun.objects.get(pk=foreign.pk).cancel_asked


def test_signed_out_visitors_are_sent_to_sign_in(client):
    response = client.get("/")
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_a_person_without_a_post_is_told_so(client):
    client.force_login(orgs.staff(), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get("/").status_code == 403

"""The pages of messages: who opens them, what they show, what may be done there."""

import io
import re
import zipfile

import pytest
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.messaging import services
from nuanxin.messaging.models import Choice, Message
from nuanxin.messaging.permissions import MANAGE, SEE
from nuanxin.records.models import Entry
from tests.orgs import factories as orgs

from . import factories as make


@pytest.fixture
def at(db: None) -> make.Place:
    with scope.acting(system()):
        return make.place()


def sign_in(client, node, *permissions):
    with scope.acting(system()):
        client.force_login(orgs.post(node, *permissions).staff)


def stored(at: make.Place, row: Message) -> Message:
    with scope.acting(at.sender):
        return Message.objects.get(pk=row.pk)


@pytest.mark.parametrize(
    ("name", "keyed", "permission"),
    [
        ("messages", False, SEE),
        ("wordings", False, SEE),
        ("message", True, SEE),
        ("letter", True, MANAGE),
        ("choice", True, MANAGE),
    ],
)
def test_a_page_opens_with_its_permission_and_in_scope(at, client, name, keyed, permission):
    row = make.message(at, channel="letter")
    key = row.person_id if name == "choice" else row.pk
    url = reverse(f"messaging:{name}", args=[key] if keyed else [])
    sign_in(client, at.node, permission)
    assert client.get(url).status_code == 200
    sign_in(client, at.node, "registry.household.see")
    assert client.get(url).status_code == 403
    if keyed:
        with scope.acting(system()):
            other = make.place()
        sign_in(client, other.node, permission)
        assert client.get(url).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("state", ["waiting", "sent", "held", "given_up", "cancelled"])
def test_a_message_in_every_state(at, client, state, language):
    row = make.message(at, state)
    sign_in(client, at.node, SEE, MANAGE)
    page = client.get(reverse("messaging:message", args=[row.pk]), headers={"accept-language": language})
    assert row.text.split("：")[0] in page.content.decode()


def test_what_was_recorded_is_shown_masked(at, client):
    row = make.message(at)
    services.send_due(at.sender)
    sign_in(client, at.node, SEE)
    page = client.get(reverse("messaging:message", args=[row.pk])).content.decode()
    assert "138****2351" in page and make.PHONE not in page
    assert "记录" in client.get(reverse("messaging:messages")).content.decode()


def test_the_list_by_tab_and_filter(at, client):
    with scope.acting(system()):
        head = make.home(at).head
    rows = {state: make.message(at, state, person=head) for state in ("waiting", "sent", "held")}
    letter = make.message(at, channel="letter", person=head)
    sign_in(client, at.node, SEE)

    def shown(**query: str) -> set[int]:
        page = client.get(reverse("messaging:messages"), query).content.decode()
        return {int(key) for key in re.findall(r'data-href="/messages/(\d+)/"', page)}

    assert shown(tab="post") == {letter.pk}
    assert shown(tab="failed") == {rows["held"].pk}
    assert shown(tab="sent") == {rows["sent"].pk}
    assert letter.pk in shown(tab="all", channel="letter") and rows["sent"].pk not in shown(
        tab="all", channel="letter"
    )
    assert shown(tab="all", because="provider") == {rows["held"].pk}
    assert shown(tab="all", q=head.name[:2]) >= set(shown(tab="all"))
    assert shown(tab="all", q="无此人") == set()


def test_the_list_is_taken_out_without_numbers_or_words(at, client):
    row = make.message(at, "held")
    sign_in(client, at.node, SEE)
    answer = client.get(reverse("messaging:messages"), {"tab": "all", "export": "xlsx"})
    book = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    text = "".join(book.read(name).decode("utf-8", "ignore") for name in book.namelist())
    assert row.name in text and "申请已收到" in text
    assert make.PHONE not in text and "138****" not in text and "提交的" not in text


def test_letters_are_printed_posted_and_recorded(at, client):
    letters = [make.message(at, channel="letter") for _one in range(2)]
    text = make.message(at)
    sign_in(client, at.node, SEE, MANAGE)
    url = f"{reverse('messaging:messages')}?tab=all"
    ticked = {"ids": [row.pk for row in (*letters, text)]}
    paper = client.post(url, {"bulk": "print"} | ticked)
    assert paper["Content-Type"] == "application/pdf" and paper.content.startswith(b"%PDF")
    with scope.acting(at.sender):
        assert Entry.objects.filter(action="messaging.printed").count() == 2
    client.post(url, {"bulk": "post"} | ticked)
    assert [stored(at, row).state for row in (*letters, text)] == ["sent", "sent", "waiting"]


def test_bulk_acts_need_their_permission(at, client):
    row = make.message(at, channel="letter")
    sign_in(client, at.node, SEE)
    url = f"{reverse('messaging:messages')}?tab=all"
    assert client.post(url, {"bulk": "post", "ids": [row.pk]}).status_code == 404
    assert stored(at, row).state == "waiting"


@pytest.mark.parametrize(
    ("state", "channel", "name", "found"),
    [
        ("held", "text", "again", "waiting"),
        ("given_up", "text", "again", "waiting"),
        ("waiting", "text", "cancel", "cancelled"),
        ("waiting", "letter", "post", "sent"),
        ("sent", "text", "cancel", "sent"),
        ("waiting", "text", "post", "waiting"),
    ],
)
def test_acts_on_one_message(at, client, state, channel, name, found):
    row = make.message(at, state, channel)
    url = reverse("messaging:act", args=[row.pk, name])
    sign_in(client, at.node, SEE)
    assert client.post(url).status_code == 403
    sign_in(client, at.node, SEE, MANAGE)
    assert client.post(url, follow=True).status_code == 200
    assert stored(at, row).state == found
    assert client.post(reverse("messaging:act", args=[row.pk, "nothing"])).status_code == 404
    assert client.get(url).status_code == 405
    with scope.acting(system()):
        other = make.place()
    sign_in(client, other.node, SEE, MANAGE)
    assert client.post(url).status_code == 404


def test_a_choice_is_kept_changed_and_refused_when_incomplete(at, client):
    row = make.message(at)
    sign_in(client, at.node, SEE, MANAGE)
    url = reverse("messaging:choice", args=[row.person_id])
    assert client.post(url, {"language": "xx"}).status_code == 422
    for texts, language in (("no", "zh"), ("yes", "en")):
        client.post(url, {"texts": texts, "language": language})
        with scope.acting(at.sender):
            kept = Choice.objects.get(person=row.person_id)
        assert (kept.texts, kept.language) == (texts == "yes", language)
    with scope.acting(at.sender):
        assert Entry.objects.filter(action="messaging.chosen").count() == 2

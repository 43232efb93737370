"""What is written: once for each event, in the person's language, within the hours; the book is checked."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.refusal import OutOfSight
from nuanxin.messaging import printing, services, wordings
from nuanxin.messaging.handlers import keep_choice
from nuanxin.messaging.models import Choice, Message
from nuanxin.registry import services as registry_services
from nuanxin.registry.events import PersonsMerged
from nuanxin.registry.models import Employer, Person
from tests.orgs import factories as orgs

from . import factories as make

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOOK = settings.PACKS / "messages" / "messages.yaml"


@pytest.fixture
def at(db: None) -> make.Place:
    with scope.acting(system()):
        return make.place()


def test_an_event_is_told_once_on_each_channel(at):
    with scope.acting(system()):
        head = make.home(at).head
    one = make.draft(at, head, "application.refused")
    with scope.acting(at.officer):
        services.write([one])
        services.write([one, one])
        assert list(Message.objects.order_by("channel").values_list("channel", flat=True)) == [
            "letter",
            "text",
        ]


def test_the_database_refuses_what_is_not_a_message(at):
    row = make.message(at)
    with scope.acting(at.sender):
        for wrong in ({"person": None}, {"text": ""}, {"state": "sent"}, {"state": "held"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Message.objects.filter(pk=row.pk).update(**wrong)


def test_words_are_in_the_language_the_person_chose(at):
    with scope.acting(system()):
        head = make.home(at).head
    with scope.acting(at.officer):
        services.choose(person=head, texts=True, language="en")
        services.write([make.draft(at, head)])
        row = Message.objects.get()
    assert (row.language, "has been received" in row.text, "2 March 2026" in row.text) == ("en", True, True)
    assert "2026年3月2日" in make.message(at).text


def test_who_writes_for_themselves_is_addressed_so(at):
    with scope.acting(system()):
        head = make.home(at).head
    with scope.acting(at.officer):
        for who in (head.name, "和**"):
            values = {"programme": "临时救助", "who": who, "day": date(2026, 3, 2)}
            services.write([make.draft(at, head, values=values)])
        own, childs = Message.objects.order_by("id").values_list("instead", flat=True)
    assert "为本人提交" in own and "为和**提交" in childs


def test_choosing_needs_its_permission_and_the_person_in_sight(at):
    with scope.acting(system()):
        head = make.home(at).head
        other = make.place()
    with scope.acting(orgs.actor(at.node, "registry.household.see")), pytest.raises(Denied):
        services.choose(person=head, texts=True, language="zh")
    with scope.acting(other.officer), pytest.raises(OutOfSight):
        services.choose(person=head, texts=True, language="zh")


def test_what_a_person_chose_goes_with_them_to_another_union(at):
    with scope.acting(system()):
        home = make.home(at)
        other = orgs.node("grassroots", orgs.node("township", at.node))
        services.choose(person=home.head, texts=False, language="zh")
        registry_services.move_household(household=home, union=other.path, note="工作调动")
        assert Choice.objects.get().org_id == other.path


@pytest.mark.parametrize(
    ("gone", "kept", "found"), [(False, None, False), (False, True, False), (True, False, False)]
)
def test_of_two_rows_of_one_person_a_no_stays_a_no(at, gone, kept, found):
    with scope.acting(system()):
        first, second = make.home(at).head, make.home(at).head
        services.choose(person=first, texts=gone, language="zh")
        if kept is not None:
            services.choose(person=second, texts=kept, language="zh")
        keep_choice(PersonsMerged(0, second.pk, first.pk, at.union.path))
        assert Choice.objects.get(person=second).texts is found


def test_an_employer_is_told_by_letter_and_only_what_must_be(at):
    with scope.acting(system()):
        firm = Employer.objects.create(org_id=at.union.path, name="高原建材", address="团结路 8 号")
        person = Person(pk=None, name="高原建材")
        for wording in ("application.refused", "application.notice"):
            services.write([make.draft(at, person, wording, employer=firm.pk)])
        letter = Message.objects.get(employer=firm)
    assert (letter.channel, letter.wording) == ("letter", "application.refused")
    with scope.acting(at.sender):
        said = printing.data([letter])[0]
    assert (said["address"], said["firm"], said["issuer"]) == ("团结路 8 号", True, at.node.name)


def test_writing_takes_a_fixed_number_of_statements(at):
    counts = []
    for number in (2, 20):
        with scope.acting(system()):
            people = [make.home(at).head for _one in range(number)]
        with scope.acting(at.officer), CaptureQueriesContext(connection) as caught:
            services.write([make.draft(at, person) for person in people])
        counts.append(len(caught))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("hour", "out"),
    [(7, (2, 8)), (8, (2, 8)), (19, (2, 19)), (20, (3, 8)), (23, (3, 8))],
)
def test_texts_keep_to_the_hours(hour, out):
    found = wordings.book().next_hour(datetime(2026, 3, 2, hour, tzinfo=SHANGHAI)).astimezone(SHANGHAI)
    assert (found.day, found.hour) == out


def test_a_figure_cannot_smuggle_another_in(at):
    row = make.message(at, values={"programme": "{phone}", "who": "{issuer}", "day": "{name}"})
    assert "{phone}" in row.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hours: [8, 20]", "hours: [20, 8]"),
        ("again: [5, 60, 720]", "again: []"),
        ("about: [programme, last]", "about: [programme]"),
        ("channels: [text, letter]", "channels: [pigeon]"),
        ("Dear {name}, we plan", "Dear, we plan"),
        ("must: true", "must: true\n    should: false"),
        ("must: false", "must: true"),
        ("{day}", "{day:>9}"),
        ("messages:", "messages: ["),
        ("text:", "texts:"),
    ],
)
def test_a_book_that_is_not_sound_is_refused_whole(tmp_path: Path, old: str, new: str):
    text = BOOK.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "messages.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(wordings.WordingError):
        wordings.read(file)


def test_the_book_delivered_speaks_both_languages_and_fits_a_few_texts():
    for wording in wordings.book().messages.values():
        for said in (wording.title, wording.text, wording.letter):
            assert said.zh and said.en and said.zh != said.en
        assert len(wording.text.zh) <= 134, f"{wording.code} takes more than two texts"

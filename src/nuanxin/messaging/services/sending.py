"""Texts go out: taken for some minutes, handed to the provider, booked by what it answered.

A sender that dies leaves its messages to the next one, once their minutes are over; the provider knows
a message by its key and does not send it twice.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.sealing import SealingError, unseal
from nuanxin.kernel.sets import among, by_key
from nuanxin.registry.models import Person

from ..flow import MESSAGE
from ..guards import TEXT
from ..models import Choice, Message
from ..permissions import SEND
from ..providers import Answer, Outgoing, Provider, provider
from ..wordings import book
from .writing import write_letters

#: So many texts are taken at once.
BATCH = 200
#: So long a sender has to bring home what it took.
HELD = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """How many were sent, held back, are to be tried again, and were given up."""

    sent: int = 0
    held: int = 0
    later: int = 0
    given_up: int = 0


def due(now: datetime) -> QuerySet[Message]:
    """Texts that may go out now and that no other sender has in its hands."""
    free = Q(taken_until__isnull=True) | Q(taken_until__lte=now)
    return Message.objects.filter(free, state="waiting", channel=TEXT, due__lte=now)


def send_due(actor: Actor, *, most: int = BATCH) -> Outcome:
    """Send texts due in the actor's scope, at most so many, each statement for all of them.

    The provider is asked between two transactions, so the caller must not have one open. Raises Denied
    without the permission.
    """
    actor.require(SEND)
    with scope.acting(actor):
        taken = _take(min(most, BATCH))
        going, held = _sort(taken)
    if not taken:
        return Outcome()
    through = provider()
    answers = _ask(through, going)
    with scope.acting(actor):
        return _book(taken, held, answers, through.name)


def _take(most: int) -> list[Message]:
    """The messages, held for this sender; rows another has just locked are passed over."""
    now = timezone.now()
    taken = list(due(now).order_by("due", "pk").select_for_update(skip_locked=True)[:most])
    rows = Message.objects.filter(among([row.pk for row in taken]))
    rows.update(taken_until=now + HELD, attempts=F("attempts") + 1)
    for row in taken:
        row.attempts += 1
    return taken


def _sort(taken: Sequence[Message]) -> tuple[list[Outgoing], dict[int, str]]:
    """What goes out, with numbers unsealed now and not before; and why the others do not."""
    people = _people({row.person_id for row in taken if row.person_id})
    choices = Choice.objects.filter(among([one.pk for one in people.values()], "person"))
    texts = dict(choices.values_list("person", "texts"))
    going, held = [], {}
    for row in taken:
        person = people.get(row.person_id or 0)
        if person is None or (why := _why_not(row, person, texts.get(person.pk))):
            held[row.pk] = "not_here" if person is None else why
        elif number := _number(person):
            going.append(Outgoing(row.pk, str(row.org_id), number, row.text))
        else:
            held[row.pk] = "no_phone"
    return going, held


def _people(keys: Collection[int]) -> dict[int, Person]:
    """By key the person, or the one this row turned out to be; those who moved away are not in sight."""
    rows = Person.objects.filter(among(keys)).select_related("merged_into")
    return {row.pk: row.merged_into or row for row in rows}


def _why_not(row: Message, person: Person, texts: bool | None) -> str:
    """Why the person is not texted, or "": `texts` is what they chose, None when nobody asked."""
    if person.died_on is not None:
        return "deceased"
    if texts is False:
        return "opted_out"
    return "no_consent" if book()[row.wording].consent and not texts else ""


def _number(person: Person) -> str:
    """The number in full; "" when there is none, or none that can be read."""
    try:
        return unseal(person.phone_cipher, "phone") if person.phone_cipher else ""
    except SealingError:
        log.warning("the phone of person %s cannot be unsealed", person.pk)
        return ""


def _ask(through: Provider, going: Sequence[Outgoing]) -> Mapping[int, Answer]:
    """What the provider says of each; nothing of any when it breaks down. The error may hold a number, so
    only its kind is logged.
    """
    if not going:
        return {}
    try:
        return through.send(going)
    except Exception as error:
        log.error("provider %s failed on %s texts: %s", through.name, len(going), type(error).__name__)
        return {}


def _book(
    taken: Sequence[Message], held: Mapping[int, str], answers: Mapping[int, Answer], name: str
) -> Outcome:
    """Write down what became of each message."""
    outcome, now = Outcome(), timezone.now()
    again = book().again
    through = {row.pk: answers[row.pk] for row in taken if row.pk in answers and answers[row.pk].taken}
    refused = {row.pk: "rejected" for row in taken if row.pk in answers and not answers[row.pk].taken}
    silent = [row for row in taken if row.pk not in answers and row.pk not in held]
    refused |= {row.pk: "provider" for row in silent if row.attempts > len(again)}
    later = {
        row.pk: now + timedelta(minutes=again[row.attempts - 1]) for row in silent if row.pk not in refused
    }
    outcome.sent = _fire(
        "send",
        through,
        sent=now,
        provider=name,
        because="",
        reference=by_key(Message, {pk: one.reference[:80] for pk, one in through.items()}, "text"),
    )
    outcome.held = _fire("hold", held, because=by_key(Message, held, "text"))
    outcome.given_up = _fire("give_up", refused, because=by_key(Message, refused, "text"))
    outcome.later = _put_off(later)
    tell_by_letter([*held, *refused])
    return outcome


def _fire(action: str, keys: Collection[int], **fields: Any) -> int:
    """The move for messages still waiting: their channel was asked for when they were taken."""
    if not keys:
        return 0
    rows = Message.objects.filter(among(keys))
    path = scope.current().org_path
    return len(MESSAGE.fire_many(rows, action, org_path=path, guarded=True, taken_until=None, **fields))


def _put_off(later: Mapping[int, datetime]) -> int:
    """To be tried again, within the hours."""
    if not later:
        return 0
    when = {pk: book().next_hour(moment).isoformat() for pk, moment in later.items()}
    rows = Message.objects.filter(among(when), state="waiting")
    return rows.update(due=by_key(Message, when, "timestamptz"), taken_until=None, because="provider")


def tell_by_letter(keys: Collection[int]) -> None:
    """Who must be told and was not texted gets a letter, unless one was written with the text."""
    write_letters(Message.objects.filter(among(keys)).exclude(because__in=("deceased", "not_here")))

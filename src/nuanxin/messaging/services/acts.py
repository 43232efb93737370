"""What officers do: send again, cancel, post letters, keep what a person said about texts."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.records import services as records
from nuanxin.registry.models import Person

from ..flow import MESSAGE
from ..guards import LETTER
from ..models import Choice, Message
from ..permissions import MANAGE
from ..wordings import book


def again(*, message: Message) -> Message:
    """Try a text that was held or given up once more; Refused in other states."""
    row: Message = MESSAGE.fire(message, "again", **_afresh())
    return row


def again_many(*, messages: QuerySet[Message]) -> int:
    """The same for many: how many were held or given up."""
    path = scope.current().org_path
    return len(MESSAGE.fire_many(messages, "again", org_path=path, **_afresh()))


def _afresh() -> dict[str, Any]:
    return {"attempts": 0, "because": "", "due": book().next_hour(timezone.now())}


def cancel(*, message: Message) -> Message:
    """It is not sent; Refused once it has left, or is just leaving."""
    row: Message = MESSAGE.fire(message, "cancel")
    return row


def post(*, message: Message) -> Message:
    """The letter was printed and posted."""
    row: Message = MESSAGE.fire(message, "post", sent=timezone.now())
    return row


def post_many(*, messages: QuerySet[Message]) -> int:
    """The same for many letters; texts among them stay as they are."""
    rows = messages.filter(channel=LETTER)
    path = scope.current().org_path
    moved = MESSAGE.fire_many(rows, "post", org_path=path, guarded=True, sent=timezone.now())
    return len(moved)


@transaction.atomic
def choose(*, person: Person, texts: bool, language: str) -> Choice:
    """Keep what a person said; it holds for what is waiting as well, for it is asked at the sending."""
    actor = scope.current()
    actor.require(MANAGE)
    row = get_or_out_of_sight(Person.objects.live(), pk=person.pk)
    choice, _new = Choice.objects.update_or_create(
        person=row,
        defaults={
            "org_id": row.org_id,
            "texts": texts,
            "language": language,
            "said_on": timezone.localdate(),
            "staff_id": actor.staff_id,
        },
    )
    records.note("messaging.chosen", subject=row, detail={"texts": texts, "language": language})
    return choice

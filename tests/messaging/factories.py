"""A county with a person to write to, and messages in any state through the services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.messaging import services
from nuanxin.messaging.flow import MESSAGE
from nuanxin.messaging.models import Message
from nuanxin.messaging.permissions import MANAGE, SEE
from nuanxin.messaging.providers import Answer, Outgoing
from nuanxin.orgs.models import Node, Post
from nuanxin.registry.models import Household, Person
from tests.orgs import factories as orgs
from tests.registry import factories as registry

PHONE = "13887412351"
_events = count(1)


@dataclass
class Place:
    """A county, one of its unions, and an officer who may handle messages."""

    node: Node
    union: Node
    post: Post

    @property
    def officer(self) -> Actor:
        return self.post.actor()

    @property
    def sender(self) -> Actor:
        """As the county's job."""
        return system(self.node.path)


def place() -> Place:
    node = orgs.node("county", supervision_phone="0887-8412351")
    union = orgs.node("grassroots", orgs.node("township", node))
    post = orgs.post(union, SEE, MANAGE, "registry.household.see", "registry.household.edit")
    return Place(node, union, post)


def home(at: Place, phone: str = PHONE) -> Household:
    with scope.acting(at.officer):
        head = registry.person(at.union.path, phone=phone)
        return registry.household(at.union.path, head=head)


def draft(at: Place, person: Person, wording: str = "application.received", **fields: Any) -> services.Draft:
    values = {"programme": "临时救助", "who": person.name, "day": date(2026, 3, 2), "reason": "票据不清",
              "last": date(2026, 3, 9), "title": "生活救助", "money": "2,500.00", "months": 3}  # fmt: skip
    given: dict[str, Any] = {"event": f"{wording}:{next(_events)}", "values": values, "name": person.name}
    return services.Draft(wording=wording, org=at.union.path, person=person.pk, **(given | fields))


def message(at: Place, state: str = "waiting", channel: str = "text", **fields: Any) -> Message:
    """A message in a state; a letter is that of a refusal."""
    person = fields.pop("person", None) or home(at).head
    wording = fields.pop("wording", "application.received" if channel == "text" else "application.refused")
    one = draft(at, person, wording, **fields)
    with scope.acting(at.officer):
        services.write([one])
        row = Message.objects.get(event=one.event, channel=channel)
        Message.objects.filter(pk=row.pk).update(due=timezone.now() - timedelta(minutes=1))
    return bring(row, state)


def bring(row: Message, state: str) -> Message:
    """The moves of the flow that lead to a state."""
    with scope.acting(system(str(row.org_id))):
        if state == "sent":
            action = "send" if row.channel == "text" else "post"
            row = MESSAGE.fire(row, action, sent=timezone.now(), provider="recording")
        elif state in ("held", "given_up"):
            row = MESSAGE.fire(row, {"held": "hold"}.get(state, "give_up"), because="provider")
        elif state == "cancelled":
            row = MESSAGE.fire(row, "cancel")
        row.refresh_from_db()
    return row


class Told:
    """A provider that remembers what it was given, and answers as told."""

    name = "told"

    def __init__(self, answer: Answer | None = None, error: Exception | None = None) -> None:
        self.answer, self.error, self.texts = answer, error, list[Outgoing]()

    def send(self, texts: Sequence[Outgoing]) -> Mapping[int, Answer]:
        self.texts += texts
        if self.error:
            raise self.error
        return {text.key: self.answer for text in texts} if self.answer else {}

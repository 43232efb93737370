"""Reads of messages, and of what people chose about them."""

from collections.abc import Callable

from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.orgs import queries as orgs

from .models import Choice, Message
from .services.sending import due

_openers: dict[str, tuple[Callable[[int], str], str]] = {}


def opens(kind: str, opener: Callable[[int], str], permission: str) -> None:
    """An app above says where what a message is about is opened, by whoever holds the permission."""
    _openers[kind] = opener, permission


def about_url(message: Message) -> str:
    """The address of what the message is about; "" when nobody named one, or the actor may not open it."""
    opener, permission = _openers.get(message.kind, (None, ""))
    return opener(message.subject or 0) if opener and scope.current().can(permission) else ""


def messages() -> QuerySet[Message]:
    """Messages in scope, newest first."""
    return Message.objects.select_related("org").order_by("-id")


def about(kind: str, subject: int) -> QuerySet[Message]:
    """What was told about a record, newest first."""
    return messages().filter(kind=kind, subject=subject)


def choice_of(person: int) -> Choice | None:
    """What a person said about texts; None when nobody asked."""
    return Choice.objects.select_related("staff").filter(person=person).first()


def counties_with_due() -> list[str]:
    """The paths of the counties in sight with a text to send now; of what stands in none its own unit."""
    units = due(timezone.now()).order_by("org").values("org").distinct()
    found = orgs.counties_of([row["org"] for row in units])
    return sorted({node.path for node in found.values()})

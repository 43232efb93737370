"""The way out: a provider hands text messages to the network; the settings name which.

Nothing here or above logs an `Outgoing`: the number and the words are left out of its representation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.identity import mask_phone

from .models import Recorded


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text to send. A provider takes a `key` it has seen before for the same message."""

    key: int
    org: str
    number: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said of one text: taken, with its own reference, or turned down for good.

    A text it gives no answer to is tried again later.
    """

    taken: bool
    reference: str = ""


class Provider(Protocol):
    """Sends texts; called outside any transaction, with at most `services.BATCH` of them."""

    name: str

    def send(self, texts: Sequence[Outgoing]) -> Mapping[int, Answer]:
        """An answer by key for each text that went through or never will; it may raise."""


class Recording:
    """Sends nothing: keeps what would have been sent, once a message, the number masked."""

    name = "recording"

    def send(self, texts: Sequence[Outgoing]) -> Mapping[int, Answer]:
        with scope.acting(system()):
            Recorded.objects.bulk_create(
                [
                    Recorded(
                        org_id=text.org, message_id=text.key, number=mask_phone(text.number), text=text.text
                    )
                    for text in texts
                ],
                ignore_conflicts=True,
            )
        return {text.key: Answer(True, f"recorded-{text.key}") for text in texts}


def provider() -> Provider:
    """The provider the settings name."""
    return _made(settings.TEXT_PROVIDER)


@cache
def _made(path: str) -> Provider:
    made: Provider = import_string(path)()
    return made

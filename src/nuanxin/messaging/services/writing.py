"""Messages are worded and kept: what they tell of is told once on each channel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.kernel.sets import among
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Node

from ..guards import LETTER, TEXT
from ..models import Choice, Message
from ..wordings import Wording, book

#: What a letter has from the text in whose stead it goes.
COPIED = ("org_id", "wording", "language", "person_id", "name", "event", "kind", "subject")


@dataclass(frozen=True)
class Draft:
    """Something to tell a person, or an employer (by letter alone).

    `event` names what is told ("application.received:17"); `values` are the figures of the wording.
    """

    wording: str
    event: str
    org: str
    name: str
    values: Mapping[str, Any]
    person: int | None = None
    employer: int | None = None
    kind: str = ""
    subject: int | None = None
    due: datetime | None = field(default=None)


@transaction.atomic
def write(drafts: Iterable[Draft]) -> None:
    """Word the messages and keep those whose event was not told before; a fixed number of statements."""
    wanted = list(drafts)
    if not wanted:
        return
    languages = _languages([draft.person for draft in wanted if draft.person])
    issuers = orgs.counties_of({draft.org for draft in wanted})
    phones = _phones(issuers.values())
    rows = []
    for draft in wanted:
        issuer = issuers[draft.org]
        known: dict[str, Any] = {"issuer": issuer.name, "phone": phones[issuer.path], "name": draft.name}
        if draft.values.get("who") == draft.name:
            known["who"] = book().self
        language = languages.get(draft.person or 0, "zh")
        rows += [
            _worded(draft, channel, language, {**draft.values, **known})
            for channel in channels(book()[draft.wording], draft)
        ]
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)


def channels(wording: Wording, draft: Draft) -> Sequence[str]:
    """An employer is told by letter, and only what must be told."""
    if draft.employer is None:
        return wording.channels
    return (LETTER,) if wording.must else ()


def write_letters(texts: QuerySet[Message]) -> None:
    """The letters that go in the stead of texts, where there are words for one."""
    rows = [
        Message(channel=LETTER, text=words.pop("instead"), due=timezone.now(), **words)
        for words in texts.exclude(instead="").values(*COPIED, "instead")
    ]
    Message.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)


def _worded(draft: Draft, channel: str, language: str, values: Mapping[str, Any]) -> Message:
    wording = book()[draft.wording]
    stands_in = wording.must and LETTER not in wording.channels and channel == TEXT
    return Message(
        org_id=draft.org,
        wording=draft.wording,
        channel=channel,
        language=language,
        person_id=draft.person,
        employer_id=draft.employer,
        name=draft.name,
        event=draft.event,
        kind=draft.kind,
        subject=draft.subject,
        text=wording.words(channel, language, values),
        instead=wording.words(LETTER, language, values) if stands_in else "",
        due=book().next_hour(draft.due or timezone.now()),
    )


def _languages(persons: Sequence[int]) -> dict[int, str]:
    return dict(Choice.objects.filter(among(persons, "person")).values_list("person", "language"))


def _phones(issuers: Iterable[Node]) -> dict[str, str]:
    """Whom to call, by issuer: its own telephone, else the nearest above it, else its name says whom."""
    chains = {node.path: orgs.chain_paths(node.path) for node in issuers}
    wanted = {path for chain in chains.values() for path in chain}
    known = dict(Node.objects.filter(path__in=wanted).values_list("path", "supervision_phone"))
    names = {node.path: node.name for node in issuers}
    return {
        path: next((known[step] for step in reversed(chain) if known.get(step)), names[path])
        for path, chain in chains.items()
    }

"""Letters on paper: address, words, and who writes; in the language of who is written to."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from nuanxin.kernel.paper import typeset
from nuanxin.kernel.sets import among
from nuanxin.orgs import queries as orgs
from nuanxin.registry.models import Employer, Member

from .models import Message
from .wordings import book, spell

_LETTER = Path(__file__).parent / "papers" / "letter.typ"


def pdf(letters: Sequence[Message]) -> bytes:
    """The letters one after another, each on pages of its own."""
    return typeset(_LETTER, {"letters": data(letters)})


def data(letters: Sequence[Message]) -> list[dict[str, Any]]:
    """What stands on each letter; a fixed number of statements."""
    homes = _homes([row.person_id for row in letters if row.person_id])
    firms = dict(
        Employer.objects.filter(among([row.employer_id for row in letters if row.employer_id])).values_list(
            "pk", "address"
        )
    )
    issuers = orgs.counties_of({str(row.org_id) for row in letters})
    today = timezone.localdate()
    return [
        {
            "number": str(row.pk),
            "language": row.language,
            "name": row.name,
            "firm": row.employer_id is not None,
            "address": homes.get(row.person_id or 0) or firms.get(row.employer_id or 0) or "",
            "title": book()[row.wording].title.in_(row.language),
            "paragraphs": row.text.splitlines(),
            "issuer": issuers[str(row.org_id)].name,
            "phone": issuers[str(row.org_id)].supervision_phone,
            "day": spell(today, row.language),
        }
        for row in letters
    ]


def _homes(persons: Sequence[int]) -> dict[int, str]:
    """By person the address of the household they live in, with its postcode."""
    rows = Member.objects.filter(among(persons, "person"), until__isnull=True)
    found = rows.values_list("person", "household__postcode", "household__address")
    return {person: f"{postcode} {address}".strip() for person, postcode, address in found}

"""Likely doubles: of somebody being entered, and the queue of pairs to be looked at."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import IdentityError, check_phone
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.kernel.sealing import fingerprint
from nuanxin.registry.doubles import rules
from nuanxin.registry.doubles.slips import read_id, slips
from nuanxin.registry.models import Household, Likeness, Member, Merge, Person

#: More are of no help to somebody filling in a form.
MOST = 8


@dataclass(frozen=True)
class Likely:
    """A registered person who may be the one asked about: by which rules, the strongest first."""

    person: Person
    household: Household | None
    rules: tuple[str, ...]

    @property
    def reasons(self) -> list[Any]:
        """The rules in words."""
        return [rules.LABELS[code] for code in self.rules]


def likely(
    *,
    org_path: str,
    name: str = "",
    id_number: str = "",
    phone: str = "",
    born_on: date | None = None,
    address: str = "",
    besides: int | None = None,
) -> list[Likely]:
    """Persons in scope who may be the one described, likeliest first; `besides` is a person of no interest.

    The bearer of the very ID number is not among them (that is no likeness but the person), unless an old
    number of 15 digits was given. A birth date is read from the ID number where there is one.
    """
    identity, old = read_id(id_number)
    question = {
        "org_path": org_path,
        "name": name.strip() or None,
        "pinyin": pinyin_key(name.strip())[:120] or None,
        "born_on": identity.birth if identity else born_on,
        "fixed": identity.number[:6] + identity.number[14:17] if identity else None,
        "phone_hash": _phone_hash(phone),
    }
    numbers = [identity.number] if identity and old else []
    meant = slips(identity.number) if identity else []
    found = _ask(question, _hashes(numbers), _hashes(meant), address.strip())
    own = fingerprint(identity.number, "id_number") if identity and not old else None
    return _people(found, besides, own)


def _phone_hash(phone: str) -> bytes | None:
    try:
        return fingerprint(check_phone(phone), "phone")
    except IdentityError:
        return None


def _hashes(numbers: list[str]) -> list[bytes]:
    return [fingerprint(number, "id_number") for number in numbers]


_ASKED = ", ".join(f"%({name})s::{kind} AS {name}" for name, kind in rules.QUESTION.items())
_ASK = f"""
    WITH asked AS (SELECT {_ASKED})
    SELECT rule, found FROM ({rules.matches("asked")}) m
    UNION ALL SELECT 'old_id', id FROM registry_person
        WHERE id_hash = ANY (%(same)s) AND merged_into_id IS NULL
    UNION ALL SELECT 'id_slip', id FROM registry_person
        WHERE id_hash = ANY (%(meant)s) AND merged_into_id IS NULL
    UNION ALL SELECT 'name_address', p.id FROM asked JOIN registry_person p ON p.name = asked.name
        JOIN registry_member m ON m.person_id = p.id AND m.until IS NULL
        JOIN registry_household h ON h.id = m.household_id
        WHERE h.address = %(address)s AND h.address <> '' AND p.merged_into_id IS NULL
"""


def _ask(
    question: dict[str, Any], same: list[bytes], meant: list[bytes], address: str
) -> dict[int, list[str]]:
    """The rules each person answers to."""
    with connection.cursor() as cursor:
        cursor.execute(_ASK, question | {"id": None, "same": same, "meant": meant, "address": address})
        found: dict[int, list[str]] = {}
        for rule, person in cursor.fetchall():
            found.setdefault(person, []).append(rule)
    return found


def _people(found: dict[int, list[str]], besides: int | None, own: bytes | None) -> list[Likely]:
    persons = Person.objects.select_related("org").in_bulk(set(found) - {besides})
    rows = [person for person in persons.values() if own is None or bytes(person.id_hash) != own]
    stays = Member.objects.filter(person__in=rows, until__isnull=True).select_related("household__head")
    homes = {stay.person_id: stay.household for stay in stays}
    answers = [
        Likely(person, homes.get(person.pk), tuple(sorted(found[person.pk], key=lambda r: -rules.WEIGHTS[r])))
        for person in rows
    ]
    answers.sort(key=lambda one: (-sum(rules.WEIGHTS[rule] for rule in one.rules), one.person.pk))
    return answers[:MOST]


def likenesses() -> QuerySet[Likeness]:
    """Pairs in scope between rows that both still stand for somebody or were merged into each other."""
    return Likeness.objects.select_related("left__org", "right__org", "org", "staff").order_by(
        "-weight", "id"
    )


def open_likenesses() -> QuerySet[Likeness]:
    """Pairs that wait to be looked at: not those of which one was merged into somebody else meanwhile."""
    return likenesses().filter(state="open", left__merged_into__isnull=True, right__merged_into__isnull=True)


def belongings(person: Person) -> list[tuple[Any, int]]:
    """How much of each kind refers to a person and would go over in a merge."""
    return [
        (_("家庭成员记录"), person.memberships.count()),
        (_("户主"), person.headed.count()),
        (_("会籍"), person.unions.count()),
        (_("情况记录"), person.circumstances.count()),
        (_("授权"), person.consents.count()),
    ]


def merges_of(likeness: Likeness) -> QuerySet[Merge]:
    """What was merged of a pair, the latest first."""
    pair = (likeness.left_id, likeness.right_id)
    return (
        Merge.objects.filter(kept__in=pair, gone__in=pair)
        .select_related("kept", "gone", "staff")
        .order_by("-id")
    )

"""Finding families: by name, pinyin, initials, employer, part of an address, ID number or phone.

Everything goes by ranges or equality, which row-level security lets an index serve, except a part of an
address, which the database function `registry_homes_at` finds (docs/decisions/search.md).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce

from django.db import connection
from django.db.models import F, Prefetch, Q, QuerySet

from nuanxin.kernel.identity import IdentityError, check_phone, parse_id
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.kernel.sealing import fingerprint
from nuanxin.kernel.sets import among, begins, found_in
from nuanxin.kernel.text import squeeze
from nuanxin.registry.models import Employer, Household, Member, Person

from .households import households

#: The most of one kind that is found, and one more, to tell that there are more.
MOST = 20
#: No name, address or number is longer than what is read of the text.
LONGEST = 60
#: The longest beginning of a name that stands before its space: zhuangzhuang, maimaiti.
_FRONT = 12
_SYLLABLE = (
    "(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)?(?:i?ang?|ua(?:i|ng?)?|[aeo]i|i?ao|i?ong|ou|iu|ui|er|[eiu]ng?|[iuv]e|uo|"
    "ia|[aeiouv])"
)
_SYLLABLES = re.compile(f"(?:{_SYLLABLE})+")
_DOTS = re.compile("[·•・‧∙⋅●.．]+")
_PART_OF_NUMBER = re.compile("[0-9]{6,}[Xx]?")


class Kind(Enum):
    """What a text in the search box is taken for."""

    EMPTY = "empty"
    SHORT = "short"  # one letter or digit: nearly everybody
    NUMBER = "number"  # a full ID number or mobile number
    PART = "part"  # digits that are neither
    LATIN = "latin"  # pinyin or initials
    WORDS = "words"


@dataclass(frozen=True)
class Asked:
    """A text of the search box: without what cannot be meant, and what it is taken for."""

    text: str
    kind: Kind


@dataclass
class Found:
    """What a text found in scope, at most MOST of each; `more` names the kinds of which there are more."""

    people: list[Person] = field(default_factory=list)
    homes: list[Household] = field(default_factory=list)
    employers: list[Employer] = field(default_factory=list)
    more: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.people or self.homes or self.employers)

    @property
    def households(self) -> list[int]:
        """The households of all that was found, each once, in that order."""
        lived_in = (home.pk for person in self.people if (home := home_of(person)))
        return list(dict.fromkeys([*lived_in, *(home.pk for home in self.homes)]))


def asked(text: str) -> Asked:
    """What is meant by a text, whatever its width, spaces and invisible marks."""
    plain = squeeze("".join(sign for sign in text if sign.isprintable() or sign.isspace()))[:LONGEST]
    if not plain:
        return Asked("", Kind.EMPTY)
    if _person_numbers(plain) is not None:
        return Asked(plain, Kind.NUMBER)
    if _PART_OF_NUMBER.fullmatch(plain):
        return Asked(plain, Kind.PART)
    letters = _letters(plain)
    if letters:
        return Asked(letters, Kind.LATIN if len(letters) > 1 else Kind.SHORT)
    return Asked(plain, Kind.WORDS if len(plain) > 1 or not plain.isascii() else Kind.SHORT)


def find(text: str) -> Found:
    """Persons, households and employers in scope that answer to the text."""
    what, found = asked(text), Found()
    if what.kind is Kind.NUMBER:
        found.people = _persons(find_people(text).values_list("pk", flat=True)[: MOST + 1])
    elif what.kind in (Kind.LATIN, Kind.WORDS):
        found.people = _persons(_called(what))
        found.employers = list(_employers(what)[: MOST + 1])
    if what.kind is Kind.WORDS:
        found.homes = list(households().filter(among(_homes_at(what.text))))
    for name in ("people", "homes", "employers"):
        rows = getattr(found, name)
        if len(rows) > MOST:
            found.more.add(name)
            del rows[MOST:]
    return found


def home_of(person: Person) -> Household | None:
    """The household a found person lives in."""
    lives: list[Member] = person.lives  # type: ignore[attr-defined]
    return lives[0].household if lives else None


def by_number(text: str) -> QuerySet[Person] | None:
    """Persons in scope with this very ID number or mobile number; None when the text is neither."""
    known = _person_numbers(text)
    return None if known is None else Person.objects.live().filter(known)


def find_people(text: str) -> QuerySet[Person]:
    """Persons in scope by full ID or mobile number, else by name, pinyin or initials."""
    what = asked(text)
    if what.kind is Kind.NUMBER:
        return Person.objects.live().filter(_person_numbers(what.text) or Q())
    if what.kind not in (Kind.LATIN, Kind.WORDS):
        return Person.objects.none()
    called = reduce(lambda one, other: one | other, (condition for condition, _order in _ways(what)))
    return Person.objects.live().filter(called).order_by("pinyin", "id")


def find_households(text: str, among: QuerySet[Household] | None = None) -> QuerySet[Household]:
    """Households in which somebody answers to the text: see `find_people`."""
    rows = households() if among is None else among
    if not text.strip():
        return rows
    people = find_people(text).order_by().values("pk")
    lives = Member.objects.filter(found_in(people, "person"), until__isnull=True)
    return rows.filter(found_in(lives.values("household")))


def id_hash(text: str) -> bytes | None:
    """The fingerprint of a full ID number; None when the text is none."""
    try:
        return fingerprint(parse_id(text).number, "id_number")
    except IdentityError:
        return None


# -- numbers and names -----------------------------------------------------------------------------------


def _person_numbers(text: str) -> Q | None:
    digest = id_hash(text)
    if digest is not None:
        return Q(id_hash=digest)
    try:
        return Q(phone_hash=fingerprint(check_phone(text), "phone"))
    except IdentityError:
        return None


def _letters(text: str) -> str:
    """The letters of a text in Latin, small and without accents; "" when it has anything else."""
    plain = unicodedata.normalize("NFKD", text.lower().replace("ü", "v"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign) and sign not in "'’-·.")
    return plain if plain.isascii() and plain.isalpha() else ""


def _ways(what: Asked) -> list[tuple[Q, tuple[str, str]]]:
    """The conditions under which a person is called so, the likeliest first, each with its index's order."""
    if what.kind is Kind.LATIN:
        return [
            *((begins("pinyin", key), ("pinyin", "org_id")) for key in pinyin_keys(what.text)),
            (begins("initials", what.text), ("initials", "org_id")),
        ]
    return [(named, ("name", "org_id")) for named in _names(what.text)]


def pinyin_keys(letters: str) -> list[str]:
    """The pinyin keys that may be meant by letters without a space: wangjianguo is wang jianguo."""
    fronts = range(1, min(len(letters), _FRONT + 1))
    cuts = [place for place in fronts if _SYLLABLES.fullmatch(letters[:place])]
    return [f"{letters[:place]} {letters[place:]}" for place in cuts] + [letters]


def _names(text: str) -> Iterable[Q]:
    """By name as typed; with the dot of a minority name wherever it may stand."""
    if _DOTS.search(text):
        first = _DOTS.split(text)[0]
        yield begins("pinyin", pinyin_key(text)) & begins("name", first)
        return
    yield begins("name", text)
    if len(text) > 3 and not text.isascii():
        dotted = (f"{text[:place]}·{text[place:]}" for place in range(2, min(len(text), _FRONT)))
        yield reduce(lambda one, other: one | other, (begins("name", name) for name in dotted))


def _called(what: Asked) -> list[int]:
    """Persons by each way in turn, as the index gives them; then those who work for an employer called so."""
    found: dict[int, None] = {}
    for condition, order in _ways(what):
        rows = Person.objects.live().filter(condition).order_by(*order).values_list("pk", flat=True)
        found |= dict.fromkeys(rows[: MOST + 1 - len(found)])
        if len(found) > MOST:
            return list(found)
    if what.kind is Kind.WORDS and len(what.text) > 1:
        found |= dict.fromkeys(_working_for(what.text))
    return list(found)[: MOST + 1]


def _persons(keys: Iterable[int]) -> list[Person]:
    """The persons in the order of their keys, each with `lives`: where they live now."""
    keys = list(keys)
    members = Member.objects.filter(until__isnull=True, household__ended_on__isnull=True)
    rows = (
        Person.objects.filter(among(keys))
        .select_related("org")
        .prefetch_related(Prefetch("memberships", members.select_related("household__head"), to_attr="lives"))
    )
    return sorted(rows, key=lambda person: keys.index(person.pk))


# -- employers and addresses -----------------------------------------------------------------------------

# First the different employers of each union, which the index has by itself, then those who work there.
_WORKING_FOR = """
    SELECT p.id FROM (
        SELECT DISTINCT org_path, employer FROM registry_person
        WHERE employer <> '' AND strpos(employer, %(part)s) > 0 LIMIT %(most)s) works
    JOIN registry_person p ON p.org_path = works.org_path AND p.employer = works.employer AND p.employer <> ''
    WHERE p.merged_into_id IS NULL LIMIT %(most)s
"""


def _working_for(part: str) -> list[int]:
    """Persons whose employer's name has the part."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKING_FOR, {"part": part, "most": MOST + 1})
        return [key for (key,) in cursor.fetchall()]


def _employers(what: Asked) -> QuerySet[Employer]:
    rows = Employer.objects.select_related("org").order_by(F("closed_on").desc(nulls_first=True), "pinyin")
    if what.kind is Kind.LATIN:
        return rows.filter(begins("pinyin", what.text) | begins("initials", what.text))
    return rows.filter(name__contains=what.text) if len(what.text) > 1 else rows.none()


def _homes_at(part: str) -> list[int]:
    """Households whose address has the part, by the function that applies the scope itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry_homes_at(%s, %s)", [part, MOST + 1])
        return [key for (key,) in cursor.fetchall()]

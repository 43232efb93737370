"""Finding persons and households by number, name or pinyin."""

from django.db.models import Exists, OuterRef, QuerySet

from nuanxin.kernel.identity import IdentityError, check_phone, parse_id
from nuanxin.kernel.sealing import fingerprint
from nuanxin.kernel.sets import begins
from nuanxin.registry.models import Household, Member, Person

from .households import households


def by_number(text: str) -> QuerySet[Person] | None:
    """Persons in scope with this very ID number or mobile number; None when the text is neither."""
    try:
        return Person.objects.filter(id_hash=fingerprint(parse_id(text).number, "id_number"))
    except IdentityError:
        pass
    try:
        return Person.objects.filter(phone_hash=fingerprint(check_phone(text), "phone"))
    except IdentityError:
        return None


def find_people(text: str) -> QuerySet[Person]:
    """Persons in scope by full ID or mobile number, else by name, pinyin or initials."""
    text = text.strip()
    exact = by_number(text)
    if exact is not None:
        return exact
    key = text.lower()
    called = begins("pinyin", key) | begins("initials", key) if text.isascii() else begins("name", text)
    return Person.objects.filter(called).order_by("pinyin", "id")


def find_households(text: str, among: QuerySet[Household] | None = None) -> QuerySet[Household]:
    """Households in which somebody answers to the text: see `find_people`."""
    rows = households() if among is None else among
    if not text.strip():
        return rows
    lives = Member.objects.filter(
        household=OuterRef("pk"), until__isnull=True, person__in=find_people(text).order_by()
    )
    return rows.filter(Exists(lives))

"""Administrative divisions by code and by name."""

from collections.abc import Iterable

from django.db.models import Q, Value
from django.db.models.functions import Length, Replace

from nuanxin.registry.models import Division, Person


def division_of(code: str) -> Division | None:
    """The division of a six-digit code, an abolished one too."""
    return Division.objects.filter(code=code).first()


def find_division(text: str) -> Division | None:
    """What a person means by a code or a name, in full or not; None when it is none or several."""
    text = text.strip()
    rows = Division.objects.filter(Q(code=text) | Q(full_name=text) | Q(name=text, abolished=False))
    found = list(rows.order_by("abolished", "code")[:2])
    exact = [row for row in found if text in (row.code, row.full_name) and not row.abolished]
    if exact:
        return exact[0]
    return found[0] if len(found) == 1 else None


def divisions_like(text: str, most: int = 12) -> list[Division]:
    """Divisions of today that a text may mean: by name, full name, pinyin or code, from their beginnings.

    Of those that begin so the shorter names come first; nothing is offered for less than two characters.
    """
    text = text.strip()
    if len(text) < 2:
        return []
    meant = Q(name__startswith=text) | Q(full_name__startswith=text) | Q(code__startswith=text)
    if text.isascii():
        meant |= Q(letters__startswith=text.lower().replace(" ", ""))
    letters = Replace("pinyin", Value(" "), Value(""))
    rows = Division.objects.alias(letters=letters).filter(meant, abolished=False)
    return list(rows.order_by(Length("full_name"), "code")[:most])


def native_places(persons: Iterable[Person]) -> dict[int, str]:
    """By person: the division in which the ID number was first issued; those unknown are left out."""
    codes = {person.pk: person.id_mask[:6] for person in persons}
    names = dict(Division.objects.filter(code__in=set(codes.values())).values_list("code", "full_name"))
    return {pk: names[code] for pk, code in codes.items() if code in names}


def native_place(person: Person) -> str:
    """The division in which the ID number was first issued, by its first six digits; "" when unknown."""
    return native_places([person]).get(person.pk, "")

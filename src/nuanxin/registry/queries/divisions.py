"""Administrative divisions by code and by name."""

from django.db.models import Q

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


def native_place(person: Person) -> str:
    """The division in which the ID number was first issued, by its first six digits; "" when unknown."""
    division = division_of(person.id_mask[:6])
    return division.full_name if division else ""

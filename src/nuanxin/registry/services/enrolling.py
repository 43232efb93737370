"""Taking many workers into a union at once from a list of names and ID numbers.

Set-based: a list of any length costs the same few statements. What cannot be taken in is told row by row;
the others join.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.identity import IdentityError, IdNumber, mask_id, parse_id
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint, seal
from nuanxin.kernel.sets import among
from nuanxin.records import services as records
from nuanxin.registry.importing.checks import filed_elsewhere
from nuanxin.registry.models import Employer, Enrolment, Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER

from .employers import union_at
from .people import phone_fields

#: One list of an event; beyond it the list is sent in parts.
MOST = 5_000
LONGEST_NAME = 60


@dataclass(frozen=True)
class Row:
    """A line of the list: where it stands (from 1) and what was typed."""

    line: int
    name: str
    id_number: str
    phone: str = ""


@dataclass(frozen=True)
class Wrong:
    """A line that was left out, and why; the number masked."""

    line: int
    name: str
    number: str
    why: str


@dataclass
class Receipt:
    """What came of a list: every line is in `joined`, in `already` or in `wrong`."""

    enrolment: Enrolment | None = None
    listed: int = 0
    joined: int = 0
    entered: int = 0
    already: int = 0
    wrong: list[Wrong] = field(default_factory=list)


@dataclass(frozen=True)
class _Checked:
    row: Row
    identity: IdNumber
    digest: bytes
    phone: dict[str, Any]


@transaction.atomic
def enrol_many(
    *, union: str, rows: Sequence[Row], title: str, held_on: date, form: str,
    employer: Employer | None = None, founded: bool = False,
) -> Receipt:  # fmt: skip
    """Take the persons of a list into the union at a path on a day; new ones are entered there."""
    scope.current().require(EDIT_EMPLOYER)
    node = union_at(union)
    _refuse_list(rows, title, held_on, form)
    receipt = Receipt(listed=len(rows))
    checked = _checked(rows, receipt)
    people = _people(node.path, checked, receipt)
    living = _who_can_join(checked, people, held_on, receipt)
    joined = _joined(node.path, living, held_on, form, employer)
    receipt.joined = len(joined)
    _tell_the_rest(node.path, living, joined, receipt)
    receipt.wrong.sort(key=lambda wrong: wrong.line)
    receipt.enrolment = Enrolment.objects.create(
        org=node, title=title.strip(), held_on=held_on, founded=founded, form=form,
        listed=receipt.listed, joined=receipt.joined, staff_id=scope.current().staff_id,
    )  # fmt: skip
    Membership.objects.filter(among(joined.values())).update(enrolment=receipt.enrolment)
    if employer:
        Person.objects.filter(among(joined), works_for__isnull=True).update(works_for=employer)
    records.note(
        "union.enrolled",
        subject=receipt.enrolment,
        detail={"listed": receipt.listed, "joined": receipt.joined, "already": receipt.already},
    )
    return receipt


def rows_of(lines: Iterable[Sequence[Any]]) -> list[Row]:
    """The rows of a table of name, ID number and, if any, phone; without blank lines and heading."""
    found: list[Row] = []
    for line, cells in enumerate(lines, 1):
        name, number, phone = [*(_text(cell) for cell in cells[:3]), "", "", ""][:3]
        heading = not any(sign.isdigit() for sign in number) and not found
        if (name or number) and not heading:
            found.append(Row(line, name, number, phone))
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _refuse_list(rows: Sequence[Row], title: str, held_on: date, form: str) -> None:
    if not rows:
        raise Refused(_("名单里没有人。每行写姓名、身份证号，手机可不填。"), code="empty", field="people")
    if len(rows) > MOST:
        raise Refused(_("一次最多 %(most)s 人，请分几次提交。") % {"most": MOST}, code="long", field="people")
    if not title.strip():
        raise Refused(_("请填写活动名称。"), code="no_title", field="title")
    if held_on > timezone.localdate():
        raise Refused(_("入会日期不能晚于今天。"), code="future", field="held_on")
    if form not in Membership.Form.values:
        raise Refused(_("请选择用工形式。"), code="no_form", field="form")


def _wrong(receipt: Receipt, row: Row, why: str) -> None:
    receipt.wrong.append(Wrong(row.line, row.name, mask_id(row.id_number), why))


def _checked(rows: Sequence[Row], receipt: Receipt) -> dict[bytes, _Checked]:
    """The sound lines by the fingerprint of their number."""
    found: dict[bytes, _Checked] = {}
    for row in rows:
        try:
            identity = parse_id(row.id_number)
            digest = fingerprint(identity.number, "id_number")
            if not row.name:
                _wrong(receipt, row, _("没有填姓名。"))
            elif len(row.name) > LONGEST_NAME:
                _wrong(receipt, row, _("姓名太长。"))
            elif digest in found:
                line = found[digest].row.line
                _wrong(receipt, row, _("与第 %(line)s 行是同一个身份证号。") % {"line": line})
            else:
                found[digest] = _Checked(row, identity, digest, phone_fields(row.phone))
        except (IdentityError, Refused) as error:
            _wrong(receipt, row, str(error.message))
    return found


def _people(union: str, checked: dict[bytes, _Checked], receipt: Receipt) -> dict[bytes, Person]:
    """The persons of the lines, entered when new; those another county has are told."""
    known = _known(checked)
    counties = filed_elsewhere([digest for digest in checked if digest not in known])
    new = [one for digest, one in checked.items() if digest not in known and digest not in counties]
    if new:
        Person.objects.bulk_create([_person(union, one) for one in new], ignore_conflicts=True)
        known = _known(checked)
    receipt.entered = sum(one.digest in known for one in new)
    for digest, one in checked.items():
        if digest not in known:
            county = counties.get(digest) or _("其他地区")
            _wrong(receipt, one.row, _("已在%(county)s登记，请与其联系。") % {"county": county})
    return known


def _known(checked: dict[bytes, _Checked]) -> dict[bytes, Person]:
    rows = Person.objects.filter(id_hash__in=list(checked)).only("id_hash", "name", "died_on", "merged_into")
    return {bytes(person.id_hash): person for person in rows}


def _person(union: str, one: _Checked) -> Person:
    name = one.row.name
    return Person(
        org_id=union,
        name=name,
        pinyin=pinyin_key(name)[:120],
        initials=pinyin_initials(name)[:30],
        sex=one.identity.sex,
        born_on=one.identity.birth,
        id_cipher=seal(one.identity.number, "id_number"),
        id_hash=one.digest,
        id_mask=mask_id(one.identity.number),
        **one.phone,
    )


def _who_can_join(
    checked: dict[bytes, _Checked], people: dict[bytes, Person], day: date, receipt: Receipt
) -> dict[int, _Checked]:
    """The lines whose person is who the line says and alive, by the person's key."""
    found = {}
    for digest, person in people.items():
        one = checked[digest]
        if person.name != one.row.name:
            _wrong(receipt, one.row, _("该身份证号登记的姓名与填写的不一致，请核对。"))
        elif person.merged_into_id:
            _wrong(receipt, one.row, _("该身份证号已并入另一人，请用合并后的号码。"))
        elif person.died_on:
            _wrong(receipt, one.row, _("该职工已去世。"))
        elif one.identity.birth > day:
            _wrong(receipt, one.row, _("入会日期早于出生日期。"))
        else:
            found[person.pk] = one
    return found


# Who is a member anywhere, also out of sight, is passed over by the index of one live union a person.
_JOIN = """
    INSERT INTO registry_membership
        (org_path, person_id, employer_id, form, joined_on, left_because, created)
    SELECT %(union)s, person, %(employer)s, %(form)s, %(day)s, '', now()
    FROM unnest(%(people)s::bigint[]) AS asked (person)
    ON CONFLICT (person_id) WHERE left_on IS NULL DO NOTHING
    RETURNING person_id, id
"""


def _joined(
    union: str, living: dict[int, _Checked], day: date, form: str, employer: Employer | None
) -> dict[int, int]:
    """The memberships made, by person."""
    params = {
        "union": union,
        "employer": employer.pk if employer else None,
        "form": form,
        "day": day,
        "people": list(living),
    }
    with connection.cursor() as cursor:
        cursor.execute(_JOIN, params)
        return dict(cursor.fetchall())


def _tell_the_rest(union: str, living: dict[int, _Checked], joined: dict[int, int], receipt: Receipt) -> None:
    """Count those who were members of this union before, and tell of members of other unions."""
    rest = [person for person in living if person not in joined]
    live = Membership.objects.filter(among(rest, "person_id"), left_on__isnull=True).select_related("org")
    unions = {membership.person_id: membership.org for membership in live}
    for person in rest:
        node = unions.get(person)
        if node is not None and node.path == union:
            receipt.already += 1
        else:
            where = node.local_name if node else _("其他地区工会")
            _wrong(receipt, living[person].row, _("已是%(union)s会员，请办理转会。") % {"union": where})

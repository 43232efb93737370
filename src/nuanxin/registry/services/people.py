"""Persons: entered once in the whole tree, by ID number."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.identity import (
    IdentityError,
    IdNumber,
    check_contact,
    check_phone,
    mask_id,
    mask_phone,
    parse_id,
)
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint, seal
from nuanxin.registry.importing.checks import filed_elsewhere
from nuanxin.registry.models import Person

#: Plain fields of a person that callers may set.
FIELDS = frozenset(
    [
        "ethnic",
        "id_expires_on",
        "political",
        "education",
        "marriage",
        "hukou",
        "health",
        "disability_kind",
        "disability_level",
        "work_status",
        "model_worker",
        "medical_insurance",
        "employer",
        "contract_term",
        "started_work_on",
        "monthly_income",
        "school",
        "school_entered",
        "school_years",
    ]
)


@transaction.atomic
def create_person(
    *, org_path: str, name: str, id_number: str, phone: str = "", contact: str = "", **fields: Any
) -> Person:
    """Enter a person at a node; Refused for a wrong ID or phone, or a person registered anywhere."""
    identity = _checked(id_number)
    digest = fingerprint(identity.number, "id_number")
    if Person.objects.filter(id_hash=digest).exists():
        raise Refused(_("该身份证号已登记，请直接选用。"), code="known_here", field="id_number")
    refuse_if_elsewhere(digest)
    person = Person(
        org_id=org_path,
        sex=identity.sex,
        born_on=identity.birth,
        id_cipher=seal(identity.number, "id_number"),
        id_hash=digest,
        id_mask=mask_id(identity.number),
        **_named(name),
        **phone_fields(phone),
        **contact_fields(contact),
        **plain(fields),
    )
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:
        raise Refused(_("该身份证号刚刚在别处登记。"), code="filed_meanwhile", field="id_number") from error
    return person


@transaction.atomic
def ensure_person(*, org_path: str, name: str, id_number: str, phone: str = "", **fields: Any) -> Person:
    """The person of this ID number in scope, entered when new: for workers helped without a file.

    A number found to be another person's by a merge answers with that person. Refused when the name belongs
    to another number, or when another county has the person.
    """
    digest = fingerprint(_checked(id_number).number, "id_number")
    known = Person.objects.select_related("merged_into").filter(id_hash=digest).first()
    if (
        known is not None
        and known.merged_into is not None
        and name.strip() in (known.name, known.merged_into.name)
    ):
        return known.merged_into
    if known is None:
        return create_person(org_path=org_path, name=name, id_number=id_number, phone=phone, **fields)
    if known.name != name.strip():
        raise Refused(_("该身份证号登记的姓名与填写的不一致，请核对。"), code="name_differs", field="name")
    return known


def refuse_if_elsewhere(digest: bytes) -> None:
    """Refused, naming the county, when the ID number is registered outside the actor's scope."""
    county = filed_elsewhere([digest]).get(digest)
    if county:
        raise Refused(
            _("该身份证号已在%(county)s登记，请与其联系办理转移。") % {"county": county},
            code="filed_elsewhere",
            field="id_number",
        )


def _checked(id_number: str) -> IdNumber:
    try:
        return parse_id(id_number)
    except IdentityError as error:
        raise Refused(error.message, code=error.code, field="id_number") from error


def _named(name: str) -> dict[str, str]:
    name = name.strip()
    if not name:
        raise Refused(_("请填写姓名。"), code="no_name", field="name")
    return {"name": name, "pinyin": pinyin_key(name)[:120], "initials": pinyin_initials(name)[:30]}


def phone_fields(phone: str) -> dict[str, Any]:
    """The three stored forms of a mobile number; all empty for ""."""
    if not phone:
        return {"phone_cipher": None, "phone_hash": None, "phone_mask": ""}
    try:
        number = check_phone(phone)
    except IdentityError as error:
        raise Refused(error.message, code=error.code, field="phone") from error
    return {
        "phone_cipher": seal(number, "phone"),
        "phone_hash": fingerprint(number, "phone"),
        "phone_mask": mask_phone(number),
    }


def contact_fields(contact: str) -> dict[str, Any]:
    """Another way to reach a person, sealed like a phone: a number in its one form, or free words."""
    contact = contact.strip()
    if not contact:
        return {"contact_cipher": None, "contact_mask": ""}
    try:
        contact = check_contact(contact)
    except IdentityError:
        contact = contact[:60]
    return {"contact_cipher": seal(contact, "phone"), "contact_mask": mask_phone(contact)}


def plain(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields, when all are ones that may be set; TypeError names a wrong one."""
    if unknown := set(fields) - FIELDS:
        raise TypeError(f"no fields of a person: {sorted(unknown)}")
    return fields

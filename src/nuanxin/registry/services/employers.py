"""Employers: entered once in the whole tree by their credit code, with the union of their workers."""

from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.identity import IdentityError, check_credit_code
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs.models import Node
from nuanxin.records import services as records
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Employer, Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER

#: Plain fields of an employer that callers may set.
FIELDS = frozenset(["nature", "state", "industry", "address", "contact", "telephone", "headcount"])


@transaction.atomic
def create_employer(
    *, name: str, credit_code: str = "", union: str | None = None, org_path: str | None = None, **fields: Any
) -> Employer:
    """Enter an employer at a node, the actor's own by default; Refused when its credit code is wrong or
    taken anywhere in the tree."""
    scope.current().require(EDIT_EMPLOYER)
    employer = Employer(
        org_id=org_path or scope.current().org_path,
        credit_code=_free_code(credit_code),
        union=union_at(union) if union else None,
        **_named(name),
        **_plain(fields),
    )
    _save(employer)
    records.note("employer.created", subject=employer)
    return employer


@transaction.atomic
def change_employer(*, employer: Employer, name: str, credit_code: str = "", **fields: Any) -> Employer:
    """Change an employer's facts; what a caller does not name stays."""
    scope.current().require(EDIT_EMPLOYER)
    row = _locked(employer)
    _refuse_if_closed(row)
    changed = _named(name) | {"credit_code": _free_code(credit_code, row.pk)} | _plain(fields)
    for field, value in changed.items():
        setattr(row, field, value)
    _save(row)
    records.note("employer.changed", subject=row)
    return row


@transaction.atomic
def set_union(*, employer: Employer, union: str | None) -> Employer:
    """Say which grassroots union the employer's workers belong to; None: there is none."""
    scope.current().require(EDIT_EMPLOYER)
    row = _locked(employer)
    _refuse_if_closed(row)
    row.union = union_at(union) if union else None
    row.save(update_fields=["union", "changed"])
    records.note("employer.organised", subject=row, note=row.union.name if row.union else "")
    return row


@transaction.atomic
def close_employer(*, employer: Employer, closed_on: date) -> Employer:
    """The employer exists no longer; refused as long as members are enrolled through it."""
    scope.current().require(EDIT_EMPLOYER)
    row = _locked(employer)
    _refuse_if_closed(row)
    if closed_on > timezone.localdate():
        raise Refused(_("注销日期不能晚于今天。"), code="future", field="closed_on")
    members = Membership.objects.filter(employer=row, left_on__isnull=True).count()
    if members:
        raise Refused(
            _("还有 %(count)s 名会员的会籍在该单位，请先为他们办理转会或离会。") % {"count": members},
            code="has_members",
        )
    row.closed_on = closed_on
    row.save(update_fields=["closed_on", "changed"])
    records.note("employer.closed", subject=row)
    return row


# Only a name that one open employer in scope has can be meant; other texts wait for somebody's choice.
_LINK = """
    WITH named AS (
        SELECT name, min(id) AS id FROM registry_employer WHERE closed_on IS NULL
        GROUP BY name HAVING count(*) = 1)
    UPDATE registry_person p SET works_for_id = named.id FROM named
    WHERE p.employer <> '' AND p.employer = named.name AND p.works_for_id IS NULL
      AND p.merged_into_id IS NULL AND p.died_on IS NULL
"""


@transaction.atomic
def link_workers() -> int:
    """Link persons whose employer is only a text to the employer of that very name; how many were linked."""
    scope.current().require(EDIT_EMPLOYER)
    with connection.cursor() as cursor:
        cursor.execute(_LINK)
        linked = cursor.rowcount
    if linked:
        records.note("employer.linked", detail={"persons": linked})
    return linked


@transaction.atomic
def set_employer(*, person: Person, employer: Employer | None) -> Person:
    """Say whom a person works for; None: for none of the registered employers."""
    scope.current().require(EDIT_EMPLOYER)
    row = get_or_out_of_sight(Person.objects.live().select_for_update(), pk=person.pk)
    if employer is not None:
        employer = _locked(employer)
        _refuse_if_closed(employer)
    row.works_for = employer
    row.save(update_fields=["works_for"])
    records.note("person.employed", subject=row, note=employer.name if employer else "")
    return row


@transaction.atomic
def end_work(*, persons: QuerySet[Person]) -> int:
    """These persons work for no registered employer any more; how many there were."""
    scope.current().require(EDIT_EMPLOYER)
    keys = list(persons.order_by().values_list("pk", flat=True))
    ended = Person.objects.filter(among(keys), works_for__isnull=False).update(works_for=None)
    records.note("employer.left", detail={"persons": ended})
    return ended


def union_at(path: str) -> Node:
    """An active union within the actor's scope that takes members; Refused otherwise."""
    node = keepers(scope.current().org_path).filter(path=path).first()
    if node is None:
        raise Refused(_("请选择您管辖范围内的基层工会。"), code="no_union", field="union")
    return node


def _locked(employer: Employer) -> Employer:
    return get_or_out_of_sight(Employer.objects.select_for_update(), pk=employer.pk)


def _refuse_if_closed(employer: Employer) -> None:
    if employer.closed_on:
        raise Refused(_("该单位已注销，不能再修改。"), code="closed")


def _named(name: str) -> dict[str, str]:
    name = " ".join(name.split())
    if not name:
        raise Refused(_("请填写单位名称。"), code="no_name", field="name")
    return {"name": name, "pinyin": pinyin_key(name)[:240], "initials": pinyin_initials(name)[:60]}


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - FIELDS:
        raise TypeError(f"no fields of an employer: {sorted(unknown)}")
    return fields


def _free_code(text: str, of: int | None = None) -> str | None:
    """The credit code in its one form, None for ""; Refused when another employer anywhere has it."""
    if not text.strip():
        return None
    try:
        code = check_credit_code(text)
    except IdentityError as error:
        raise Refused(error.message, code=error.code, field="credit_code") from error
    known = Employer.objects.filter(credit_code=code).exclude(pk=of).first()
    if known:
        message = _("该信用代码已登记为“%(name)s”，请直接选用。") % {"name": known.name}
        raise Refused(message, code="known_here", field="credit_code")
    if county := _elsewhere(code):
        message = _("该信用代码已在%(county)s登记，请与其联系。") % {"county": county}
        raise Refused(message, code="filed_elsewhere", field="credit_code")
    return code


def _elsewhere(code: str) -> str | None:
    """The county outside the actor's scope that has an employer of this code. The question is recorded."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT county FROM registry_employer_elsewhere(%s)", [code])
        found = cursor.fetchone()
    if scope.current().org_path:
        records.note("registry.employer_looked_up", detail={"asked": code, "found": bool(found)})
    return found[0] if found else None


def _save(employer: Employer) -> None:
    try:
        with transaction.atomic():
            employer.save()
    except IntegrityError as error:
        message = _("该信用代码刚刚在别处登记。")
        raise Refused(message, code="filed_meanwhile", field="credit_code") from error

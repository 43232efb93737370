"""Requests between unions out of each other's sight: give us this person, take this household.

The asker learns the name of the county that has the file and nothing else; the holder decides. Only an
agreed move crosses the scopes: it acts for the whole tree, for that moment and that household alone, and
stands on the chains of both sides.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, subtree
from nuanxin.kernel.identity import IdentityError, parse_id
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.orgs.models import Node
from nuanxin.records import services as records
from nuanxin.registry.flow import TRANSFER
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Household, Member, Person, Transfer
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from . import lifetimes


@transaction.atomic
def ask_transfer(*, id_number: str, name: str, union: str, reason: str) -> Transfer:
    """Ask whoever has this ID number filed to let the person come to one of our unions.

    Refused when nobody outside our scope has it, or a request for the person is open already.
    """
    actor = scope.current()
    actor.require(EDIT_HOUSEHOLD)
    _refuse_keeper(union, actor.org_path)
    _refuse_blank(reason, "reason")
    try:
        number = parse_id(id_number).number
    except IdentityError as error:
        raise Refused(error.message, code=error.code, field="id_number") from error
    asked: list[Any] = [fingerprint(number, "id_number"), actor.org_path, union, name.strip(), reason.strip()]
    with _one_open(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT transfer FROM registry_ask_transfer(%s, %s, %s, %s, %s, %s)", [*asked, actor.staff_id]
        )
        found = cursor.fetchone()
    if found is None:
        raise Refused(
            _("没有别的单位登记过这个身份证号，可以直接登记。"), code="not_elsewhere", field="id_number"
        )
    transfer = Transfer.objects.select_related("other").get(pk=found[0])
    _tell("transfer.asked", transfer, reason)
    return transfer


@transaction.atomic
def offer_transfer(*, household: Household, county: str, reason: str) -> Transfer:
    """Ask a county out of our sight to take a household of ours; it names the union."""
    actor = scope.current()
    actor.require(EDIT_HOUSEHOLD)
    _refuse_blank(reason, "reason")
    node = Node.objects.filter(path=county, kind=Node.Kind.COUNTY, active=True).first()
    if node is None or _within(node.path, actor.org_path):
        raise Refused(_("请选择您范围以外的县级总工会。"), code="no_county", field="county")
    (house,) = lifetimes.locked(household)
    with _one_open():
        transfer = Transfer.objects.create(
            org_id=actor.org_path,
            other_id=node.path,
            target_id=node.path,
            kind=Transfer.Kind.GIVE,
            person=house.head,
            household=house,
            name=house.head.name,
            reason=reason.strip(),
            staff_id=actor.staff_id,
        )
    _tell("transfer.offered", transfer, reason)
    return transfer


@transaction.atomic
def accept_transfer(*, transfer: Transfer, answer: str = "", union: str = "") -> Transfer:
    """Agree, and move at once. Who takes a household names the union it is to live under.

    A head comes with the whole household, another member, or a person without one, alone. Refused while an
    application or payment of the household is under way.
    """
    row = _to_answer(transfer)
    target = str(row.target_id)
    if row.kind == Transfer.Kind.GIVE:
        _refuse_keeper(union, str(row.other_id))
        target = union
    row = _answer(row, "accept", answer, target_id=target)
    with scope.acting(lifetimes.everywhere()):
        home = _move(row, target)
        Transfer.objects.filter(pk=row.pk).update(household=home)
        # what was noted before stays on the former county's chain; the file's new one begins with this
        records.note("transfer.done", subject=home or row.person, org_path=target, note=row.reason)
    _tell("transfer.done", row, answer)
    return row


@transaction.atomic
def refuse_transfer(*, transfer: Transfer, answer: str) -> Transfer:
    """Say no, with the reason the asker reads."""
    _refuse_blank(answer, "answer")
    row = _to_answer(transfer)
    return _answer(row, "refuse", answer)


@transaction.atomic
def withdraw_transfer(*, transfer: Transfer, reason: str) -> Transfer:
    """Take our own request back."""
    row = get_or_out_of_sight(Transfer.objects.all(), pk=transfer.pk)
    if not _within(str(row.org_id), scope.current().org_path):
        raise Refused(_("只能撤回本单位提出的请求。"), code="not_ours")
    _refuse_blank(reason, "answer")
    return _answer(row, "withdraw", reason)


def answerable(transfer: Transfer, actor: Actor) -> bool:
    """Whether the request is addressed to the actor's side, and not made by it."""
    return _within(str(transfer.other_id), actor.org_path) and actor.staff_id != transfer.staff_id


def _move(transfer: Transfer, union: str) -> Household | None:
    """Carry who was asked for to the union, with the household where the person is its head."""
    person = transfer.person.merged_into or transfer.person
    stay = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    if stay is None or stay.household.head_id != person.pk:
        if transfer.kind == Transfer.Kind.GIVE:
            raise Refused(_("该户的户主已变更，请让对方撤回后重新提出。"), code="head_changed")
        if stay is not None:
            lifetimes.take_out(stay)
        person.org_id, person.works_for = union, None
        person.save(update_fields=["org", "works_for"])
        return None
    (house,) = lifetimes.locked(stay.household)
    lives = Member.objects.filter(household=house, until__isnull=True).values("person")
    Person.objects.filter(pk__in=lives).exclude(works_for=None).update(works_for=None)
    lifetimes.carry(house, union)
    return house


def _to_answer(transfer: Transfer) -> Transfer:
    row = get_or_out_of_sight(Transfer.objects.all(), pk=transfer.pk)
    if not _within(str(row.other_id), scope.current().org_path):
        raise Refused(_("这份请求应由对方单位答复。"), code="not_yours")
    return row


def _answer(row: Transfer, action: str, words: str, **data: Any) -> Transfer:
    """Make the move; its line in the audit trail belongs on the asker's chain, which may be out of scope."""
    said = {"answer": words.strip(), "answered": timezone.now(), "answered_by_id": scope.current().staff_id}
    with scope.acting(lifetimes.everywhere()):
        answered: Transfer = TRANSFER.fire(row, action, note=words, **said, **data)
    return answered


def _tell(action: str, transfer: Transfer, why: str) -> None:
    """On the chains of both sides."""
    with scope.acting(lifetimes.everywhere()):
        for path in {str(transfer.org_id), str(transfer.other_id)}:
            records.note(action, subject=transfer, org_path=path, note=why, detail={"kind": transfer.kind})


@contextmanager
def _one_open() -> Iterator[None]:
    """A savepoint in which a second open request for the same person becomes a refusal."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "transfer_one_open" not in str(error):
            raise
        raise Refused(_("此人已有一份待答复的转移请求。"), code="asked_before") from error


def _refuse_keeper(union: str, under: str) -> None:
    if not union or not keepers(under).filter(path=union).exists():
        raise Refused(_("请选择管理家庭的基层工会。"), code="no_keeper", field="union")


def _refuse_blank(text: str, field: str) -> None:
    if not text.strip():
        raise Refused(_("请写明原因。"), code="no_note", field=field)


def _within(path: str, ancestor: str) -> bool:
    low, high = subtree(ancestor)
    return low <= path < high


def open_for(actor: Actor) -> Q:
    """Open requests that the actor's side is to answer."""
    low, high = subtree(actor.org_path)
    return Q(state="asked", other__gte=low, other__lt=high)

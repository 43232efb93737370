"""Who is on a drive: families from the files, workers without one, groups."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import File
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import ZERO, Money
from nuanxin.kernel.pinyin import pinyin_key
from nuanxin.kernel.refusal import Refused
from nuanxin.orgs.models import Node
from nuanxin.records import services as records
from nuanxin.registry import services as registry
from nuanxin.registry.services.households import card_fields

from .. import queries
from ..models import Drive, Recipient
from .drives import open_for_change

#: How many names a sentence tells at most.
NAMED = 5


@dataclass(frozen=True)
class Added:
    """What became of a choice of files: how many were added, and who could not be for want of a card."""

    added: int
    without_card: list[str] = field(default_factory=list)
    without_card_count: int = 0


_ADD_FILES = """
    INSERT INTO campaigns_recipient (org_path, drive_id, kind, target, file_id, person_id, id_hash, id_mask,
        phone_mask, name, pinyin, headcount, cash, gifts, gift_value, bank, branch, card_cipher, card_hash,
        card_mask, state, gifts_delivered, finding, visit_note, signed_name)
    SELECT f.org_path, %s, 'file', %s, f.id, p.id, p.id_hash, p.id_mask,
        p.phone_mask, p.name, p.pinyin, 1, %s, %s, %s, h.bank, h.branch, h.card_cipher, h.card_hash,
        h.card_mask, 'planned', 0, '', '', ''
    FROM casework_file f
    JOIN registry_household h ON h.id = f.household_id
    JOIN registry_person p ON p.id = h.head_id
    WHERE f.id IN ({chosen}) AND f.state = 'open' AND f.org_path >= %s AND f.org_path < %s
      AND (%s OR h.card_cipher IS NOT NULL)
    ON CONFLICT (drive_id, person_id) DO NOTHING
"""


@transaction.atomic
def add_files(*, drive: Drive, files: QuerySet[File], target: str) -> Added:
    """Add the heads of open files, in one statement for one or a million.

    Who is on the list already stays as they are. Where the drive gives money, a family without a bank
    card is left out and named.
    """
    row = open_for_change(drive)
    _refuse_nothing(row)
    chosen, chosen_params = files.order_by().values("pk").query.sql_with_params()
    packs = 1 if row.gift else 0
    gives: list[Any] = [row.pk, target, row.cash, packs, row.gift_value * packs]
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD_FILES.format(chosen=chosen),
            [*gives, *chosen_params, *subtree(row.org_id), not row.cash],
        )
        added = cursor.rowcount
    records.note("drive.files_added", subject=row, detail={"added": added})
    if not row.cash:
        return Added(added)
    lacking = files.order_by("household__head__pinyin", "pk").filter(household__card_cipher__isnull=True)
    names = list(lacking.values_list("household__head__name", flat=True)[:NAMED])
    return Added(added, names, lacking.count() if len(names) == NAMED else len(names))


@transaction.atomic
def add_worker(
    *,
    drive: Drive,
    org: Node,
    name: str,
    id_number: str,
    target: str,
    phone: str = "",
    bank: str = "",
    branch: str = "",
    card: str = "",
) -> Recipient:
    """Add a worker without a file; the same ID number is the same person everywhere in the program."""
    row = open_for_change(drive)
    _refuse_nothing(row)
    _refuse_outside(row, org)
    person = registry.ensure_person(org_path=org.path, name=name, id_number=id_number, phone=phone)
    if row.recipients.filter(person_id=person.pk).exists():
        raise Refused(
            _("%(name)s已在本次活动名单中，每人每次活动只慰问一次。") % {"name": name},
            code="once",
            field="id_number",
        )
    packs = 1 if row.gift else 0
    made = Recipient.objects.create(
        org_id=org.path,
        drive=row,
        kind=Recipient.Kind.WORKER,
        target=target,
        person_id=person.pk,
        id_hash=person.id_hash,
        id_mask=person.id_mask,
        phone_mask=person.phone_mask,
        name=person.name,
        pinyin=person.pinyin,
        headcount=1,
        cash=row.cash,
        gifts=packs,
        gift_value=row.gift_value * packs,
        **_payee(card, bank, branch, needed=bool(row.cash)),
    )
    records.note("drive.worker_added", subject=row, note=person.name)
    return made


@transaction.atomic
def add_group(
    *,
    drive: Drive,
    org: Node,
    name: str,
    target: str,
    gifts: int,
    headcount: int | None = None,
    cash: Money = ZERO,
    bank: str = "",
    branch: str = "",
    card: str = "",
) -> Recipient:
    """Add a group: its headcount or none, so many gift packs, and money only to its unit's account."""
    row = open_for_change(drive)
    _refuse_outside(row, org)
    if not gifts and not cash:
        raise Refused(_("慰问品和慰问金至少填写一项。"), code="nothing_given", field="gifts")
    if gifts and not row.gift:
        raise Refused(_("本次活动没有慰问品，请先在活动中写明。"), code="no_gift", field="gifts")
    if row.recipients.filter(kind=Recipient.Kind.GROUP, name=name).exists():
        raise Refused(_("“%(name)s”已在本次活动名单中。") % {"name": name}, code="once", field="name")
    made = Recipient.objects.create(
        org_id=org.path,
        drive=row,
        kind=Recipient.Kind.GROUP,
        target=target,
        name=name,
        pinyin=pinyin_key(name)[:120],
        headcount=headcount,
        cash=cash,
        gifts=gifts,
        gift_value=row.gift_value * gifts,
        **_payee(card, bank, branch, needed=bool(cash)),
    )
    records.note("drive.group_added", subject=row, note=name)
    return made


@transaction.atomic
def take_off(*, drive: Drive, recipients: QuerySet[Recipient]) -> int:
    """Take people off the list while it may change; returns how many."""
    row = open_for_change(drive)
    rows = Recipient.objects.filter(drive=row, pk__in=recipients.order_by().values("pk"))
    names = list(rows.order_by("pk").values_list("name", flat=True)[:NAMED])
    gone, _each = rows.delete()
    if gone:
        records.note("drive.taken_off", subject=row, note="、".join(names), detail={"count": gone})
    return gone


@transaction.atomic
def take_off_over(*, drive: Drive) -> int:
    """Take everybody off the list who would pass the yearly cap."""
    over = queries.over_year(open_for_change(drive), timezone.localdate())
    return take_off(
        drive=drive, recipients=Recipient.objects.filter(pk__in=[row.recipient.pk for row in over])
    )


def _refuse_nothing(drive: Drive) -> None:
    if not drive.cash and not drive.gift:
        raise Refused(_("本次活动没有给个人的慰问金或慰问品。"), code="nothing_given")


def _refuse_outside(drive: Drive, org: Node) -> None:
    low, high = subtree(drive.org_id)
    if not low <= org.path < high:
        raise Refused(_("所选单位不在本次活动的范围内。"), code="outside", field="org")


def _payee(card: str, bank: str, branch: str, *, needed: bool) -> dict[str, Any]:
    """The account as columns, sealed; Refused when money is given and no account is named."""
    if needed and not card.strip():
        raise Refused(_("发放慰问金须填写收款账号。"), code="no_card", field="card")
    return card_fields(card, bank, branch)

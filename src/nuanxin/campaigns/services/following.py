"""Lists in preparation follow the persons on them: two entries found to be one person are one recipient."""

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry.models import Person

from ..models import Drive, Recipient

#: How many names a sentence tells at most.
NAMED = 5
#: What a recipient says of the person, beside the account.
_COPIED = ("id_hash", "id_mask", "phone_mask", "name", "pinyin")
#: Of several entries of one person on a list the family's stays, else the one of the person kept.
_TWICE = """
    DELETE FROM campaigns_recipient r USING (
        SELECT r.id, row_number() OVER (
            PARTITION BY r.drive_id, coalesce(p.merged_into_id, p.id)
            ORDER BY r.kind <> 'file', p.merged_into_id IS NOT NULL, r.id) AS place
        FROM campaigns_recipient r JOIN registry_person p ON p.id = r.person_id
        WHERE r.drive_id = ANY (%s)) ranked
    WHERE r.id = ranked.id AND ranked.place > 1
"""
_FOLLOW = f"""
    UPDATE campaigns_recipient r
    SET person_id = kept.id, {", ".join(f"{name} = kept.{name}" for name in _COPIED)}
    FROM registry_person gone JOIN registry_person kept ON kept.id = gone.merged_into_id
    WHERE r.person_id = gone.id AND r.drive_id = ANY (%s)
"""


def merged_on(drives: QuerySet[Drive]) -> QuerySet[Recipient]:
    """Recipients entered under a row that turned out to be another person since."""
    return Recipient.objects.filter(drive__in=drives.order_by(), person__merged_into__isnull=False)


@transaction.atomic
def follow_merges(*, drives: QuerySet[Drive]) -> int:
    """On lists that may change, put the person kept in place of the one who was found to be the same.

    Who stood on a list twice stands there once. The account stays the one that was entered. Returns how many
    lists were changed; each keeps a record of it.
    """
    touched = list(merged_on(drives).order_by("drive").values_list("drive", flat=True).distinct())
    if not touched:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_TWICE, [touched])
        cursor.execute(_FOLLOW, [touched])
    for drive in Drive.objects.filter(pk__in=touched):
        records.note("drive.people_merged", subject=drive)
    return len(touched)


@transaction.atomic
def follow_parting(*, drives: QuerySet[Drive], kept: int, gone: int) -> int:
    """After a merge was taken back families stand for their head again; returns how many recipients.

    Workers without a file stay with the person kept: the list does not tell whom they were entered for.
    """
    person = Person.objects.filter(pk=gone).values(*_COPIED).first()
    if person is None:
        return 0
    theirs = Recipient.objects.filter(drive__in=drives.order_by(), person=kept, file__household__head=gone)
    return theirs.update(person_id=gone, **person)


def refuse_merged(drive: Drive) -> None:
    """A list that was handed in is decided as it stands, so not with somebody on it under two entries."""
    rows = merged_on(Drive.objects.filter(pk=drive.pk)).order_by("pk")
    names = list(rows.values_list("name", flat=True)[:NAMED])
    if names:
        raise Refused(
            _("名单提交之后，下列人员已并入另一条记录：%(names)s。请退回名单，重新提交即可更新。")
            % {"names": "、".join(names)},
            code="merged_since",
        )

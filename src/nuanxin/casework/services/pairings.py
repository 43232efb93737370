"""Who is paired with a file: a leader or a unit beside the case officer (双结对、部门一帮多)."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.sets import among
from nuanxin.orgs.models import Node, Post, Staff
from nuanxin.records import services as records

from ..models import File, Pairing
from ..permissions import CARE, FAMILIES
from ..queries.care import paired_with
from .common import need_reason
from .officers import assign_officer
from .tasks import units


@dataclass(frozen=True)
class Paired:
    """Of the files (户) asked for: how many are paired now, how many pairs were replaced, how many left."""

    done: int
    replaced: int
    left: int


def leaders(place: str) -> QuerySet[Staff]:
    """Staff who may visit families, with a post at, above or below the place today, by name."""
    low, high = subtree(place)
    here = Q(node__path__gte=low, node__path__lt=high) | Q(node__in=Node.objects.above(place))
    posts = _posts().filter(here, node__active=True)
    return Staff.objects.filter(pk__in=posts.values("staff"), is_active=True).order_by("name", "pk")


def _posts() -> QuerySet[Post]:
    held = Post.objects.held_on(timezone.localdate())
    return held.filter(role__permissions__contains=[FAMILIES])


@transaction.atomic
def pair(
    *,
    files: QuerySet[File],
    leader: Staff | None = None,
    unit: Node | None = None,
    officer: Staff | None = None,
    reason: str = "",
) -> Paired:
    """Give open files a leader, a unit or a case officer, each in a few statements for any number.

    A leader takes only files at or below a post of theirs. A pair that was there before ends today, for
    the reason, and stays in the history; the same pair again changes nothing.
    """
    actor = scope.current()
    actor.require(CARE)
    if not (leader or unit or officer):
        raise Refused(_("请至少选择结对领导、结对单位、联系干部中的一项。"), code="nobody", field="leader")
    asked = list(files.order_by().values_list("pk", flat=True))
    done, replaced = set(asked), 0
    if leader:
        if not leaders(actor.org_path).filter(pk=leader.pk).exists():
            raise Refused(_("请选择有结对走访职责的在岗领导。"), code="no_leader", field="leader")
        keys, ended = _replace(asked, _under(leader), {"leader": leader}, reason)
        done, replaced = done & keys, replaced + ended
    if unit:
        if not units(actor.org_path).filter(pk=unit.pk).exists():
            raise Refused(_("请选择本县范围内的单位。"), code="no_unit", field="unit")
        keys, ended = _replace(asked, Q(), {"unit_id": unit.path}, reason)
        done, replaced = done & keys, replaced + ended
    if officer:
        assign_officer(files=File.objects.filter(among(asked)), officer=officer)
        done &= set(File.objects.filter(among(asked), officer=officer).values_list("pk", flat=True))
    return Paired(len(done), replaced, len(asked) - len(done))


def _under(leader: Staff) -> Q:
    """Files at or below a post of the leader."""
    found = Q(pk__in=[])
    for path in set(_posts().filter(staff=leader).values_list("node__path", flat=True)):
        low, high = subtree(path)
        found |= Q(org__gte=low, org__lt=high)
    return found


def _replace(asked: list[int], under: Q, who: dict[str, Any], reason: str) -> tuple[set[int], int]:
    """Pair the open ones among the files with a leader or unit: their keys, and how many pairs ended."""
    rows = File.objects.select_for_update(of=("self",)).filter(among(asked), under, state="open")
    orgs = dict(rows.order_by("pk").values_list("pk", "org_id"))
    column = next(iter(who)).removesuffix("_id")
    held = Pairing.objects.filter(among(orgs, "file"), until__isnull=True, **{f"{column}__isnull": False})
    same = set(held.filter(**who).values_list("file_id", flat=True))
    others = held.exclude(**who)
    today, ended = timezone.localdate(), 0
    if others.exists():
        ended = others.update(until=today, ended_because=need_reason(reason)[:200])
    made = [
        Pairing(org_id=org, file_id=pk, since=today, staff_id=scope.current().staff_id, **who)
        for pk, org in orgs.items()
        if pk not in same
    ]
    Pairing.objects.bulk_create(made)
    if made:
        keys = tuple(row.file_id for row in made)
        path = scope.current().org_path
        records.note_many("file.paired", kind=File._meta.label, pks=keys, org_path=path, note=reason)
    return set(orgs), ended


@transaction.atomic
def unpair(*, pairing: Pairing, reason: str) -> Pairing:
    """End a pair today, with the reason; Refused when it has ended."""
    scope.current().require(CARE)
    reason = need_reason(reason)
    row = Pairing.objects.select_for_update(of=("self",)).select_related("file").filter(pk=pairing.pk).first()
    if row is None:
        raise OutOfSight(Pairing._meta.label, pairing.pk)
    if row.until:
        raise Refused(_("该结对已结束。"), code="pair_over")
    row.until, row.ended_because = timezone.localdate(), reason[:200]
    row.save(update_fields=["until", "ended_because"])
    records.note("file.unpaired", subject=row.file, note=reason)
    return row


def end_pairs(file: int, reason: str) -> int:
    """The pairs of a file that is closed end; how many. Follows what others decided."""
    rows = Pairing.objects.filter(file=file, until__isnull=True)
    return rows.update(until=timezone.localdate(), ended_because=reason)


def is_paired(household: int) -> bool:
    """Whether the actor is paired with the household's open file, or their unit is."""
    actor = scope.current()
    return actor.can(FAMILIES) and paired_with(actor).filter(file__household=household).exists()

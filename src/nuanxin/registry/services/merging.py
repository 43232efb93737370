"""Merging two rows that are one person, and taking it back.

What refers to the row that goes is made to refer to the one that is kept, by one statement a table, and each
value is written down with what stood there before, so that an undo puts back exactly that. Tables of the
floors above hold what was decided or paid, with copies of the name and number it was decided for: they stay
as they are, and whoever needs to follow hears `PersonsMerged`.
"""

from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry import flow
from nuanxin.registry.events import HouseholdChanged, MergeUndone, PersonsMerged
from nuanxin.registry.models import (
    Circumstance,
    Consent,
    Household,
    Likeness,
    Member,
    Membership,
    Merge,
    Person,
    Transfer,
)
from nuanxin.registry.permissions import MERGE

from .merge_homes import close_double_stay, close_double_union, home_of
from .merge_steps import Steps, take_back

#: References that a merge moves, with what must not have changed for the move to be taken back.
MOVED: dict[tuple[type[models.Model], str], tuple[str, ...]] = {
    (Member, "person"): ("household_id", "relation", "until"),
    (Household, "head"): ("ended_on",),
    (Membership, "person"): ("left_on",),
    (Circumstance, "person"): ("until", "replaced"),
    (Consent, "person"): ("withdrawn_on",),
    (Consent, "guardian"): (),
}
#: References that stay, and why.
STAYS = {
    (Person, "merged_into"): "nothing was merged into the row that goes: merges are not chained",
    (Likeness, "left"): "the comparison was made with this row",
    (Likeness, "right"): "the comparison was made with this row",
    (Merge, "kept"): "the record of a merge",
    (Merge, "gone"): "the record of a merge",
    (Transfer, "person"): "the request was made for this row; an open one is answered first",
}
#: What identifies a row, or says where it is, is the kept one's own; all else is filled in where it is empty.
OWN = frozenset(
    ["id", "org", "name", "pinyin", "initials", "sex", "born_on", "merged_into", "id_cipher", "id_hash",
     "id_mask", "phone_cipher", "phone_hash", "phone_mask", "contact_cipher", "contact_mask"]
)  # fmt: skip
#: Numbers are filled in with all their stored forms; the one that tells whether there is a number leads.
NUMBERS = {
    "phone_mask": ("phone_cipher", "phone_hash", "phone_mask"),
    "contact_mask": ("contact_cipher", "contact_mask"),
}


@transaction.atomic
def merge_persons(*, kept: Person, gone: Person, reason: str, likeness: Likeness | None = None) -> Merge:
    """Make `gone` a mere pointer to `kept`; what belonged to it belongs to `kept` from now on.

    Refused when either was merged before, when both live in different households, or when a request to
    transfer one of them is open. A likeness between the two is settled with it.
    """
    scope.current().require(MERGE)
    kept, gone = _locked(kept, gone)
    _refuse(kept, gone, reason)
    homes = home_of(kept), home_of(gone)
    _refuse_two_homes(*homes)
    steps = Steps()
    if homes[0] and homes[1]:
        close_double_stay(homes[0], kept, gone, steps)
    close_double_union(kept, gone, steps)
    for (model, field), watched in MOVED.items():
        steps.repoint(model, field, _movable(model, field, kept, gone), gone, kept, watched)
    _fill(kept, gone, steps)
    if homes[1] and not homes[0] and kept.org_id != homes[1].org_id:
        steps.set(kept, org_id=homes[1].org_id)
    _point(gone, kept)
    merge = Merge.objects.create(
        org_id=common_node(kept.org_id, gone.org_id), kept=kept, gone=gone, likeness=likeness,
        moved=steps.as_json(), reason=reason.strip(), staff_id=scope.current().staff_id,
    )  # fmt: skip
    _settle(kept, gone, likeness)
    _tell("person.merged", merge, reason, {"steps": len(steps.taken)})
    events.publish(PersonsMerged(merge.pk, kept.pk, gone.pk, merge.org_id))
    return merge


@transaction.atomic
def undo_merge(*, merge: Merge, reason: str = "") -> Merge:
    """Put everything back as it stood before the merge; Refused when something of it was changed since."""
    scope.current().require(MERGE)
    merge = get_or_out_of_sight(Merge.objects.select_for_update(of=("self",)), pk=merge.pk)
    if merge.undone:
        raise Refused(_("这次合并已经撤销。"), code="undone_before")
    kept, gone = _locked(merge.kept, merge.gone)
    Person.objects.filter(pk=gone.pk).update(merged_into=None)
    if changed := take_back(merge.moved, kept, gone):
        raise Refused(
            _("合并之后，下列内容又有变动，不能撤销：%(what)s。请先恢复这些内容，或人工更正。")
            % {"what": "、".join(changed)},
            code="changed_since",
        )
    merge.undone = timezone.now()
    merge.save(update_fields=["undone"])
    for pair in Likeness.objects.filter(_pair(kept, gone), state="merged"):
        flow.LIKENESS.fire(pair, "reopen", note=reason)
    _tell("person.parted", merge, reason, {})
    events.publish(MergeUndone(merge.pk, kept.pk, gone.pk, merge.org_id))
    return merge


def common_node(one: str, other: str) -> str:
    """The path of the lowest node above both paths, or of one of them above the other."""
    shared = []
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right or not left:
            break
        shared.append(left)
    return "/".join(shared) + "/"


def _locked(kept: Person, gone: Person) -> tuple[Person, Person]:
    """Both rows, locked in the order of their keys."""
    if kept.pk == gone.pk:
        raise Refused(_("请选择两个不同的人员。"), code="same_row")
    rows = {
        pk: get_or_out_of_sight(Person.objects.select_for_update(), pk=pk)
        for pk in sorted((kept.pk, gone.pk))
    }
    return rows[kept.pk], rows[gone.pk]


def _refuse(kept: Person, gone: Person, reason: str) -> None:
    if not reason.strip():
        raise Refused(_("请填写判断是同一人的依据。"), code="no_reason", field="reason")
    for person in (kept, gone):
        if person.merged_into_id:
            raise Refused(
                _("%(name)s的这条记录已并入另一条，请刷新后再看。") % {"name": person.name},
                code="merged_before",
            )
    if Person.objects.filter(merged_into=gone).exists():
        raise Refused(
            _("要并掉的记录自己已并入过别的记录。请反过来保留这一条，或先撤销那次合并。"), code="chain"
        )
    if Transfer.objects.filter(person__in=(kept, gone), state="asked").exists():
        raise Refused(_("其中一人有待答复的转移请求，请先答复或撤回。"), code="transfer_open")


def _refuse_two_homes(one: Household | None, other: Household | None) -> None:
    if one and other and one.pk != other.pk:
        raise Refused(
            _("两条记录分别在家庭 %(one)s 和家庭 %(other)s 中。请先合并这两户，或把其中一条移出所在家庭。")
            % {"one": one.pk, "other": other.pk},
            code="two_households",
        )


def _movable(model: type[models.Model], field: str, kept: Person, gone: Person) -> "models.QuerySet[Any]":
    """The rows that go over: not those of which the kept person has one of their own that stands."""
    rows = model._default_manager.filter(**{field: gone})
    if model is Consent and field == "person":
        own = Consent.objects.filter(person=kept, withdrawn_on__isnull=True).values("kind")
        return rows.exclude(withdrawn_on__isnull=True, kind__in=own)
    if model is Circumstance:
        facts = Circumstance.objects.filter(person=kept)
        taken = models.Exists(
            facts.filter(household=models.OuterRef("household"), fact=models.OuterRef("fact"))
        )
        return rows.exclude(taken)
    if model is Membership:
        return rows.exclude(left_because=Membership.Left.MISTAKE)
    if model is Member:
        return rows.exclude(
            until__isnull=False, household__in=Member.objects.filter(person=kept).values("household")
        )
    return rows


def _fill(kept: Person, gone: Person, steps: Steps) -> None:
    """Take over what the kept row does not say."""
    for name in (field.attname for field in Person._meta.concrete_fields if field.name not in OWN):
        if _empty(getattr(kept, name)) and not _empty(getattr(gone, name)):
            steps.fill(kept, gone, (name,))
    for mask, columns in NUMBERS.items():
        if not getattr(kept, mask) and getattr(gone, mask):
            steps.fill(kept, gone, columns)


def _empty(value: Any) -> bool:
    return value is None or value == ""


def _point(gone: Person, kept: Person) -> None:
    """Set the pointer; the database refuses when rows out of sight still live by the row that goes."""
    try:
        with transaction.atomic():
            gone.merged_into = kept
            gone.save(update_fields=["merged_into"])
    except IntegrityError as error:
        raise Refused(
            _("要并掉的记录在您管辖范围之外还有家庭或会籍，请由上级工会合并。"), code="needed_elsewhere"
        ) from error


def _pair(kept: Person, gone: Person) -> Q:
    low, high = sorted((kept.pk, gone.pk))
    return Q(left=low, right=high)


def _settle(kept: Person, gone: Person, likeness: Likeness | None) -> None:
    """The likeness between the two, if one was found, is answered."""
    found = likeness or Likeness.objects.filter(_pair(kept, gone)).first()
    if found is not None and found.state == "distinct":
        found = flow.LIKENESS.fire(found, "reopen")
    if found is not None and found.state == "open":
        flow.LIKENESS.fire(found, "merge", staff_id=scope.current().staff_id)


def _tell(action: str, merge: Merge, reason: str, detail: dict[str, Any]) -> None:
    """A line in the trail of both rows; the families whose people changed are looked at again."""
    for person, other in ((merge.kept, merge.gone), (merge.gone, merge.kept)):
        records.note(
            action, subject=person, note=reason, detail={"merge": merge.pk, "other": other.pk} | detail
        )
    touched = {key for table, _column, key, *_rest in merge.moved if table == Household._meta.db_table}
    stays = [key for table, _column, key, *_rest in merge.moved if table == Member._meta.db_table]
    touched |= set(
        Member.objects.filter(pk__in=stays, until__isnull=True).values_list("household", flat=True)
    )
    for house in Household.objects.filter(pk__in=touched, ended_on__isnull=True):
        events.publish(HouseholdChanged(house.pk, house.org_id))

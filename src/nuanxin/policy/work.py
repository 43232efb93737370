"""What the app puts on the work list: what came back to those who submit, what waits for those who decide."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import ALL, SOON, Heap, Work, heap_of, offers_work

from . import standing
from .models import PackProposal, ProgrammeProposal, StandardsChange
from .permissions import (
    ACTIVATE_PACK,
    ACTIVATE_PROGRAMME,
    PROPOSE_PACK,
    PROPOSE_PROGRAMME,
    PROPOSE_STANDARD,
    SET_STANDARD,
)

#: The list behind a heap, by the first word of its key.
LISTS = {"packs": "proposals", "programmes": "programme_proposals", "standards": "changes"}


@offers_work
def work(actor: Actor) -> Iterator[Heap]:
    """Returned ones of the actor's own federation; submitted ones in scope that somebody else made."""
    if actor.can(PROPOSE_PACK):
        rows = _returned(standing.proposals(), actor)
        yield _heap("packs_returned", _("退回的政策包"), rows, _pack, _("修改后再提交"))
    if actor.can(PROPOSE_PROGRAMME):
        rows = _returned(standing.programme_proposals(), actor)
        yield _heap("programmes_returned", _("退回的帮扶项目"), rows, _programme, _("修改后再提交"))
    if actor.can(PROPOSE_STANDARD):
        rows = _returned(standing.changes(), actor)
        yield _heap("standards_returned", _("退回的标准变更"), rows, _change, _("修改后再提交"))
    if actor.can(ACTIVATE_PACK):
        rows = _waiting(standing.proposals(), actor)
        yield _heap("packs_submitted", _("待批准的政策包"), rows, _pack, _("核对变化并批准"))
    if actor.can(ACTIVATE_PROGRAMME):
        rows = _waiting(standing.programme_proposals(), actor)
        yield _heap("programmes_submitted", _("待批准的帮扶项目"), rows, _programme, _("核对变化并批准"))
    if actor.can(SET_STANDARD):
        rows = _waiting(standing.changes(), actor)
        yield _heap("standards_submitted", _("待批准的标准变更"), rows, _change, _("核对数值并批准"))


def _returned(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.filter(state="returned", org=actor.org_path)


def _waiting(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    return rows.filter(state="submitted").exclude(maker_id=actor.staff_id)


def _heap(key: str, label: Any, rows: QuerySet[Any], show: Callable[..., Work], step: Any) -> Heap:
    def make(shown: Sequence[Any]) -> list[Work]:
        return [show(row, step) for row in shown]

    url = reverse(f"policy:{LISTS[key.partition('_')[0]]}")
    today = localdate()
    soon = Q(valid_from__gt=today, valid_from__lte=today + SOON)
    back = ALL if key.endswith("returned") else None
    return heap_of(key, label, rows, make, url, returned=back, facets={"soon": soon})


def _pack(row: PackProposal, step: Any) -> Work:
    what = _("政策包：%(name)s") % {"name": row}
    return _work(row, what, step, reverse("policy:proposal", args=[row.pk]))


def _programme(row: ProgrammeProposal, step: Any) -> Work:
    what = _("帮扶项目：%(name)s") % {"name": row}
    return _work(row, what, step, reverse("policy:programme_proposal", args=[row.pk]))


def _change(row: StandardsChange, step: Any) -> Work:
    what = _("标准变更：%(name)s") % {"name": row}
    return _work(row, what, step, reverse("policy:change", args=[row.pk]))


def _work(row: PackProposal | ProgrammeProposal | StandardsChange, what: Any, step: Any, url: str) -> Work:
    """What is to come into force is due by its first day, unless that has passed already."""
    begins = row.valid_from
    return Work(
        what=what,
        who=str(row.org),
        step=step,
        url=url,
        due=begins if begins and begins > localdate() else None,
        chip=row.get_state_display(),
        tone="no" if row.state == "returned" else "wait",
        returned=row.state == "returned",
    )

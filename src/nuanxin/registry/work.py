"""What the registry puts on the work list: rosters to correct, to commit, or not readable."""

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, offers_work

from . import groups, queries
from .doubles import rules
from .models import Likeness, Roster, Transfer
from .permissions import IMPORT_ROSTER, MERGE, TRANSFER_HOUSEHOLD

FEW = 5


@offers_work
def rosters(actor: Actor) -> Iterable[Heap]:
    """Rosters of the actor's own node that wait for somebody's hand."""
    if not actor.can(IMPORT_ROSTER):
        return
    waiting = queries.rosters().filter(Q(state="checked") | Q(state="unreadable"), org_id=actor.org_path)
    count = waiting.count()
    if count:
        items = [_work(roster) for roster in waiting[:FEW]]
        yield Heap("rosters", _("花名册"), count, items, reverse("registry:rosters"))


def _work(roster: Roster) -> Work:
    url = reverse("registry:roster", args=[roster.pk])
    if roster.state == "unreadable":
        return Work(_("花名册无法读取"), roster.name, _("重新上传"), url, tone="no", returned=True)
    if roster.faulty:
        chip = _("有误 %(n)s 行") % {"n": roster.faulty}
        return Work(_("花名册待更正"), roster.name, _("更正"), url, chip=chip, tone="warn", returned=True)
    chip = _("可入库 %(n)s 户") % {"n": roster.ready}
    return Work(_("花名册待入库"), roster.name, _("入库"), url, chip=chip)


@offers_work
def doubles(actor: Actor) -> Iterable[Heap]:
    """Pairs of rows that may be one person."""
    if not actor.can(MERGE):
        return
    waiting = queries.open_likenesses()
    if count := waiting.count():
        items = [_pair(pair) for pair in waiting[:FEW]]
        yield Heap("doubles", _("疑似重复"), count, items, reverse("registry:likenesses"))


def _pair(pair: Likeness) -> Work:
    url = reverse("registry:likeness", args=[pair.pk])
    who = " ／ ".join(groups.shown(person, "name") for person in (pair.left, pair.right))
    return Work(_("疑似重复人员"), who, _("核对"), url, chip=rules.LABELS[pair.rule], tone="warn")


@offers_work
def transfers(actor: Actor) -> Iterable[Heap]:
    """Requests of other unions that wait for our answer."""
    if not actor.can(TRANSFER_HOUSEHOLD):
        return
    waiting = queries.transfers_to_answer(actor)
    if count := waiting.count():
        items = [_request(row) for row in waiting[:FEW]]
        yield Heap("transfers", _("转入转出"), count, items, reverse("registry:transfers"))


def _request(row: Transfer) -> Work:
    url = reverse("registry:transfer", args=[row.pk])
    return Work(row.get_kind_display(), row.name, _("答复"), url, chip=row.org.local_name)

"""What the registry puts on the work list: rosters, likely doubles, particulars to be completed."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, heap_of, offers_work

from . import groups, queries
from .doubles import rules
from .models import Likeness, Roster, Transfer
from .permissions import IMPORT_ROSTER, MERGE, SEE_EMPLOYER, SEE_HOUSEHOLD, TRANSFER_HOUSEHOLD
from .queries import queues, schooling


@offers_work
def rosters(actor: Actor) -> Iterable[Heap]:
    """Rosters of the actor's own node that wait for somebody's hand."""
    if not actor.can(IMPORT_ROSTER):
        return
    waiting = queries.rosters().filter(Q(state="checked") | Q(state="unreadable"), org_id=actor.org_path)
    again = Q(state="unreadable") | Q(faulty__gt=0)
    yield heap_of("rosters", _("花名册"), waiting, _rosters, reverse("registry:rosters"), returned=again)


def _rosters(shown: Sequence[Roster]) -> list[Work]:
    return [_work(roster) for roster in shown]


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
    url = reverse("registry:likenesses")
    yield heap_of("doubles", _("疑似重复"), queries.open_likenesses(), _pairs, url)


def _pairs(shown: Sequence[Likeness]) -> list[Work]:
    return [_pair(pair) for pair in shown]


def _pair(pair: Likeness) -> Work:
    url = reverse("registry:likeness", args=[pair.pk])
    who = " ／ ".join(groups.shown(person, "name") for person in (pair.left, pair.right))
    return Work(_("疑似重复人员"), who, _("核对"), url, chip=rules.LABELS[pair.rule], tone="warn")


@offers_work
def transfers(actor: Actor) -> Iterable[Heap]:
    """Requests of other unions that wait for our answer."""
    if not actor.can(TRANSFER_HOUSEHOLD):
        return
    url = reverse("registry:transfers")
    yield heap_of("transfers", _("转入转出"), queries.transfers_to_answer(actor), _requests, url)


def _requests(shown: Sequence[Transfer]) -> list[Work]:
    return [_request(row) for row in shown]


def _request(row: Transfer) -> Work:
    url = reverse("registry:transfer", args=[row.pk])
    return Work(row.get_kind_display(), row.name, _("答复"), url, chip=row.org.local_name)


@offers_work
def particulars(actor: Actor) -> Iterable[Heap]:
    """The standing queues that are not empty; each is one line, for they count unlike things."""
    if not actor.can(SEE_HOUSEHOLD):
        return
    found = queues.counts(schooling.ages())
    lines = [
        _queue("stale", _("一年未更新"), found.stale, _("%(count)s 户"), _("走访或电话核对后更新")),
        _queue("consent", _("缺授权签字"), found.without_consent, _("%(count)s 户"), _("请家庭签字授权")),
        _queue("id", _("身份证将到期"), found.id_expiring, _("%(count)s 人"), _("提醒换证并更新有效期")),
    ]
    if groups.may(actor, groups.CHILDREN):
        school = _queue("school", _("子女升学"), found.reaching_school, _("%(count)s 人"), _("登记入学情况"))
        lines.append(school)
    if actor.can(SEE_EMPLOYER):
        url = f"{reverse('registry:employers')}?tab=unorganised"
        lines.append(_line(_("待建会单位"), found.unorganised, _("%(count)s 家"), _("推动建会"), url))
    items = [line for line in lines if line]
    yield Heap("particulars", _("待完善信息"), len(items), items, reverse("registry:queues"))


def _queue(tab: str, what: Any, count: int, said: Any, step: Any) -> Work | None:
    return _line(what, count, said, step, f"{reverse('registry:queues')}?tab={tab}")


def _line(what: Any, count: int, said: Any, step: Any, url: str) -> Work | None:
    return Work(what, said % {"count": f"{count:,}"}, step, url) if count else None

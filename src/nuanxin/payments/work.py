"""What the cashier has to do: pay what waits, send batches, book the bank's answers, see to returns."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import ALL, Heap, Work, heap_of, offers_work

from . import queries
from .models import Batch, Due
from .permissions import PAY, REISSUE

#: So many funds are shown.
SHOWN = 10


@offers_work
def work(actor: Actor) -> Iterator[Heap]:
    """For who pays: what waits and batches on their way; for who reissues too: what came back."""
    if actor.can(PAY):
        yield _waiting(actor)
        made, sent = _("待送银行的批次"), _("待登记回单的批次")
        yield _batches("batches_made", made, _("下载银行文件"), queries.batches().filter(state="made"))
        yield _batches("batches_sent", sent, _("上传银行回单"), queries.batches().filter(state="sent"))
    if actor.can_any((PAY, REISSUE)):
        yield _returned()


def _waiting(actor: Actor) -> Heap:
    url = reverse("payments:batches")
    rows = queries.waiting_by_fund(actor.org_path)
    items = [
        Work(
            row.fund.local_name,
            gettext("%(count)s 笔") % {"count": row.count},
            _("制作批次"),
            url,
            amount=row.total,
            due=timezone.localdate() + timedelta(days=1) if row.urgent else None,
            chip=gettext("加急 %(count)s 笔") % {"count": row.urgent} if row.urgent else "",
            tone="warn" if row.urgent else "off",
        )
        for row in rows[:SHOWN]
    ]
    return Heap("dues_waiting", _("待发放款项"), sum(row.count for row in rows), items, url)


def _batches(key: str, label: Any, step: Any, rows: QuerySet[Batch]) -> Heap:
    def make(shown: Sequence[Batch]) -> list[Work]:
        return [
            Work(
                gettext("付款批次 %(number)s") % {"number": batch.number},
                batch.fund.local_name,
                step,
                reverse("payments:batch", args=[batch.pk]),
                amount=batch.total,
            )
            for batch in shown
        ]

    return heap_of(key, label, rows, make, reverse("payments:batches"))


def _returned() -> Heap:
    rows = queries.dues().filter(state="returned")
    url = f"{reverse('payments:dues')}?tab=returned"

    def make(shown: Sequence[Due]) -> list[Work]:
        return [_back(due, url) for due in shown]

    return heap_of("dues_returned", _("银行退回的款项"), rows, make, url, returned=ALL)


def _back(due: Due, url: str) -> Work:
    return Work(
        what=gettext("银行退回：%(reason)s") % {"reason": due.bank_reason},
        who=due.payee,
        step=_("更正银行卡后重新发放"),
        url=queries.source_url(due) or url,
        amount=due.amount,
        chip=_("已退回"),
        tone="no",
        returned=True,
    )

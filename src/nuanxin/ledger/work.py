"""The figures that matter to who keeps the money: what is free, and what was paid this year."""

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.money import format_yuan
from nuanxin.kernel.worklist import Figure, offers_figures

from . import queries
from .permissions import SEE


@offers_figures
def figures(actor: Actor) -> Iterator[Figure]:
    """What this unit's accounts have free, and what its subtree paid since New Year."""
    if not actor.can(SEE):
        return
    year = timezone.localdate().year
    count, total = queries.paid_between(actor.org_path, date(year, 1, 1), date(year + 1, 1, 1))
    yuan = gettext("%(amount)s 元")
    url = reverse("ledger:funds")
    free = queries.free_in(actor.org_path)
    yield Figure(_("本级可用资金"), yuan % {"amount": format_yuan(free)}, url)
    paid = gettext("%(count)s 笔，%(amount)s 元") % {"count": f"{count:,}", "amount": format_yuan(total)}
    yield Figure(_("本年已支付"), paid, url)

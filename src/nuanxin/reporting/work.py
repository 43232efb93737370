"""What reporting puts on the work list."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, offers_work

from . import queries
from .flow import RETURN
from .models import Return
from .permissions import CHECK, FILL


def _work(report: Return, step: object) -> Work:
    from django.urls import reverse

    return Work(
        what=queries.form_of(report).title,
        who=str(report.org),
        step=step,
        url=reverse("reporting:return", args=[report.pk]),
        due=report.due_on,
        chip=RETURN.states[report.state],
        tone="no" if report.state == "returned" else "wait",
        returned=report.state == "returned",
    )


@offers_work
def returns(actor: Actor) -> Iterable[Heap]:
    if actor.can(FILL):
        own = queries.returns().filter(org_id=actor.org_path, state__in=["draft", "returned"])
        yield Heap("returns", _("待上报报表"), own.count(), [_work(r, _("核对并上报")) for r in own[:20]])
    if actor.can(CHECK):
        sent = queries.returns().filter(state="submitted").exclude(org_id=actor.org_path)
        yield Heap("checks", _("待审核报表"), sent.count(), [_work(r, _("审核")) for r in sent[:20]])

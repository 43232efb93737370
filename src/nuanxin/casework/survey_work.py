"""What surveys put on the home page: households to look up, and surveys of one's unit to end or to press."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.worklist import Heap, Work, heap_of, offers_work

from . import labels, queries
from .models import Surveyed
from .permissions import APPLY, MAKE_SURVEY


@offers_work
def surveys(actor: Actor) -> Iterable[Heap]:
    """The households I am to look up; surveys of my unit that can be closed, or are late."""
    if actor.can(APPLY):
        rows, url = queries.surveyed_mine(actor), reverse("casework:to_survey")
        yield heap_of("surveyed", _("待走访的排查家庭"), rows, _surveyed, url, due="survey__due_on")
    if actor.can(MAKE_SURVEY):
        url = f"{reverse('casework:surveys')}?tab=due"
        yield heap_of("surveys", _("应办结的排查"), queries.surveys_due(actor), _surveys, url, due="due_on")


def _surveyed(shown: Sequence[Surveyed]) -> list[Work]:
    return [
        Work(
            what=row.survey.title,
            who=f"{row.household.head.name} · {row.org.local_name}",
            step=_("走访并答复"),
            url=reverse("casework:surveyed", args=[row.pk]),
            due=row.survey.due_on,
            chip=row.get_kind_display(),
            tone=labels.tone(labels.LISTED_TONES, row.kind),
            since=timezone.localtime(row.survey.created).date(),
        )
        for row in shown
    ]


def _surveys(shown: Sequence[Any]) -> list[Work]:
    return [
        Work(
            what=row.title,
            who=gettext("%(count)s 户待走访") % {"count": f"{row.waiting:,}"},
            step=_("督促走访") if row.waiting else _("结束排查"),
            url=reverse("casework:survey", args=[row.pk]),
            due=row.due_on,
            since=timezone.localtime(row.created).date(),
        )
        for row in shown
    ]

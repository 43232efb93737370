"""Conditions of the transition tables: each raises Refused with the reason and what to do."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused


def worked_through(review: Any, actor: Actor, data: dict[str, Any]) -> None:
    """A review ends when every household on its list has been dealt with."""
    from .flow import UNSETTLED

    left = review.differences.filter(state__in=UNSETTLED).count()
    if left:
        message = _("还有 %(count)s 户没有办结，全部办结后才能结束复核。")
        raise Refused(message % {"count": left}, code="not_worked_through")


def nothing_decided(review: Any, actor: Actor, data: dict[str, Any]) -> None:
    """What was decided by a review stands, so the review stands too."""
    if review.differences.filter(state__in=["settled", "visiting"]).exists():
        raise Refused(
            _("已有家庭按本次复核办理，不能再取消；请办结其余家庭后结束复核。"), code="decided_already"
        )

"""The checks of the route: pass on, or return with reasons."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from nuanxin.approvals import services as approvals
from nuanxin.kernel.refusal import Refused

from ..flow import APPLICATION
from ..models import FILING, Application
from .applications import take_down
from .common import Verdict, held, need_reason, process_of, stand_at, word
from .opening import class_filed


@transaction.atomic
def return_application(*, application: Application, reason: str, to: int | None = None) -> Application:
    """Send the application back with reasons: to the officer, or to the earlier step `to` of its route.

    Its notices come down. At a check it is the reviewer's word in this round; under a notice it
    takes back the word given before (an objection proved right), so no second one is asked.
    """
    reason = need_reason(reason)
    row = held(application, "return")
    if row.state == "submitted":
        progress = word(row, Verdict.RETURN, reason, to)
    else:
        progress = approvals.take_back(process=process_of(row), reason=reason, to=to)
    take_down(row)
    if progress.step is None:
        return APPLICATION.fire(row, "return", note=reason, returned_because=reason, due_on=None)
    if row.state == "noticed":
        row = APPLICATION.fire(row, "resume", note=reason)
    return stand_at(row, progress.step)


@transaction.atomic
def pass_on(*, application: Application) -> Application:
    """Pass the check the application stands at; it goes on to the next step, or waits for other votes."""
    row = held(application, "notice")
    refuse_unfiled(row)
    return stand_at(row, word(row, Verdict.PASS).step)


def refuse_unfiled(row: Application) -> None:
    """Raise why an application for a file does not pass its check, if it does not."""
    if refusal := unfiled(row):
        raise refusal


def unfiled(row: Application) -> Refused | None:
    """Why an application for a file does not pass its check: the proposed class opens none."""
    if row.programme != FILING or class_filed(row) is not None:
        return None
    return Refused(_("认定结论不属于建档类别，不能公示；请退回补正或不予建档。"), code="not_filed_class")

"""Setting an exclusion or a finding of double aid aside for one application: a reason and two people."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.policy.engine.pack import EXCLUDED
from nuanxin.records import services as records

from .. import determination
from ..models import UNDER_WAY, Application, Overruling
from ..permissions import APPLY, DECIDE, REVIEW
from .common import need_reason
from .computing import PREPARING, compute_and_keep
from .double_aid import PREFIX, aided


@transaction.atomic
def propose_overruling(*, application: Application, code: str, reason: str) -> Overruling:
    """Ask that a clause of the pack, or `double.<programme>`, be set aside for this application.

    Refused without a reason, for what does not stand against the application, once it was proposed, for
    a clause after the application was handed in, and for anything after it was decided.
    """
    actor = scope.current()
    if not actor.can(REVIEW):
        actor.require(APPLY)
    row = Application.objects.select_for_update(of=("self",)).filter(pk=application.pk).first()
    if row is None:
        raise OutOfSight(Application._meta.label, application.pk)
    reason = need_reason(reason)
    if row.state not in (UNDER_WAY if code.startswith(PREFIX) else PREPARING):
        raise Refused(_("申请已提交或已办结，不能再提出例外；排除条款须退回后提出。"), code="wrong_state")
    if code not in standing_against(row):
        raise Refused(_("该申请没有这一项排除或重复救助。"), code="nothing_to_overrule", field="code")
    try:
        with transaction.atomic():
            made = Overruling.objects.create(
                org_id=row.org_id, application=row, code=code, reason=reason, by_id=actor.staff_id
            )
    except IntegrityError as error:
        if "overruling_once" not in str(error):
            raise
        raise Refused(_("这一项已经提出例外。"), code="overruled_already", field="code") from error
    records.note("overruling.proposed", subject=row, note=reason, detail={"code": code})
    return made


def standing_against(application: Application) -> dict[str, str]:
    """What could be set aside, by code in words: the clauses that exclude it, and aid had before.

    Asking after double aid is recorded.
    """
    language = get_language() or "zh"
    found: dict[str, str] = {}
    if application.assessment and application.assessment.result == EXCLUDED:
        clauses = determination.told(application.assessment).exclusions
        found = {clause.code: clause.because.in_(language) for clause in clauses if clause.holds}
    for one in aided(application):
        before = found.get(one.code)
        found[one.code] = gettext("；").join(filter(None, (before, str(one))))
    return found


@transaction.atomic
def agree_overruling(*, overruling: Overruling) -> Overruling:
    """The second person's word: what was proposed counts from now on, and the application is determined
    again while it is being prepared. Refused for who proposed it or brought the application in.
    """
    row, application = _open(overruling)
    row.agreed_by_id, row.agreed = scope.current().staff_id, timezone.now()
    row.save(update_fields=["agreed_by", "agreed"])
    records.note("overruling.agreed", subject=application, note=row.reason, detail={"code": row.code})
    if application.state in PREPARING:
        compute_and_keep(applications=[application.pk])
    return row


@transaction.atomic
def refuse_overruling(*, overruling: Overruling, reason: str) -> None:
    """The second person turns it down: the proposal is gone, the trail keeps it with both reasons."""
    reason = need_reason(reason)
    row, application = _open(overruling)
    detail = {"code": row.code, "proposed": row.reason, "by": row.by_id}
    row.delete()
    records.note("overruling.refused", subject=application, note=reason, detail=detail)


def _open(overruling: Overruling) -> tuple[Overruling, Application]:
    """The proposal and its application, locked, for the second person."""
    actor = scope.current()
    actor.require(DECIDE)
    application = (
        Application.objects.select_for_update(of=("self",)).filter(overrulings=overruling.pk).first()
    )
    row = Overruling.objects.select_for_update(of=("self",)).filter(pk=overruling.pk).first()
    if row is None or application is None:
        raise OutOfSight(Overruling._meta.label, overruling.pk)
    if row.agreed_by_id is not None:
        raise Refused(_("这项例外已经同意。"), code="agreed_already")
    if actor.staff_id in (None, row.by_id, application.officer_id):
        raise Refused(_("提出例外须由另一人同意，您是提出人或经办人。"), code="second_person")
    if application.state not in UNDER_WAY:
        raise Refused(_("申请已办结，不能再同意例外。"), code="wrong_state")
    return row, application

"""Conditions of the transition tables: each raises Refused with the reason and what to do."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused


def complete(application: Any, actor: Actor, data: dict[str, Any]) -> None:
    """An application needs consent, an assessment, a home visit and at least one document."""
    from nuanxin.records import queries as records

    if application.household.consent_on is None:
        raise Refused(_("缺少家庭授权核查签字日期，请先在家庭信息中补填。"), code="no_consent")
    if application.assessment_id is None:
        raise Refused(_("尚未进行认定，请先认定。"), code="no_assessment")
    if not application.visits.exists():
        raise Refused(_("尚无入户调查记录，请先登记入户调查。"), code="no_visit")
    if not records.attachments_of(application).exists():
        raise Refused(_("没有上传任何申请材料，请先上传。"), code="no_document")


def notice_over(application: Any, actor: Actor, data: dict[str, Any]) -> None:
    """No decision before the public notice has run its working days without an open objection."""
    notice = application.notices.filter(withdrawn=False).order_by("-id").first()
    if notice is None or timezone.localdate() < notice.until:
        last = notice.until - timedelta(days=1) if notice else "—"
        raise Refused(_("公示期未满（至 %(last)s），不能审批。") % {"last": last}, code="notice_running")
    if notice.objections.filter(settled_on__isnull=True).exists():
        raise Refused(_("公示有未处理的异议，处理后才能审批。"), code="objection_open")

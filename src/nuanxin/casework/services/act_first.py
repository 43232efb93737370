"""Act first (一事一议、先行救助): a quick check, two approvers, the money, and then the papers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger.models import Fund
from nuanxin.records import services as records
from nuanxin.registry.models import Household, Person

from .. import programmes, urgency
from ..completeness import papers_of
from ..models import Application
from ..permissions import APPLY
from . import applications
from .applications import NewPayee


@transaction.atomic
def act_first(
    *,
    programme: str,
    household: Household | None = None,
    person: Person | None = None,
    amount: Money,
    answers: Mapping[str, Any],
    fund: Fund,
    payee: NewPayee | None = None,
    note: str = "",
) -> Application:
    """Ask for aid that cannot wait for its papers: checked by the pack, handed to the two approvers.

    `answers` name the cause; `note` is what the quick check found. Refused where the programme has no such
    rule, above its cap, for what its pack excludes, for double aid, and as services.start and submit do.
    """
    row = applications.start(programme=programme, household=household, person=person)
    version = programmes.of(row)
    if refusal := urgency.over_cap(version, str(row.org_id), amount):
        raise refusal
    row.act_first = True
    row.save(update_fields=["act_first", "changed"])
    row = applications.answer(application=row, answers=answers, asked=amount, fund=fund, payee=payee)
    records.note("application.act_first", subject=row, note=note.strip())
    return applications.submit(application=row)


@transaction.atomic
def complete_papers(*, application: Application) -> Application:
    """The papers of what was paid first are all there: the clock stops.

    Refused naming what is still missing, and where no papers are awaited.
    """
    scope.current().require(APPLY)
    rows = Application.objects.select_for_update(of=("self",))
    row = rows.filter(pk=application.pk).first()
    if row is None:
        raise OutOfSight(Application._meta.label, application.pk)
    if row.papers_due_on is None or row.papers_done_on is not None:
        raise Refused(_("该申请没有待补的材料。"), code="no_papers_awaited")
    if missing := papers_missing(row):
        message = _("还缺：%(titles)s。请上传后再确认。")
        raise Refused(message % {"titles": "、".join(missing)}, code="no_document")
    row.papers_done_on = timezone.localdate()
    row.save(update_fields=["papers_done_on", "changed"])
    records.note("application.papers_done", subject=row)
    return row


def papers_missing(application: Application) -> list[str]:
    """What the programme asks for after the money and is not there yet, in the reader's language."""
    programme = programmes.of(application)
    held = papers_of(application)
    language = get_language() or "zh"
    missing = [
        document.title.in_(language)
        for document in programme.documents
        if document.required and document.code not in held
    ]
    if programme.visit and not application.visits.exists():
        missing.append(str(_("入户调查")))
    return missing

"""What a person agreed to: recorded with the signed paper, withdrawn with the reason."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.records.models import Attachment
from nuanxin.registry.events import HouseholdChanged
from nuanxin.registry.groups import is_child
from nuanxin.registry.models import Consent, Household, Member, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

Kind = Consent.Kind


@transaction.atomic
def record_consent(
    *,
    household: Household,
    person: Person,
    kind: str,
    given_on: date,
    until: date | None = None,
    guardian: Person | None = None,
    evidence: Attachment | None = None,
) -> Consent:
    """Keep what a member agreed to. For a child a grown-up of the household signs.

    Refused for days to come, a stranger to the household, and while an earlier consent of the kind stands.
    The head's consent to the means check is also the household's (`Household.consent_on`).
    """
    scope.current().require(EDIT_HOUSEHOLD)
    home = get_or_out_of_sight(Household.objects.live().select_for_update(), pk=household.pk)
    if kind not in Kind.values:
        raise Refused(_("没有这种授权。"), code="unknown_kind", field="kind")
    if given_on > timezone.localdate():
        raise Refused(_("签字日期不能晚于今天。"), code="future", field="given_on")
    if until is not None and until <= given_on:
        raise Refused(_("有效期应晚于签字日期。"), code="no_days", field="until")
    lives = set(Member.objects.filter(household=home, until__isnull=True).values_list("person", flat=True))
    if person.pk not in lives:
        raise Refused(_("只能登记本户成员的授权。"), code="not_there", field="person")
    _refuse_guardian(kind, person, guardian, lives)
    try:
        with transaction.atomic():
            consent = Consent.objects.create(
                org_id=home.org_id, household=home, person=person, kind=kind, guardian=guardian,
                given_on=given_on, until=until, evidence=evidence, staff_id=scope.current().staff_id,
            )  # fmt: skip
    except IntegrityError as error:
        raise Refused(
            _("此人已有这项授权，先撤回原授权再登记。"), code="given_before", field="kind"
        ) from error
    records.note("consent.given", subject=home, note=str(consent.get_kind_display()))
    if kind == Kind.CHECK:
        project(home)
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, withdrawn_on: date | None = None, reason: str = "") -> Consent:
    """From a day on the person agrees no more; what was done before stands."""
    scope.current().require(EDIT_HOUSEHOLD)
    row = get_or_out_of_sight(Consent.objects.select_for_update(of=("self",)), pk=consent.pk)
    day = withdrawn_on or timezone.localdate()
    if row.withdrawn_on:
        raise Refused(_("这项授权已经撤回。"), code="withdrawn_before")
    if not row.given_on <= day <= timezone.localdate():
        raise Refused(_("撤回日期应在签字之后、今天之前。"), code="no_such_day", field="withdrawn_on")
    row.withdrawn_on = day
    row.save(update_fields=["withdrawn_on"])
    records.note("consent.withdrawn", subject=row.household, note=reason)
    if row.kind == Kind.CHECK:
        project(Household.objects.select_for_update().get(pk=row.household_id))
    return row


def project(household: Household) -> None:
    """Household.consent_on is the day of the standing consent of its head to the means check."""
    given = Consent.objects.filter(
        household=household, person_id=household.head_id, kind=Kind.CHECK, withdrawn_on__isnull=True
    )
    day = given.values_list("given_on", flat=True).first()
    if household.consent_on != day:
        household.consent_on = day
        household.save(update_fields=["consent_on", "changed"])
        events.publish(HouseholdChanged(household.pk, household.org_id))


def _refuse_guardian(kind: str, person: Person, guardian: Person | None, lives: set[int]) -> None:
    needed = kind == Kind.CHILD
    if needed and not is_child(person):
        raise Refused(_("此人已成年，请由本人授权。"), code="grown_up", field="person")
    if needed and (guardian is None or guardian.pk not in lives or is_child(guardian)):
        raise Refused(_("请选择同户的成年监护人。"), code="no_guardian", field="guardian")
    if not needed and guardian is not None:
        raise Refused(_("只有未成年人的授权由监护人签字。"), code="no_child", field="guardian")

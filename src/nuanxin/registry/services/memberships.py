"""Members of unions: joining, moving to another union, leaving."""

from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.records import services as records
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Employer, Membership, Person
from nuanxin.registry.permissions import EDIT_EMPLOYER

from .employers import union_at

Form, Left = Membership.Form, Membership.Left


@transaction.atomic
def join_union(
    *, person: Person, union: str, form: str, joined_on: date, employer: Employer | None = None
) -> Membership:
    """Take a person into the union at a path; Refused when they are a member of any union."""
    scope.current().require(EDIT_EMPLOYER)
    node = union_at(union)
    living = get_or_out_of_sight(Person.objects.live().select_for_update(), pk=person.pk)
    _refuse_the_dead(living)
    _refuse_day(joined_on, living.born_on, "joined_on")
    _refuse_form(form, employer)
    current = Membership.objects.filter(person=living, left_on__isnull=True).select_related("org").first()
    if current:
        raise Refused(
            _("该职工已是%(union)s会员，请办理转会。") % {"union": current.org.local_name}, code="member"
        )
    membership = _made(living, node.path, form, joined_on, employer)
    records.note("membership.joined", subject=membership)
    return membership


@transaction.atomic
def transfer_member(
    *, membership: Membership, union: str, on: date, form: str | None = None, employer: Employer | None = None
) -> Membership:
    """Move a member to another union in scope from a day on; the new membership.

    A union out of scope cannot be written to: the member leaves here first, and joins there.
    """
    scope.current().require(EDIT_EMPLOYER)
    row = _live(membership)
    if union == row.org_id:
        raise Refused(_("该会员已在这个工会。"), code="same_union", field="union")
    if not keepers(scope.current().org_path).filter(path=union).exists():
        raise Refused(
            _("对方工会不在您的管辖范围内。请先办理离会，原因选“转会”，再由对方工会为其办理入会。"),
            code="union_out_of_scope",
            field="union",
        )
    form = form or row.form
    _refuse_form(form, employer)
    _close(row, on, Left.TRANSFER)
    made = _made(row.person, union, form, on, employer)
    records.note("membership.transferred", subject=made, note=row.org.name)
    return made


@transaction.atomic
def leave_union(*, membership: Membership, left_on: date, because: str) -> Membership:
    """End a membership on a day, for a reason."""
    scope.current().require(EDIT_EMPLOYER)
    row = _live(membership)
    if because not in Left.values:
        raise Refused(_("请选择离会原因。"), code="no_reason", field="because")
    _close(row, left_on, because)
    records.note("membership.left", subject=row, note=str(row.get_left_because_display()))
    return row


@transaction.atomic
def end_memberships_of_dead(*, person: Person) -> int:
    """End the membership of somebody whose death is on record; how many were ended (one at most).

    One that began after the death ends on the day it began. Recorded with the union it was in.
    """
    row = get_or_out_of_sight(Person.objects.all(), pk=person.pk)
    if row.died_on is None:
        raise Refused(_("请先登记去世日期。"), code="alive")
    live = Membership.objects.select_for_update().filter(person=row, left_on__isnull=True).first()
    if live is None:
        return 0
    live.left_on, live.left_because = max(row.died_on, live.joined_on), Left.DIED
    live.save(update_fields=["left_on", "left_because"])
    records.note(
        "membership.left", subject=live, org_path=live.org_id, note=str(live.get_left_because_display())
    )
    return 1


def _live(membership: Membership) -> Membership:
    rows = Membership.objects.select_for_update(of=("self",)).select_related("person", "org")
    row = get_or_out_of_sight(rows, pk=membership.pk)
    if row.left_on:
        raise Refused(_("该会籍已经结束。"), code="ended")
    return row


def _close(row: Membership, day: date, because: str) -> None:
    _refuse_day(day, row.joined_on, "left_on")
    row.left_on, row.left_because = day, because
    row.save(update_fields=["left_on", "left_because"])


def _made(person: Person, union: str, form: str, day: date, employer: Employer | None) -> Membership:
    try:
        with transaction.atomic():
            return Membership.objects.create(
                org_id=union, person=person, employer=employer, form=form, joined_on=day
            )
    except IntegrityError as error:  # one live union a person, also where the actor does not see it
        raise Refused(
            _("该职工已是其他地区工会的会员，请先由对方办理离会。"), code="member_elsewhere"
        ) from error


def _refuse_day(day: date, first: date, field: str) -> None:
    if day < first or day > timezone.localdate():
        message = _("日期应在 %(first)s 到今天之间。") % {"first": first.isoformat()}
        raise Refused(message, code="wrong_day", field=field)


def _refuse_the_dead(person: Person) -> None:
    if person.died_on:
        raise Refused(_("该职工已去世。"), code="dead")


def _refuse_form(form: str, employer: Employer | None) -> None:
    if form not in Form.values:
        raise Refused(_("请选择用工形式。"), code="no_form", field="form")
    if employer is not None and employer.closed_on:
        raise Refused(_("该单位已注销。"), code="closed", field="employer")

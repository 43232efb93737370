"""The programmes applications are for: the one in force where somebody lives, the one it was begun with."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.ledger.models import Fund
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme

from .models import Application


def in_force(code: str, place: str, day: date) -> Programme:
    """The programme at a place on a day; Refused where there is none."""
    found = policy.programme_in_force(code, place, day)
    if found is None:
        raise unknown(code, day)
    return found


def unknown(code: str, day: date) -> Refused:
    """That no such programme is in force."""
    message = _("%(day)s 本地没有“%(programme)s”这个项目，请先启用。")
    return Refused(message % {"day": day.isoformat(), "programme": code}, code="no_programme")


def of(application: Application) -> Programme:
    """The programme an application was begun with, by hash; for one older than programmes, the one that
    was in force that day.
    """
    if application.programme_version:
        return policy.programme_by_hash(application.programme_version)
    return in_force(application.programme, str(application.org_id), application.applied_on)


def of_many(rows: Iterable[Application]) -> dict[int, Programme]:
    """The programme of each application; each version is read once."""
    found: dict[tuple[str, ...], Programme] = {}
    programmes = {}
    for row in rows:
        known = (row.programme_version,)
        key = known if row.programme_version else (row.programme, str(row.org_id), str(row.applied_on))
        if key not in found:
            found[key] = of(row)
        programmes[row.pk] = found[key]
    return programmes


def most(programme: Programme, place: str) -> Money | None:
    """The most that may be given at a place where no pack computes it; None where one does.

    Refused when the programme goes by a standard nobody has set there.
    """
    if programme.pack or programme.limit is None:
        return None
    found = policy.limit_at(programme.limit, place, timezone.localdate())
    if found is None:
        message = _("当地还没有设定“%(code)s”这项标准，请先在政策标准中补充。")
        raise Refused(message % {"code": programme.limit.standard}, code="no_standard")
    return found


def allows(programme: Programme, fund: Fund) -> bool:
    """Whether money of the fund may be given for the programme: by its source, and by its uses."""
    return fund.source in programme.funds and programme.purpose in fund.uses

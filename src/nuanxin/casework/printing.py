"""The papers of casework, set by typst."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from nuanxin.kernel.identity import mask_name
from nuanxin.kernel.paper import typeset
from nuanxin.orgs import queries as orgs
from nuanxin.orgs.models import Node
from nuanxin.policy.programmes import Programme
from nuanxin.registry.labels import label

from . import programmes
from .models import CLASSES, FILING, Application, Notice

_TEMPLATES = Path(__file__).parent / "papers"


def render(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of a template in papers/ with its data, which the template reads as plain values."""
    return typeset(_TEMPLATES / template, data)


def notice_data(notice: Notice) -> dict[str, Any]:
    """What a public notice shows: name, unit, class or kind of aid, cause and supervision phone; no more.

    Never an ID number, a card, a phone of the family or a diagnosis (domain.md §1). A child's name is masked.
    """
    application = notice.application
    programme = programmes.of(application)
    filing = application.programme == FILING
    title = (
        _("困难职工建档公示")
        if filing
        else _("%(title)s公示") % {"title": programme.title.in_(get_language() or "zh")}
    )
    lead = (
        _("经入户调查和审核，下列职工家庭符合困难职工建档条件，现予公示，接受职工群众监督。")
        if filing
        else _("经审核，下列对象符合救助条件，现予公示，接受职工群众监督。")
    )
    return {
        "issuer": _issuer(notice).name,
        "title": title,
        "lead": lead,
        "rows": [(name, str(value)) for name, value in _rows(application, programme) if value],
        "since": notice.since.isoformat(),
        "last": (notice.until - timedelta(days=1)).isoformat(),
        "days": notice.working_days,
        "phone": notice.phone,
        "place": notice.place,
    }


def _issuer(notice: Notice) -> Node:
    """Whose notice it is: the unit of its step; of notices without one, the county's."""
    return notice.step.org if notice.step else orgs.county_of(notice.org_id) or notice.org


def _rows(application: Application, programme: Programme) -> Iterator[tuple[str, Any]]:
    """What is told of whom the notice is about."""
    minor = programme.subject == "child" and application.person is not None
    yield _("姓名"), mask_name(application.who) if minor else application.who
    yield _("所在单位"), application.org.name
    if application.programme == FILING:
        result = application.assessment.result if application.assessment else ""
        yield _("困难类别"), dict(CLASSES).get(result, "")
    else:
        yield _("救助项目"), programme.title.in_(get_language() or "zh")
    if application.household:
        yield _("主要致困原因"), label("main_cause", application.household.main_cause)


def notice_pdf(notice: Notice) -> bytes:
    """The notice on paper: in Chinese, whatever language the reader's pages are in."""
    with override("zh-hans"):
        return render("notice.typ", notice_data(notice))

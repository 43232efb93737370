"""Papers made with typst: data goes in as JSON beside the template, never by building its source."""

import json
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import override

from nuanxin.orgs import queries as orgs
from nuanxin.registry.labels import label

from .models import CLASSES, Notice

_TEMPLATES = Path(__file__).parent / "papers"


@cache
def _fonts() -> Any:
    """The CJK fonts of their package, read once a process; the system's are not looked at."""
    package = find_spec("manimgx_fonts_cjk")
    folders = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def render(template: str, data: dict[str, Any]) -> bytes:
    """The PDF of a template in papers/ with its data, which the template reads as plain values."""
    compiled: bytes = typst.compile(
        str(_TEMPLATES / template),
        root=str(_TEMPLATES),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
    )
    return compiled


def notice_data(notice: Notice) -> dict[str, Any]:
    """What a public notice shows: name, cause, class, unit and supervision phone; nothing else.

    Never an ID number, a card, a phone of the family or a diagnosis (domain.md §1).
    """
    application = notice.application
    clazz = application.assessment.result if application.assessment else ""
    return {
        "issuer": (orgs.county_of(notice.org_id) or notice.org).name,
        "name": application.who,
        "unit": application.org.name,
        "cause": label("main_cause", application.household.main_cause) if application.household else "",
        "clazz": str(dict(CLASSES).get(clazz, "")),
        "since": notice.since.isoformat(),
        "last": (notice.until - timedelta(days=1)).isoformat(),
        "days": notice.working_days,
        "phone": notice.phone,
        "place": notice.place,
    }


def notice_pdf(notice: Notice) -> bytes:
    """The notice on paper: in Chinese, whatever language the reader's pages are in."""
    with override("zh-hans"):
        return render("notice.typ", notice_data(notice))

"""Tags of this app: {% load policy %}."""

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope

from ..engine.articles_zh import article_in
from ..models import Parameter
from ..permissions import (
    ACTIVATE_PACK,
    ACTIVATE_PROGRAMME,
    PROPOSE_PACK,
    PROPOSE_PROGRAMME,
    PROPOSE_STANDARD,
    SET_STANDARD,
)

register = template.Library()

#: The pages of the room: name of the view, label, and who may open it (nobody named: everyone).
CHAPTERS = (
    ("programmes", _("帮扶项目"), ()),
    ("programme_proposals", _("本地项目"), (PROPOSE_PROGRAMME, ACTIVATE_PROGRAMME)),
    ("packs", _("政策包"), ()),
    ("models", _("范本"), ()),
    ("proposals", _("起草和批准"), (PROPOSE_PACK, ACTIVATE_PACK)),
    ("standards", _("地区标准"), ()),
    ("changes", _("标准变更"), (PROPOSE_STANDARD, SET_STANDARD)),
)


@register.inclusion_tag("policy/_chapters.html")
def chapters(here: str) -> dict[str, Any]:
    """The way between the pages of the room."""
    actor = scope.current()
    shown = [(name, label) for name, label, codes in CHAPTERS if not codes or actor.can_any(codes)]
    return {"tabs": [(reverse(f"policy:{name}"), label, name == here) for name, label in shown]}


@register.filter
def residence(key: str) -> str:
    """The word for a residence; what was typed otherwise stays as it is."""
    return str(Parameter.Residence(key).label) if key in ("urban", "rural", "any") else key


@register.filter
def article(text: str) -> str:
    """An article in the reader's language."""
    return article_in(get_language() or "", text or "")

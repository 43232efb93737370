"""Texts in both languages, and the messages about a record: {% load messaging %}."""

from typing import Any

from django import template
from django.db.models import Model

from nuanxin.kernel import scope
from nuanxin.messaging import labels, queries
from nuanxin.messaging.permissions import SEE
from nuanxin.policy.engine.texts import Text

register = template.Library()
#: So many messages stand beside a record.
SHOWN = 8


@register.filter
def in_language(text: Text, language: str) -> str:
    """The words in a language."""
    return text.in_(language)


@register.inclusion_tag("messaging/_about.html")
def messages_about(record: Model) -> dict[str, Any]:
    """What people were told about a record, for who may see messages."""
    if not scope.current().can(SEE):
        return {"told": []}
    rows = queries.about(record._meta.label, record.pk)[:SHOWN]
    return {"told": [(row, labels.title(row.wording), labels.STATE_TONES[row.state]) for row in rows]}

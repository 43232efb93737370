"""Tones of the states and names of documents: {% load casework %}."""

from collections.abc import Mapping
from typing import Any

from django import template

from nuanxin.casework import labels
from nuanxin.casework.models import Need
from nuanxin.casework.web.explained import say
from nuanxin.kernel import scope
from nuanxin.policy.engine.texts import Text
from nuanxin.registry import groups

register = template.Library()


@register.filter
def class_tone(value: str) -> str:
    """The tone of a class of difficulty."""
    return labels.tone(labels.CLASS_TONES, value)


@register.filter
def application_tone(value: str) -> str:
    """The tone of an application's state."""
    return labels.tone(labels.APPLICATION_TONES, value)


@register.filter
def file_tone(value: str) -> str:
    """The tone of a file's state."""
    return labels.tone(labels.FILE_TONES, value)


@register.filter
def list_tone(value: str) -> str:
    """The tone of a list's state."""
    return labels.tone(labels.LIST_TONES, value)


@register.filter
def award_tone(value: str) -> str:
    """The tone of an award's state."""
    return labels.tone(labels.AWARD_TONES, value)


@register.filter
def exit_tone(value: str) -> str:
    """The tone of an exit's state."""
    return labels.tone(labels.EXIT_TONES, value)


@register.filter
def survey_tone(value: str) -> str:
    """The tone of a survey's state."""
    return labels.tone(labels.SURVEY_TONES, value)


@register.filter
def surveyed_tone(value: str) -> str:
    """The tone of what was found of a household."""
    return labels.tone(labels.SURVEYED_TONES, value)


@register.filter
def listed_tone(value: str) -> str:
    """The tone of why a household is listed."""
    return labels.tone(labels.LISTED_TONES, value)


@register.filter
def met_tone(value: str) -> str:
    """The tone of an item of the checklist."""
    return labels.tone(labels.MET_TONES, value)


@register.filter
def task_tone(value: str) -> str:
    """The tone of a task's state."""
    return labels.tone(labels.TASK_TONES, value)


@register.filter
def track_tone(value: str) -> str:
    """The tone of a track of care."""
    return labels.tone(labels.TRACK_TONES, value)


@register.filter
def told(need: Need) -> str:
    """What was written of a need, "•••" when the reader may not see facts of its kind."""
    group = labels.NEED_GROUPS.get(need.kind)
    return need.note if group is None or groups.may(scope.current(), group) else groups.HIDDEN


@register.filter
def category(value: str, titles: Mapping[str, str] | None = None) -> Any:
    """What kind of document it is, in words; `titles` names those of a programme."""
    return (titles or {}).get(value) or dict(labels.CATEGORIES).get(value, value)


@register.simple_tag
def text(value: Text | None) -> str:
    """{% text programme.title %}: a text of the policy in the reader's language."""
    return say(value)


@register.filter
def subject_word(value: str) -> Any:
    """For whom a programme is."""
    return labels.SUBJECTS.get(value, value)

"""Tones of the states and names of documents: {% load casework %}."""

from typing import Any

from django import template

from nuanxin.casework import labels

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
def met_tone(value: str) -> str:
    """The tone of an item of the checklist."""
    return labels.tone(labels.MET_TONES, value)


@register.filter
def category(value: str) -> Any:
    """What kind of document it is, in words."""
    return dict(labels.CATEGORIES).get(value, value)

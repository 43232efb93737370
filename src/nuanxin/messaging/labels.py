"""Tones of the chips, and titles in the reader's language."""

from django.utils.translation import get_language

from .wordings import book

STATE_TONES = {"waiting": "wait", "sent": "done", "held": "warn", "given_up": "no", "cancelled": "off"}


def title(code: str) -> str:
    """What a wording is called; the code of one that is no longer in the book."""
    found = book().messages.get(code)
    return found.title.in_(get_language() or "zh") if found else code


def titles() -> list[tuple[str, str]]:
    """Every wording by code, to choose from."""
    return [(code, title(code)) for code in book().messages]

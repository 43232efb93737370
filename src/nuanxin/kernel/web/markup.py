"""Small pieces of markup made in Python, for table cells and tags: chip, amount, masked value."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_htmx.http import trigger_client_event

from nuanxin.kernel.money import Money, format_yuan

from .icons import icon

#: The four states and "off", each with the sign that stands beside its word.
TONES: Mapping[str, str] = {"done": "check", "wait": "clock", "warn": "bang", "no": "cross", "off": "minus"}
DASH = "—"


def chip(label: Any, tone: str = "off", sign: str = "") -> SafeString:
    """A status: sign and word in one of the tones; KeyError for a tone that does not exist."""
    sign = sign or TONES[tone]
    return format_html('<span class="chip tone-{}">{}{}</span>', tone, icon(sign), label)


def yuan(amount: Money | None) -> str:
    """'1,234.50', or a dash when there is no amount."""
    return DASH if amount is None else format_yuan(amount)


def toast(response: HttpResponse, text: Any, tone: str = "done") -> HttpResponse:
    """Let the page show `text` when htmx receives this response."""
    trigger_client_event(response, "toast", {"text": str(text), "tone": tone})
    return response

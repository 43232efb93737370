"""Conditions of the transition table: each raises Refused with the reason and what to do."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused

TEXT, LETTER = "text", "letter"


def is_text(message: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Only text messages go through the provider."""
    if message.channel != TEXT:
        raise Refused(_("信函由经办人打印寄出，不通过短信通道发送。"), code="not_a_text")


def is_letter(message: Any, actor: Actor, data: dict[str, Any]) -> None:
    """Only letters are posted by hand."""
    if message.channel != LETTER:
        raise Refused(_("短信由系统发送，不能登记为寄出。"), code="not_a_letter")


def not_leaving(message: Any, actor: Actor, data: dict[str, Any]) -> None:
    """What a sender has in its hands may have left already."""
    if message.taken_until and message.taken_until > timezone.now():
        raise Refused(_("这条短信正在发送，请稍后再看结果。"), code="leaving")

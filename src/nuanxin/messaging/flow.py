"""The way of a message: it waits, then it is sent, held back with the reason, given up, or cancelled."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from . import guards
from .permissions import MANAGE, SEND

MESSAGE = Flow(
    "message",
    states={
        "waiting": _("待发送"),
        "sent": _("已发送"),
        "held": _("未发送"),
        "given_up": _("发送失败"),
        "cancelled": _("已撤销"),
    },
    initial="waiting",
    moves=[
        Move("send", ("waiting",), "sent", SEND, _("发送"), guards.is_text),
        Move("post", ("waiting",), "sent", MANAGE, _("寄出"), guards.is_letter),
        Move("hold", ("waiting",), "held", SEND, _("停发"), guards.is_text),
        Move("give_up", ("waiting",), "given_up", SEND, _("多次失败，停止发送"), guards.is_text),
        Move("again", ("held", "given_up"), "waiting", MANAGE, _("重新发送")),
        Move("cancel", ("waiting", "held", "given_up"), "cancelled", MANAGE, _("撤销"), guards.not_leaving),
    ],
)

"""The way of a drive and of each recipient on it."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from . import guards
from .permissions import DECIDE, PLAN, VISIT

DRIVE = Flow(
    "drive",
    states={
        "draft": _("筹备中"),
        "submitted": _("待审批"),
        "returned": _("已退回"),
        "approved": _("进行中"),
        "closed": _("已结束"),
        "dropped": _("已取消"),
    },
    initial="draft",
    moves=[
        Move("submit", ("draft", "returned"), "submitted", PLAN, _("提交审批")),
        Move("return", ("submitted",), "returned", DECIDE, _("退回")),
        Move("approve", ("submitted",), "approved", DECIDE, _("批准")),
        Move("close", ("approved",), "closed", PLAN, _("结束活动")),
        Move("drop", ("draft", "returned"), "dropped", PLAN, _("取消活动")),
    ],
)

RECIPIENT = Flow(
    "recipient",
    states={"planned": _("拟慰问"), "approved": _("待走访"), "visited": _("已走访")},
    initial="planned",
    moves=[
        Move("approve", ("planned",), "approved", DECIDE, _("批准")),
        Move("visit", ("approved",), "visited", VISIT, _("登记走访"), guards.drive_running),
    ],
)

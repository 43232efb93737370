"""The way of a review and of each difference it finds."""

from django.utils.translation import gettext_lazy as _

from nuanxin.casework.permissions import APPLY
from nuanxin.kernel.flow import Flow, Move

from . import guards
from .permissions import DECIDE, RUN

REVIEW = Flow(
    "review",
    states={
        "computing": _("计算中"),
        "open": _("复核中"),
        "closed": _("已结束"),
        "cancelled": _("已取消"),
    },
    initial="computing",
    moves=[
        Move("finish", ("computing",), "open", RUN, _("完成计算")),
        Move("close", ("open",), "closed", RUN, _("结束复核"), guards.worked_through),
        Move("cancel", ("computing", "open"), "cancelled", RUN, _("取消复核"), guards.nothing_decided),
    ],
)

DIFFERENCE = Flow(
    "difference",
    states={
        "open": _("待处理"),
        "proposed": _("待审批"),
        "returned": _("已退回"),
        "visiting": _("待入户核实"),
        "settled": _("已办结"),
        "cleared": _("重新认定后无变化"),
        "noted": _("无需处理"),
    },
    initial="open",
    moves=[
        Move("propose", ("open", "returned"), "proposed", RUN, _("提出处理意见")),
        Move("settle", ("proposed",), "settled", DECIDE, _("批准处理意见")),
        Move("send_to_visit", ("proposed",), "visiting", DECIDE, _("批准先入户核实")),
        Move("return", ("proposed",), "returned", DECIDE, _("退回处理意见")),
        Move("visited", ("visiting",), "open", APPLY, _("登记入户结果")),
        Move("redetermine", ("open", "proposed", "returned", "visiting"), "open", RUN, _("重新认定本户")),
        Move("clear", ("open", "proposed", "returned", "visiting"), "cleared", RUN, _("认定为无变化")),
        Move("note", ("open", "proposed", "returned", "visiting"), "noted", RUN, _("认定为仅待遇变化")),
    ],
)

#: The states in which a difference still asks something of somebody.
UNSETTLED = ("open", "proposed", "returned", "visiting")

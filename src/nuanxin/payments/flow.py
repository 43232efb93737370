"""The way of a due and of a batch."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from . import guards
from .permissions import PAY, REISSUE

DUE = Flow(
    "due",
    states={
        "waiting": _("待发放"),
        "batched": _("已入批"),
        "paid": _("已到卡"),
        "returned": _("已退回"),
        "reissued": _("已重发"),
    },
    initial="waiting",
    moves=[
        Move("batch", ("waiting",), "batched", PAY, _("入批")),
        Move("unbatch", ("batched",), "waiting", PAY, _("移出批次")),
        Move("pay", ("batched",), "paid", PAY, _("确认到卡")),
        Move("return", ("batched",), "returned", PAY, _("银行退回")),
        Move("reissue", ("returned",), "reissued", REISSUE, _("重新发放")),
    ],
)

BATCH = Flow(
    "batch",
    states={"made": _("已制作"), "sent": _("已送银行"), "settled": _("已回单"), "dissolved": _("已解散")},
    initial="made",
    moves=[
        Move("send", ("made", "sent"), "sent", PAY, _("下载银行文件"), guards.payer_approved_none),
        Move("settle", ("sent",), "settled", PAY, _("登记银行回单"), guards.payer_approved_none),
        Move("dissolve", ("made",), "dissolved", PAY, _("解散批次")),
    ],
)

"""The way of an application, of an aid list and of an award."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from . import guards
from .permissions import ANSWER, APPLY, CARE, DECIDE, DECIDE_AID, MAKE_SURVEY, PROPOSE_AID, REVIEW

APPLICATION = Flow(
    "application",
    states={
        "draft": _("草稿"),
        "submitted": _("待审核"),
        "returned": _("已退回"),
        "noticed": _("公示中"),
        "approved": _("已批准"),
        "refused": _("未通过"),
        "withdrawn": _("已撤回"),
    },
    initial="draft",
    moves=[
        Move("submit", ("draft", "returned"), "submitted", APPLY, _("提交审核"), guards.complete),
        Move("return", ("submitted", "noticed"), "returned", REVIEW, _("退回补正")),
        Move("notice", ("submitted",), "noticed", REVIEW, _("审核通过并公示")),
        Move("resume", ("noticed",), "submitted", REVIEW, _("公示期满，继续审核")),
        Move("step_back", ("noticed",), "submitted", DECIDE, _("退回上一步")),
        Move("send_back", ("submitted", "noticed"), "returned", DECIDE, _("审批退回")),
        Move("approve", ("submitted", "noticed"), "approved", DECIDE, _("批准")),
        Move("refuse", ("noticed", "submitted"), "refused", DECIDE, _("不予批准")),
        Move("withdraw", ("draft", "submitted", "returned", "noticed"), "withdrawn", APPLY, _("撤回")),
    ],
)

FILE = Flow(
    "file",
    states={"open": _("在档"), "closed": _("已退出")},
    initial="open",
    moves=[
        Move("reclassify", ("open",), "open", DECIDE, _("变更困难类别")),
        Move("close", ("open",), "closed", DECIDE, _("退出帮扶")),
    ],
)

AID_LIST = Flow(
    "aid_list",
    states={
        "draft": _("草稿"),
        "submitted": _("待审批"),
        "returned": _("已退回"),
        "approved": _("已批准"),
        "dropped": _("已作废"),
    },
    initial="draft",
    moves=[
        Move("submit", ("draft", "returned"), "submitted", PROPOSE_AID, _("提交审批")),
        Move("return", ("submitted",), "returned", DECIDE_AID, _("退回名单")),
        Move("approve", ("submitted",), "approved", DECIDE_AID, _("批准")),
        Move("drop", ("draft", "returned"), "dropped", PROPOSE_AID, _("作废")),
    ],
)

AWARD = Flow(
    "award",
    states={
        "proposed": _("拟发放"),
        "approved": _("待发放"),
        "paid": _("已到卡"),
        "returned": _("银行退回"),
        "removed": _("已移出"),
    },
    initial="proposed",
    moves=[
        Move("remove", ("proposed",), "removed", PROPOSE_AID, _("移出名单")),
        Move("approve", ("proposed",), "approved", DECIDE_AID, _("批准")),
        Move("pay", ("approved", "returned"), "paid", "payments.batch.pay", _("到卡")),
        Move("return", ("approved",), "returned", "payments.batch.pay", _("银行退回")),
        Move("reissue", ("returned",), "approved", "payments.due.reissue", _("重新发放")),
    ],
)

EXIT = Flow(
    "exit",
    states={
        "draft": _("草稿"),
        "submitted": _("待审批"),
        "returned": _("已退回"),
        "approved": _("已退出"),
        "withdrawn": _("已撤回"),
    },
    initial="draft",
    moves=[
        Move("submit", ("draft", "returned"), "submitted", APPLY, _("提交退出")),
        Move("return", ("submitted",), "returned", DECIDE, _("退回补正")),
        Move("approve", ("submitted",), "approved", DECIDE, _("批准退出")),
        Move("withdraw", ("draft", "returned", "submitted"), "withdrawn", APPLY, _("撤回")),
    ],
)

TASK = Flow(
    "care_task",
    states={"open": _("办理中"), "answered": _("已答复"), "done": _("已完成"), "dropped": _("已取消")},
    initial="open",
    moves=[
        Move("answer", ("open",), "answered", ANSWER, _("答复"), guards.answers),
        Move("accept", ("answered",), "done", CARE, _("确认完成"), guards.accepts),
        Move("reopen", ("answered",), "open", CARE, _("退回重办")),
        Move("drop", ("open", "answered"), "dropped", CARE, _("取消任务")),
    ],
)

SURVEY = Flow(
    "survey",
    states={"open": _("排查中"), "closed": _("已结束"), "cancelled": _("已取消")},
    initial="open",
    moves=[
        Move("close", ("open",), "closed", MAKE_SURVEY, _("结束排查"), guards.all_answered),
        Move("cancel", ("open",), "cancelled", MAKE_SURVEY, _("取消排查"), guards.none_answered),
    ],
)

SURVEYED = Flow(
    "surveyed",
    states={
        "open": _("待走访"),
        "applied": _("已发起申请"),
        "declined": _("家庭不愿申请"),
        "clear": _("不符合条件"),
        "absent": _("找不到或已搬走"),
        "lapsed": _("移出清单"),
    },
    initial="open",
    moves=[
        Move(
            "apply",
            ("open", "declined", "clear", "absent"),
            "applied",
            APPLY,
            _("发起建档申请"),
            guards.survey_runs,
        ),
        Move("decline", ("open",), "declined", APPLY, _("家庭不愿申请"), guards.survey_runs),
        Move("clear", ("open",), "clear", APPLY, _("不符合条件"), guards.survey_runs),
        Move("lose", ("open",), "absent", APPLY, _("找不到或已搬走"), guards.survey_runs),
        Move("reopen", ("declined", "clear", "absent"), "open", APPLY, _("重新走访"), guards.survey_runs),
        Move("lapse", ("open",), "lapsed", MAKE_SURVEY, _("移出清单"), guards.survey_runs),
    ],
)

"""The ways of a roster, of a likely double and of a request between unions."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from .permissions import EDIT_HOUSEHOLD, IMPORT_ROSTER, MERGE, TRANSFER_HOUSEHOLD

ROSTER = Flow(
    "roster",
    states={
        "uploaded": _("已上传"),
        "checked": _("已检查"),
        "unreadable": _("无法读取"),
        "committed": _("已入库"),
        "discarded": _("已放弃"),
        "undone": _("已撤销入库"),
    },
    initial="uploaded",
    moves=[
        Move("check", ("uploaded", "checked", "unreadable"), "checked", IMPORT_ROSTER, _("检查")),
        Move("reject", ("uploaded",), "unreadable", IMPORT_ROSTER, _("退回文件")),
        Move("commit_part", ("checked",), "checked", IMPORT_ROSTER, _("部分入库")),
        Move("commit", ("checked",), "committed", IMPORT_ROSTER, _("入库")),
        Move("discard", ("uploaded", "checked", "unreadable"), "discarded", IMPORT_ROSTER, _("放弃")),
        Move("undo", ("checked", "committed"), "undone", IMPORT_ROSTER, _("撤销入库")),
    ],
)

LIKENESS = Flow(
    "likeness",
    states={"open": _("待核对"), "merged": _("已合并"), "distinct": _("不是同一人")},
    initial="open",
    moves=[
        Move("merge", ("open",), "merged", MERGE, _("合并")),
        Move("part", ("open",), "distinct", MERGE, _("不是同一人")),
        Move("reopen", ("merged", "distinct"), "open", MERGE, _("重新核对")),
    ],
)

TRANSFER = Flow(
    "transfer",
    states={
        "asked": _("待答复"),
        "accepted": _("已同意"),
        "refused": _("已拒绝"),
        "withdrawn": _("已撤回"),
    },
    initial="asked",
    moves=[
        Move("accept", ("asked",), "accepted", TRANSFER_HOUSEHOLD, _("同意")),
        Move("refuse", ("asked",), "refused", TRANSFER_HOUSEHOLD, _("拒绝")),
        Move("withdraw", ("asked",), "withdrawn", EDIT_HOUSEHOLD, _("撤回")),
    ],
)

"""The way of a roster."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from .permissions import IMPORT_ROSTER

ROSTER = Flow(
    "roster",
    states={
        "uploaded": _("已上传"),
        "checked": _("已检查"),
        "unreadable": _("无法读取"),
        "committed": _("已入库"),
        "discarded": _("已放弃"),
    },
    initial="uploaded",
    moves=[
        Move("check", ("uploaded", "checked", "unreadable"), "checked", IMPORT_ROSTER, _("检查")),
        Move("reject", ("uploaded",), "unreadable", IMPORT_ROSTER, _("退回文件")),
        Move("commit_part", ("checked",), "checked", IMPORT_ROSTER, _("部分入库")),
        Move("commit", ("checked",), "committed", IMPORT_ROSTER, _("入库")),
        Move("discard", ("uploaded", "checked", "unreadable"), "discarded", IMPORT_ROSTER, _("放弃")),
    ],
)

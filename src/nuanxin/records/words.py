"""What an audit line's action is called, in words: flows name their own moves, others are named here."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import all_flows

_words: dict[str, Any] = {
    "access.denied": _("访问被拒绝"),
    "access.not_found": _("访问了不存在或管辖外的记录"),
    "attachment.added": _("材料已上传"),
    "attachment.removed": _("材料已移除"),
    "attachment.seen": _("查看材料"),
    "list.exported": _("导出清单"),
    "job.cancelled": _("请求停止任务"),
    "account.signed_in": _("登录系统"),
}


def name(action: str, label: Any) -> None:
    """An app names an action of its own."""
    _words[action] = label


def say(action: str) -> Any:
    """The action in words: a flow's move by its label, else its own name, else as it is stored."""
    if action in _words:
        return _words[action]
    flow, _dot, move = action.partition(".")
    found = next((f for f in all_flows() if f.name == flow and move in f.moves), None)
    return found.moves[move].label if found else action

"""The way of a return."""

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.flow import Flow, Move

from .permissions import CHECK, FILL

RETURN = Flow(
    "return",
    states={
        "draft": _("草稿"),
        "submitted": _("待审核"),
        "returned": _("已退回"),
        "accepted": _("已接受"),
        "superseded": _("已被更正"),
    },
    initial="draft",
    moves=[
        Move("derive", ("draft", "returned"), "draft", FILL, _("重新取数")),
        Move("submit", ("draft",), "submitted", FILL, _("上报")),
        Move("return", ("submitted",), "returned", CHECK, _("退回")),
        Move("accept", ("submitted",), "accepted", CHECK, _("接受")),
        Move("supersede", ("accepted",), "superseded", FILL, _("更正")),
    ],
)

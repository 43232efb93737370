"""The kinds of documents a household's file holds (domain: attachments)."""

from django.utils.translation import gettext_lazy as _

CATEGORIES = [
    ("application", _("申请书")),
    ("identity", _("身份证")),
    ("household", _("户口簿")),
    ("diagnosis", _("诊断证明")),
    ("bill", _("费用票据")),
    ("employer", _("单位证明")),
    ("notice", _("公示材料")),
    ("consent", _("核查授权书")),
    ("other", _("其他材料")),
]
#: Of these what stays true from one application to the next.
LASTING = frozenset(["identity", "household", "consent"])

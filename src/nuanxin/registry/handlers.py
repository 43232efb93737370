"""What the registry's acts are called in the audit trail."""

from django.utils.translation import gettext_lazy as _

from nuanxin.records import documents, words

from .models import Household
from .permissions import SEE_FINANCE, SEE_HEALTH, SEE_HOUSEHOLD

for _action, _label in {
    "registry.looked_up": _("查询身份证号是否已在别处登记"),
    "identity.revealed": _("查看完整号码"),
    "household.edited": _("修改家庭信息"),
    "household.card_changed": _("更换银行卡"),
    "person.edited": _("修改人员信息"),
    "roster.corrected": _("更正花名册的行"),
    "roster.row_dropped": _("删除花名册的行"),
    "roster.downloaded": _("下载更正表"),
}.items():
    words.name(_action, _label)

documents.opened_by(Household._meta.label, SEE_HOUSEHOLD, also={"diagnosis": SEE_HEALTH, "bill": SEE_FINANCE})

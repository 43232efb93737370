from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rotation import keeps_sealed

SEE = declare("campaigns.drive.see", _("查看送温暖活动"), "see")
PLAN = declare("campaigns.drive.plan", _("组织送温暖活动"))
DECIDE = declare("campaigns.drive.decide", _("审批送温暖活动"), "decide")
VISIT = declare("campaigns.visit.record", _("登记慰问走访"))

keeps_sealed("campaigns.Recipient", card_cipher="card")

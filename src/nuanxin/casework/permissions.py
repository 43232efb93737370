from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rotation import keeps_sealed

SEE = declare("casework.file.see", _("查看职工档案和申请"), "see")
APPLY = declare("casework.application.submit", _("代交申请、登记入户调查"))
REVIEW = declare("casework.application.review", _("审核申请、发布公示"))
DECIDE = declare("casework.application.decide", _("审批建档"), "decide")
PROPOSE_AID = declare("casework.aid.propose", _("编制救助名单"))
DECIDE_AID = declare("casework.aid.decide", _("审批救助名单"), "decide")
TEAM = declare("casework.team.see", _("查看团队办理情况"), "see")
CARE = declare("casework.care.plan", _("制定帮扶计划、结对和监测"))
MAKE_SURVEY = declare("casework.survey.make", _("发起摸底排查"))
ANSWER = declare("casework.task.answer", _("答复帮扶任务"))
FAMILIES = declare("casework.family.visit", _("查看和走访自己的结对家庭"))

keeps_sealed("casework.Payee", card_cipher="card")
keeps_sealed("casework.Objection", phone_cipher="phone")

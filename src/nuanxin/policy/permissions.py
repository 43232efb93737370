from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped
from nuanxin.records.words import name

SEE = declare("policy.rule.see", _("查看政策和标准"), "see")
PROPOSE_PACK = declare("policy.pack.propose", _("起草政策包"))
ACTIVATE_PACK = declare("policy.pack.activate", _("批准启用政策包"), "decide")
PROPOSE_STANDARD = declare("policy.standard.propose", _("提交地区标准"))
SET_STANDARD = declare("policy.standard.set", _("设定地区标准"), "decide")
PROPOSE_PROGRAMME = declare("policy.programme.propose", _("起草本地帮扶项目"))
ACTIVATE_PROGRAMME = declare("policy.programme.activate", _("批准启用帮扶项目"), "decide")

unscoped("policy.ProgrammeVersion", "Programmes are public: who gets what, and how. No personal data.")
unscoped("policy.Pack", "Rules are public: everyone may read by what they are judged. No personal data.")
unscoped("policy.Parameter", "Standards are published figures of places. No personal data.")
unscoped("policy.ParameterHistory", "The history of published figures. No personal data.")

name("pack_proposal.drafted", _("起草政策包"))
name("programme_proposal.drafted", _("起草本地帮扶项目"))
name("standards_change.drafted", _("起草标准变更"))

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped

SET_STANDARD = declare("policy.standard.set", _("设定地区标准"), "decide")

unscoped("policy.Pack", "Rules are public: everyone may read by what they are judged. No personal data.")
unscoped("policy.Parameter", "Standards are published figures of places. No personal data.")
unscoped("policy.ParameterHistory", "The history of published figures. No personal data.")

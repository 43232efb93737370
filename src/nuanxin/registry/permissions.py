from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

SEE_HOUSEHOLD = declare("registry.household.see", _("查看家庭和人员"), "see")
EDIT_HOUSEHOLD = declare("registry.household.edit", _("维护家庭和人员"))
IMPORT_ROSTER = declare("registry.roster.import", _("导入花名册"))
REVEAL = declare("registry.identity.reveal", _("查看身份证号、银行卡号等敏感信息"))
EXPORT = declare("registry.household.export", _("导出名单"))

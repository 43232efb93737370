from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

SEE = declare("reporting.return.see", _("查看统计报表"), "see")
FILL = declare("reporting.return.fill", _("生成并上报统计报表"))
CHECK = declare("reporting.return.check", _("审核下级报表、汇总"), "decide")

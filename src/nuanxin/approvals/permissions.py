from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped

SEE_ROUTE = declare("approvals.route.see", _("查看审批流程"), "see")
PROPOSE_ROUTE = declare("approvals.route.propose", _("编制审批流程"))
ACTIVATE_ROUTE = declare("approvals.route.activate", _("启用审批流程"), "decide")

unscoped("approvals.Route", "How a federation decides is public: everyone may read it. No personal data.")
unscoped("approvals.RouteStep", "The steps of a public route. No personal data.")
unscoped("approvals.Deputy", "Names staff and posts, as posts themselves do; not the people helped.")

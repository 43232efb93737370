from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped

SEE_AUDIT = declare("records.audit.see", _("查看审计记录"), "see")

unscoped(
    "records.ChainHead", "Holds a number and a digest a node; read and written by the trigger on entries."
)
unscoped("records.Counter", "Holds the last number of a series; no personal data and no money.")

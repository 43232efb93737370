from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

SEE = declare("payments.batch.see", _("查看资金发放"), "see")
PAY = declare("payments.batch.pay", _("制作付款批次、登记回单"), "pay")
REISSUE = declare("payments.due.reissue", _("退回款项重新发放"))

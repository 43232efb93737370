from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rotation import keeps_sealed
from nuanxin.records.words import name

SEE = declare("payments.batch.see", _("查看资金发放"), "see")
PAY = declare("payments.batch.pay", _("制作付款批次、登记回单"), "pay")
REISSUE = declare("payments.due.reissue", _("退回款项重新发放"))

name("payments.batch_made", _("制作付款批次"))
name("payments.cards_revealed", _("下载含完整卡号的银行文件"))

keeps_sealed("payments.Due", card_cipher="card")

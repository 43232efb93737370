from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare
from nuanxin.kernel.rls import unscoped
from nuanxin.records.words import name

SEE = declare("ledger.fund.see", _("查看资金账户"), "see")
APPROPRIATE = declare("ledger.fund.appropriate", _("拨付资金"), "pay")

unscoped("ledger.Fund", "The list of funds is configuration; balances are in accounts, which are scoped.")

name("ledger.appropriate", _("拨付资金"))
name("ledger.reverse", _("冲正"))

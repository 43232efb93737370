from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

SEE = declare("messaging.message.see", _("查看短信和信函"), "see")
MANAGE = declare("messaging.message.manage", _("重发、撤销短信，打印、寄出信函"))
SEND = declare("messaging.message.send", _("发送短信（系统任务）"))

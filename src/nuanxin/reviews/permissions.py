from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.permissions import declare

SEE = declare("reviews.review.see", _("查看复核"), "see")
RUN = declare("reviews.review.run", _("发起复核、提出处理意见"))
DECIDE = declare("reviews.difference.decide", _("审批复核处理意见"), "decide")

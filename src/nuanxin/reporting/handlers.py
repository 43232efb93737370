"""Names of reporting's own acts in the audit trail."""

from django.utils.translation import gettext_lazy as _

from nuanxin.records.words import name

name("return.created", _("新建报表"))
name("return.downloaded", _("下载报表"))

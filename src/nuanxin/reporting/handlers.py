"""Names of reporting's own acts in the audit trail, and the cells programmes may feed."""

from django.utils.translation import gettext_lazy as _

from nuanxin.policy import cells
from nuanxin.policy.engine.texts import Text
from nuanxin.records.words import name

from .formdefs import forms

name("return.created", _("新建报表"))
name("return.downloaded", _("下载报表"))

for _form in forms().values():
    for _section in _form.sections:
        if _section.fed_as:
            cells.declare(_section.fed_as, Text(_section.zh, _section.en))

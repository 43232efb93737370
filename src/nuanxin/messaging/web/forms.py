"""What a person said about texts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form

from ..models import LANGUAGES


class ChoiceForm(Form):
    """Whether a person wants texts, and in which language they are told."""

    texts = forms.TypedChoiceField(
        label=_("是否接收短信"),
        choices=[("yes", _("接收")), ("no", _("不接收"))],
        coerce=lambda said: said == "yes",
        help_text=_("不接收短信的，必须告知的事项改用信函；提醒类短信只发给明确同意的人。"),
    )
    language = forms.ChoiceField(label=_("通知语言"), choices=LANGUAGES, initial="zh")
    layouts = {"texts": "segments", "language": "segments"}

"""Forms of surveys: making one, settling a household, giving households to an officer."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form, Group, SearchSelect

from ..services import officers, surveys
from .filters import committed_rosters


class SurveyForm(Form):
    """A survey of the place one sits at."""

    groups = [
        Group(_("排查"), ["title", "as_of", "due"]),
        Group(
            _("列入范围"),
            ["roster", "unknowns"],
            help=_(
                "没有在档档案、也没有办理中申请，而按现行政策符合条件或接近标准的家庭都会列入；以下可另外列入。"
            ),
        ),
    ]

    title = forms.CharField(label=_("排查名称"), max_length=80)
    as_of = forms.DateField(label=_("认定基准日"), initial=timezone.localdate)
    due = forms.DateField(label=_("完成期限"))
    roster: Any = forms.ModelChoiceField(
        label=_("另列花名册家庭"),
        queryset=None,
        required=False,
        empty_label=_("不另列"),
        help_text=_("如大病名册、低保名册：名册中没有档案的家庭都列入走访。"),
    )
    unknowns = forms.BooleanField(
        label=_("列入情况不全的家庭"),
        required=False,
        help_text=_("缺少收入等情况、无法认定的家庭也列入走访。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        roster: Any = self.fields["roster"]
        roster.queryset = committed_rosters()
        self.initial.setdefault("title", gettext("%(year)s 年困难家庭摸底排查") % {"year": today.year})
        self.initial.setdefault("due", surveys.due_on(today))


class FoundForm(Form):
    """What was found when the household was visited or called."""

    reason = forms.CharField(label=_("情况说明"), widget=forms.Textarea, max_length=500)


class SurveyorForm(Form):
    officer: Any = forms.ModelChoiceField(None, label=_("走访人"), widget=SearchSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["officer"]
        field.queryset = officers.officers()

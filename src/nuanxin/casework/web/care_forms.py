"""Forms of care: needs, tasks and their answers, pairs."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form, Group, SearchSelect

from ..models import Need, Task
from ..services import officers, pairings, tasks


def _today() -> date:
    return timezone.localdate()


class NeedForm(Form):
    """A need of a family."""

    kind = forms.ChoiceField(label=_("需求"), choices=Need.Kind.choices)
    track = forms.ChoiceField(
        label=_("帮扶等级"),
        choices=Need.Track.choices,
        help_text=_("突发困难随到随办，突出困难优先安排，一般困难按常规项目办理。"),
    )
    note = forms.CharField(label=_("具体情况"), widget=forms.Textarea, max_length=1000)
    found_on = forms.DateField(label=_("提出日期"), initial=_today)
    layouts = {"track": "segments"}


class NeedChangeForm(Form):
    """An open need graded anew."""

    track = forms.ChoiceField(label=_("帮扶等级"), choices=Need.Track.choices)
    note = forms.CharField(label=_("具体情况"), widget=forms.Textarea, max_length=1000)
    layouts = {"track": "segments"}


class NeedMetForm(Form):
    """How a need came out."""

    outcome = forms.CharField(label=_("结果"), widget=forms.Textarea, max_length=1000)
    met_on = forms.DateField(label=_("解决日期"), initial=_today)


class TaskForm(Form):
    """Who does what by when."""

    what = forms.CharField(label=_("措施"), max_length=200)
    unit: Any = forms.ModelChoiceField(
        None, label=_("责任单位"), widget=SearchSelect, required=False, to_field_name="code"
    )
    staff: Any = forms.ModelChoiceField(
        None,
        label=_("责任人"),
        widget=SearchSelect,
        required=False,
        help_text=_("单位和个人至少选一项；只选单位时，由该单位的人员共同办理。"),
    )
    due_on = forms.DateField(label=_("完成期限"))
    told = forms.CharField(
        label=_("提供给承办方的情况"),
        widget=forms.Textarea,
        max_length=1000,
        required=False,
        help_text=_("协作单位看不到家庭档案，只看到措施和这里写的内容；只写办理所必需的。"),
    )
    groups = [Group("", ["what", "unit", "staff", "due_on"]), Group("", ["told"])]

    def __init__(self, *args: Any, place: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = tasks.units(place)  # type: ignore[attr-defined]
        self.fields["staff"].queryset = tasks.answerers(place)  # type: ignore[attr-defined]


class AnswerForm(Form):
    """The answer of who has the task."""

    result = forms.ChoiceField(label=_("答复结果"), choices=Task.Result.choices)
    answer = forms.CharField(label=_("办理情况"), widget=forms.Textarea, max_length=1000)
    layouts = {"result": "segments"}


class ReopenForm(Form):
    """An answer sent back."""

    reason = forms.CharField(label=_("退回原因"), widget=forms.Textarea, max_length=500)
    due_on = forms.DateField(label=_("新的期限"), required=False, help_text=_("不填则期限不变。"))


class PairForm(Form):
    """Leader, unit and case officer of files."""

    leader: Any = forms.ModelChoiceField(None, label=_("结对领导"), widget=SearchSelect, required=False)
    unit: Any = forms.ModelChoiceField(
        None, label=_("结对单位"), widget=SearchSelect, required=False, to_field_name="code"
    )
    officer: Any = forms.ModelChoiceField(None, label=_("联系干部"), widget=SearchSelect, required=False)
    reason = forms.CharField(
        label=_("更换原因"),
        max_length=200,
        required=False,
        help_text=_("更换原有结对时必填；原结对留在历史中。"),
    )
    groups = [
        Group("", ["leader", "unit", "officer"], help=_("不选的一项保持不变。")),
        Group("", ["reason"]),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = scope.current().org_path
        self.fields["leader"].queryset = pairings.leaders(place)  # type: ignore[attr-defined]
        self.fields["unit"].queryset = tasks.units(place)  # type: ignore[attr-defined]
        self.fields["officer"].queryset = officers.officers()  # type: ignore[attr-defined]

"""Forms of the routes editor and of one's own absence and declarations."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money
from nuanxin.kernel.permissions import declared
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.orgs.models import Node, Post, Staff

from ..models import Kin, RouteStep, StepKind, WhenMissing
from ..queries.deputies import eligible
from ..queries.drafts import permissions_in_use
from ..routefile import MOST_DAYS, MOST_VOTES

#: The levels a step can be given; others stand in for one of these.
LEVELS = [
    (kind.value, kind.label) for kind in Node.Kind if kind not in (Node.Kind.INDUSTRY, Node.Kind.PARTNER)
]
_MARKS = re.compile(r"[\s,，、;；]+")


class ReasonForm(Form):
    reason = forms.CharField(label=_("退回理由"), widget=forms.Textarea, max_length=500)


class HeadingForm(Form):
    """What a route is called and from when it holds."""

    title = forms.CharField(label=_("名称"), max_length=60)
    title_en = forms.CharField(label=_("英文名称"), max_length=100)
    since = forms.DateField(
        label=_("施行日期"), help_text=_("从这一天起提交的事项按新流程办理；已在办理的不受影响。")
    )


class StepForm(Form):
    """A step of a route: what is done, where, by how many, by when, and for which matters."""

    groups = [
        Group(_("步骤"), ["title", "title_en", "kind", "code"]),
        Group(_("由谁办理"), ["level", "permission", "needed", "when_missing"]),
        Group(_("时限"), ["days", "escalate"]),
        Group(_("只办理这些事项"), ["over", "classes"], help=_("都不填，则每一件都要经过这一步。")),
    ]
    layouts = {"kind": "segments", "needed": "field-short", "days": "field-short"}
    units = {"over": _("元"), "days": _("个工作日"), "needed": _("人")}

    title = forms.CharField(label=_("名称"), max_length=40)
    title_en = forms.CharField(label=_("英文名称"), max_length=80)
    code = forms.RegexField(
        label=_("代码"),
        required=False,
        regex=r"^[a-z][a-z0-9_]{0,23}$",
        help_text=_("供系统区分步骤，留空由系统编写；自己写的用小写字母、数字和下划线。"),
    )
    kind = forms.ChoiceField(label=_("办理方式"), choices=StepKind.choices, widget=forms.RadioSelect)
    level = forms.ChoiceField(label=_("层级"), choices=LEVELS)
    permission = forms.ChoiceField(label=_("权限"), required=False, help_text=_("公示不需要权限。"))
    needed = forms.IntegerField(
        label=_("所需人数"),
        min_value=1,
        max_value=MOST_VOTES,
        initial=1,
        help_text=_("须由这么多不同的人通过。"),
    )
    when_missing = forms.ChoiceField(label=_("没有该层级时"), choices=WhenMissing.choices)
    days = forms.IntegerField(label=_("办理时限"), min_value=1, max_value=MOST_DAYS, required=False)
    escalate = forms.BooleanField(label=_("逾期后上级可以办理"), required=False)
    over = MoneyFormField(label=_("金额超过"), required=False, min_value=Money(0))
    classes = forms.CharField(
        label=_("适用类别"),
        required=False,
        help_text=_("用逗号分开：deep 深度困难，relative 相对困难，accident 意外致困。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = declared()
        words = [(code, known[code].label) for code in permissions_in_use() if code in known]
        self.fields["permission"].choices = [("", "—"), *words]  # type: ignore[attr-defined]

    def clean_classes(self) -> list[str]:
        return [one for one in _MARKS.split(self.cleaned_data["classes"]) if one]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("kind") == StepKind.NOTICE:
            data |= {"permission": "", "needed": 0}
        elif not data.get("permission") and not self.errors:
            self.add_error("permission", _("请选择办理这一步需要的权限。"))
        return data

    def step(self, position: int) -> RouteStep:
        """The step as typed, for this position (0: a new one)."""
        return RouteStep(position=position, **self.cleaned_data)


class KinForm(Form):
    """An ID number to step back for: one's own or a relative's."""

    sensitive = ["id_number"]

    relation = forms.ChoiceField(label=_("与本人关系"), choices=Kin.Relation.choices)
    id_number = forms.CharField(
        label=_("身份证号"), max_length=24, help_text=_("只保存加密指纹和掩码，号码本身不保存。")
    )


class DeputyForm(Form):
    """Who stands in for the holder of a post, and for how long."""

    staff = forms.ModelChoiceField(label=_("代办人"), queryset=Staff.objects.none())
    since = forms.DateField(label=_("起始日期"))
    until = forms.DateField(label=_("本人恢复办理的日期"), help_text=_("从这一天起不再代办。"))
    reason = forms.CharField(label=_("事由"), max_length=200, required=False)

    def __init__(self, *args: Any, post: Post, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["staff"].queryset = eligible(post)  # type: ignore[attr-defined]

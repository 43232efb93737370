"""Forms of reviews: starting one, an opinion, a decision, a visit."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import Visit
from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form, Group, SearchSelect
from nuanxin.orgs.models import Node

from ..models import Opinion

#: Which units may be chosen: those with unions of their own below them; single unions would be too many.
_KINDS = ("national", "province", "prefecture", "county", "township", "industry")


class ReviewForm(Form):
    """A review of the households of a unit."""

    groups = [
        Group(_("复核"), ["title", "reason"]),
        Group(_("范围"), ["path", "survey"]),
        Group(
            _("日期"),
            ["as_of", "basis"],
            help=_("按认定基准日的政策和标准重新认定，与对比基准日的待遇比较；不会自动改动任何档案。"),
        ),
    ]

    title = forms.CharField(label=_("复核名称"), max_length=80)
    reason = forms.CharField(
        label=_("复核原因"),
        widget=forms.Textarea,
        max_length=500,
        help_text=_("如标准调整文件的名称和文号，或年度复核通知。"),
    )
    path = forms.ModelChoiceField(
        label=_("复核单位"), queryset=Node.objects.none(), empty_label=None, to_field_name="path"
    )
    survey = forms.BooleanField(
        label=_("同时排查未建档家庭"),
        required=False,
        help_text=_("找出符合条件而没有建档的家庭（应纳尽纳）。"),
    )
    as_of = forms.DateField(label=_("认定基准日"), initial=timezone.localdate)
    basis = forms.DateField(
        label=_("对比基准日"),
        initial=lambda: timezone.localdate() - timedelta(days=1),
        help_text=_("标准调整的前一天，或上次复核的日期。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        path = scope.current().org_path
        field: Any = self.fields["path"]
        field.widget = SearchSelect()
        own = Node.objects.filter(path=path)
        field.queryset = (own | Node.objects.within(path).filter(active=True, kind__in=_KINDS)).order_by(
            "path"
        )
        field.label_from_instance = lambda node: node.local_name
        if path:
            self.initial.setdefault("path", path)


class ProposeForm(Form):
    """What to do about a household, or about many."""

    layouts = {"opinion": "segments"}

    opinion = forms.ChoiceField(
        label=_("处理意见"),
        choices=Opinion.choices,
        widget=forms.RadioSelect,
        initial=Opinion.FOLLOW,
        help_text=_("按新结论办理：变更类别、转入退出或代为发起申请，均须另一人批准。"),
    )
    reason = forms.CharField(
        label=_("理由"),
        widget=forms.Textarea,
        max_length=500,
        required=False,
        help_text=_("维持原状或先入户核实时必须写明。"),
    )


class ReasonForm(Form):
    reason = forms.CharField(label=_("退回理由"), widget=forms.Textarea, max_length=500)


class DecideForm(Form):
    """The decision on many proposals."""

    layouts = {"verdict": "segments"}

    verdict = forms.ChoiceField(
        label=_("审批"),
        choices=[("settle", _("批准处理意见")), ("return", _("退回处理意见"))],
        widget=forms.RadioSelect,
        initial="settle",
    )
    reason = forms.CharField(
        label=_("退回理由"),
        widget=forms.Textarea,
        max_length=500,
        required=False,
        help_text=_("退回时必须写明。"),
    )


class VisitForm(Form):
    """What a visit found."""

    layouts = {"finding": "segments"}

    visited_on = forms.DateField(label=_("入户日期"), initial=timezone.localdate)
    visitors = forms.CharField(label=_("入户人员"), max_length=80, help_text=_("至少两人，写全姓名。"))
    finding = forms.ChoiceField(
        label=_("与申报是否一致"), choices=Visit.Finding.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("情况说明"), widget=forms.Textarea, max_length=2000, required=False)


class Empty(Form):
    """An act that asks nothing."""

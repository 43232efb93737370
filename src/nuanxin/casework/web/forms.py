"""Forms of casework: one for each act that asks something."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form, Group
from nuanxin.ledger.models import Fund
from nuanxin.registry import papers
from nuanxin.registry.models import Roster

from .. import determination
from ..models import Objection, Visit

PROGRAMMES = [(determination.LIVING, _("生活救助")), (determination.TAPER, _("渐退期帮扶"))]


class Empty(Form):
    """An act that asks nothing; its form only carries a refusal."""


class Reason(Form):
    """An act that asks why."""

    reason = forms.CharField(label=_("理由"), widget=forms.Textarea, max_length=500)


class ReturnForm(Reason):
    """A return asks to where as well, where there are earlier steps to return to."""

    to = forms.TypedChoiceField(label=_("退回到"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, earlier: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not earlier:
            del self.fields["to"]
            return
        choices = [("", _("经办人")), *((step.position, step.local_title) for step in earlier)]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]


class OutcomeForm(Form):
    """A service is done with what came of it."""

    outcome = forms.CharField(label=_("办理结果"), widget=forms.Textarea, max_length=2000)


class OptionalReason(Form):
    reason = forms.CharField(label=_("说明"), widget=forms.Textarea, max_length=500, required=False)


class VisitForm(Form):
    """A home visit."""

    layouts = {"finding": "segments"}

    visited_on = forms.DateField(label=_("入户日期"), initial=timezone.localdate)
    visitors = forms.CharField(label=_("入户人员"), max_length=80, help_text=_("至少两人，写全姓名。"))
    finding = forms.ChoiceField(
        label=_("与申报是否一致"), choices=Visit.Finding.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(label=_("情况说明"), widget=forms.Textarea, max_length=2000, required=False)


class DocumentForm(Form):
    """A document to be kept with the application."""

    category = forms.ChoiceField(label=_("材料种类"), choices=papers.CATEGORIES)
    upload = forms.FileField(label=_("文件"), help_text=_("JPG、PNG 图片或 PDF，不超过 10 MB。"))

    def __init__(self, *args: Any, kinds: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {code for code, _title in kinds}
        listed = [*kinds, *(kind for kind in papers.CATEGORIES if kind[0] not in known)]
        self.fields["category"].choices = listed  # type: ignore[attr-defined]


class NoticeForm(Form):
    """Passing the review and putting the notice up."""

    phone = forms.CharField(label=_("监督电话"), max_length=20)
    place = forms.CharField(label=_("张贴地点"), max_length=80, required=False)


class ObjectionForm(Form):
    """An objection raised during the notice."""

    source = forms.ChoiceField(label=_("反映方式"), choices=Objection.Source.choices)
    by = forms.CharField(label=_("反映人"), max_length=60, required=False, help_text=_("匿名的不填。"))
    phone = forms.CharField(
        label=_("联系电话"),
        max_length=20,
        required=False,
        help_text=_("用于告知核实结果；加密保存，不向被反映人透露。"),
    )
    received_on = forms.DateField(label=_("收到日期"), initial=timezone.localdate)
    text = forms.CharField(label=_("反映内容"), widget=forms.Textarea, max_length=2000)


class SettleForm(Form):
    """What an objection came to."""

    finding = forms.ChoiceField(label=_("核实结论"), choices=Objection.Finding.choices)
    outcome = forms.CharField(label=_("处理理由"), widget=forms.Textarea, max_length=2000)


class AssessForm(Form):
    """The day the household is to be determined as of."""

    as_of = forms.DateField(
        label=_("认定基准日"),
        initial=timezone.localdate,
        help_text=_("按这一天有效的政策和标准、用现在登记的情况认定。"),
    )


class DayForm(Form):
    """The day a sheet is asked for: today or before."""

    on = forms.DateField(label=_("日期"))

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if on > timezone.localdate():
            raise forms.ValidationError(_("请选择今天或以前的日期。"))
        return on


class RosterStart(Form):
    """The roster whose households are to apply."""

    roster = forms.ModelChoiceField(
        label=_("花名册"), queryset=Roster.objects.none(), empty_label=_("请选择")
    )

    def __init__(self, *args: Any, rosters: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roster"].queryset = rosters  # type: ignore[attr-defined]
        self.fields["roster"].label_from_instance = lambda roster: roster.name  # type: ignore[attr-defined]


class AidListForm(Form):
    """A new list of awards."""

    groups = [
        Group(_("项目与时间"), ["programme", "title", "year", "as_of"]),
        Group(_("资金"), ["fund"], help=_("批准时从本级该项资金中预留，余额不足时不能批准。")),
    ]

    programme = forms.ChoiceField(label=_("救助项目"), choices=PROGRAMMES)
    title = forms.CharField(label=_("名单名称"), max_length=80)
    year = forms.IntegerField(label=_("年度"), min_value=2000, max_value=2100)
    as_of = forms.DateField(label=_("认定基准日"), help_text=_("按这一天有效的政策和标准计算。"))
    fund = forms.ModelChoiceField(label=_("资金"), queryset=Fund.objects.none(), empty_label=_("请选择"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["fund"].queryset = Fund.objects.order_by("code")  # type: ignore[attr-defined]
        self.fields["year"].initial = today.year
        self.fields["as_of"].initial = today

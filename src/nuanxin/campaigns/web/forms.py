"""Forms of drives, of those on them, and of the visit."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import Visit
from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import ZERO
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form, Group, PhotosField, SearchSelect, SignatureField
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node

from .. import limits
from ..models import Drive, Recipient, Target

YUAN = _("元")


class DriveForm(Form):
    """The plan of a drive: what everybody on it gets, and from which fund."""

    groups = [
        Group(_("活动"), ["name", "theme", "starts_on", "ends_on"]),
        Group(_("资金"), ["fund", "cash"], help=_("慰问金打入本人银行卡，不发现金。")),
        Group(_("慰问品"), ["gift", "gift_value"], help=_("慰问品由走访人员送达并签收，计价值，不付款。")),
    ]
    units = {"cash": YUAN, "gift_value": YUAN}
    read_back = ["cash"]

    name = forms.CharField(label=_("活动名称"), max_length=80)
    theme = forms.CharField(label=_("主题"), max_length=80, required=False)
    starts_on = forms.DateField(label=_("开始日期"))
    ends_on = forms.DateField(label=_("结束日期"))
    fund = forms.ModelChoiceField(label=_("资金"), queryset=Fund.objects.none(), empty_label=_("请选择"))
    cash = MoneyFormField(label=_("每人慰问金"), min_value=ZERO, required=False)
    gift = forms.CharField(label=_("慰问品"), max_length=60, required=False)
    gift_value = MoneyFormField(label=_("慰问品每份价值"), min_value=ZERO, required=False)

    def __init__(self, *args: Any, org_path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fund"].queryset = Fund.objects.filter(uses__contains=[limits.PROGRAMME])  # type: ignore[attr-defined]
        self._name_limits(org_path)

    def _name_limits(self, org_path: str) -> None:
        """Say the caps and where they stand beside the amount they bind."""
        try:
            caps = limits.in_force(org_path, timezone.localdate())
        except Refused as refusal:
            self.fields["cash"].help_text = str(refusal)
            return
        said = _("每人每次不超过 %(time)s 元，每人每年不超过 %(year)s 元；没有慰问金填 0。")
        self.fields["cash"].help_text = said % {"time": caps.per_time, "year": caps.per_year}
        self.sources = {"cash": caps.source}

    def plan(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        data = dict(self.cleaned_data)
        for name in ("cash", "gift_value"):
            data[name] = data[name] or ZERO
        return data


class _OnDrive(Form):
    """A worker or a group: at which unit, and who is meant."""

    org = forms.ModelChoiceField(
        label=_("所属单位"),
        queryset=Node.objects.none(),
        empty_label=_("请选择"),
        help_text=_("由该单位负责走访，按拼音查找。"),
    )
    target = forms.ChoiceField(label=_("慰问对象"), choices=Target.choices)
    bank = forms.CharField(label=_("开户银行"), max_length=60, required=False)
    branch = forms.CharField(label=_("开户网点"), max_length=100, required=False)
    card = forms.CharField(label=_("银行卡号"), max_length=40, required=False)

    def __init__(self, *args: Any, drive: Drive, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["org"]
        field.widget = SearchSelect()
        field.queryset = Node.objects.within(drive.org_id).filter(active=True)  # type: ignore[attr-defined]


class WorkerForm(_OnDrive):
    groups = [
        Group(_("职工"), ["name", "id_number", "phone", "org", "target"]),
        Group(
            _("收款账户"), ["bank", "branch", "card"], help=_("须为本人名下的银行卡；没有慰问金时不用填。")
        ),
    ]
    sensitive = ["id_number", "phone", "card"]

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(
        label=_("身份证号"), max_length=30, help_text=_("同一身份证号在全系统是同一个人，年度限额合并计算。")
    )
    phone = forms.CharField(label=_("手机"), max_length=20, required=False)


class GroupForm(_OnDrive):
    groups = [
        Group(_("集体"), ["name", "org", "target", "headcount"]),
        Group(_("慰问品"), ["gifts"]),
        Group(
            _("慰问金"),
            ["cash", "bank", "branch", "card"],
            help=_("集体慰问金只能转入单位账户；集体没有名单，不计入个人年度限额。"),
        ),
    ]
    units = {"headcount": _("人"), "gifts": _("份"), "cash": YUAN}
    read_back = ["cash"]
    sensitive = ["card"]

    name = forms.CharField(label=_("集体名称"), max_length=60)
    headcount = forms.IntegerField(
        label=_("人数"), min_value=1, max_value=1_000_000, required=False, help_text=_("人数不清楚可不填。")
    )
    gifts = forms.IntegerField(label=_("慰问品份数"), min_value=0, max_value=1_000_000, initial=0)
    cash = MoneyFormField(label=_("慰问金"), min_value=ZERO, required=False)

    def __init__(self, *args: Any, drive: Drive, **kwargs: Any) -> None:
        super().__init__(*args, drive=drive, **kwargs)
        self.fields["card"].label = _("单位账号")
        if drive.gift:
            said = _("%(gift)s，每份价值 %(value)s 元。")
            self.fields["gifts"].help_text = said % {"gift": drive.gift, "value": drive.gift_value}

    def clean_cash(self) -> Any:
        return self.cleaned_data["cash"] or ZERO


class ReasonForm(Form):
    reason = forms.CharField(label=_("退回理由"), widget=forms.Textarea, max_length=500)


class VisitForm(Form):
    """What was handed over, found and signed. `key` makes a repeated sending harmless."""

    layouts = {"finding": "segments", "gifts_delivered": "field-short"}
    units = {"gifts_delivered": _("份")}

    key = forms.UUIDField(widget=forms.HiddenInput)
    gifts_delivered = forms.IntegerField(label=_("送达份数"), min_value=0)
    finding = forms.ChoiceField(
        label=_("与申报是否一致"), choices=Visit.Finding.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("情况说明"),
        widget=forms.Textarea,
        max_length=1000,
        required=False,
        help_text=_("有变化或无法核实时必须写明。"),
    )
    visited_on = forms.DateField(label=_("走访日期"))
    photos = PhotosField(label=_("照片"), required=False)
    signature = SignatureField(label=_("签名"), required=False)
    signed_name = forms.CharField(label=_("签收人"), max_length=60, required=False)

    def __init__(self, *args: Any, recipient: Recipient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not recipient.gifts:
            del self.fields["gifts_delivered"]
        if recipient.is_group:
            self.fields["signed_name"].required = True

"""Forms that move money: every amount is read back in capitals, every form carries its key."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money
from nuanxin.kernel.web.forms import Form
from nuanxin.orgs.models import Node


class MoneyForm(Form):
    """An amount and why; `key` makes a form sent twice one transfer."""

    units = {"amount": _("元")}
    read_back = ["amount"]

    amount = MoneyFormField(label=_("金额"), min_value=Money(1))
    memo = forms.CharField(label=_("摘要"), max_length=200)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"key": uuid4()}, **kwargs)


class AppropriateForm(MoneyForm):
    """Money to a unit below."""

    to = forms.ModelChoiceField(label=_("收款单位"), queryset=Node.objects.none(), to_field_name="path")

    field_order = ["to", "amount", "memo", "key"]

    def __init__(self, *args: Any, below: list[Node], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        field.queryset = Node.objects.filter(pk__in=[node.pk for node in below])  # type: ignore[attr-defined]
        field.empty_label = _("请选择")  # type: ignore[attr-defined]
        self.fields["memo"].help_text = _("例如：2022 年送温暖资金（云工办〔2022〕3 号）")


class ReceiveForm(MoneyForm):
    """Money from outside: fiscal funds, a superior outside the system, donations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["memo"].label = _("来源和凭证")
        self.fields["memo"].help_text = _("例如：省财政厅拨款，凭证号 2022-015")


class ReverseForm(Form):
    """Why a transfer is taken back."""

    memo = forms.CharField(label=_("冲正原因"), max_length=200, widget=forms.Textarea)

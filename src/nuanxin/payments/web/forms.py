"""Forms of batches."""

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form
from nuanxin.ledger import queries as ledger

from ..bank.outgoing import KINDS


class MakeForm(Form):
    """The fund whose waiting dues go into a batch."""

    fund = forms.ModelChoiceField(queryset=ledger.funds(), label=_("资金"))


class SendForm(Form):
    """In which form the bank wants the file."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS], label=_("格式"))


class ResultForm(Form):
    """The bank's answer."""

    file = forms.FileField(label=_("银行回单"))


class DissolveForm(Form):
    """Why a batch is given up."""

    note = forms.CharField(label=_("解散原因"), max_length=200, widget=forms.Textarea)

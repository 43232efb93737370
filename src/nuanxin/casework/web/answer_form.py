"""The one form of an application, made from its programme's questions: answers, amount, fund, account."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import EMPTY_VALUES
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.ledger.models import Fund
from nuanxin.policy.programmes import Field, Programme

from .. import answers, programmes
from ..models import Application
from ..services import NewPayee

#: Before the code of a question, so that none meets the other fields.
PREFIX = "q_"
PAYEE = ("payee_name", "bank", "branch", "card")
_WHO = {
    "person": _("填本人的账户；户主本人已登记的银行卡不必再填。"),
    "employer": _("填单位的账户。"),
    "organisation": _("填工会的账户。"),
}


class AnswerForm(Form):
    """What the programme asks; nothing is required until it is submitted."""

    sensitive = ("card",)
    read_back = ("asked",)

    def __init__(self, programme: Programme, application: Application, data: QueryDict | None = None) -> None:
        self.programme, self.application = programme, application
        self.base_fields = self._fields()
        self.groups = self._groups()
        super().__init__(data, initial=self._initial())

    def _fields(self) -> dict[str, forms.Field]:
        made = {PREFIX + field.code: _question(field) for field in self.programme.fields}
        if self.programme.outcome == "award":
            made |= self._money()
        if self.wants_account:
            made |= _account()
        return made

    @property
    def wants_account(self) -> bool:
        """Whether the account is written here; the head's card stands with the household."""
        return self.programme.outcome == "award" and self.programme.payee in _WHO

    def _money(self) -> dict[str, forms.Field]:
        help = _("按政策计算的金额更低时，以计算的为准。") if self.programme.pack else ""
        try:
            most = programmes.most(self.programme, str(self.application.org_id))
        except Refused as unset:
            help = unset.message
        else:
            help = gettext("最多 %(most)s 元。") % {"most": most} if most else help
        return {
            "asked": MoneyFormField(label=_("申请金额"), required=False, help_text=help),
            "fund": forms.ModelChoiceField(
                label=_("资金"), queryset=funds_for(self.programme), required=False, empty_label=_("请选择")
            ),
        }

    def _groups(self) -> list[Group]:
        account = _WHO.get(self.programme.payee, "")
        return [
            Group(_("申请内容"), [PREFIX + field.code for field in self.programme.fields]),
            Group(_("金额与资金"), ["asked", "fund"]),
            Group(_("收款账户"), list(PAYEE), help=account),
        ]

    def _initial(self) -> dict[str, Any]:
        said = answers.typed(self.programme, self.application.answers)
        found = {PREFIX + code: value for code, value in said.items()}
        found |= {"asked": self.application.asked, "fund": self.application.fund_id}
        payee = getattr(self.application, "payee", None)
        if payee is not None:
            found |= {"payee_name": payee.name, "bank": payee.bank, "branch": payee.branch}
        return found

    @property
    def answered(self) -> dict[str, Any]:
        """The answers as they were typed, by question."""
        return {field.code: self.data.get(PREFIX + field.code, "") for field in self.programme.fields}

    @property
    def payee(self) -> NewPayee | None:
        """The account typed; None where only the name or the bank of the one kept stands there."""
        data = self.cleaned_data
        if not self.wants_account or not data.get("card"):
            return None
        return NewPayee(data["payee_name"], data["bank"], data["card"], data["branch"])

    def refuse(self, refusal: Refused) -> None:
        """Each answer that was not taken says why at its question."""
        if not isinstance(refusal, answers.Unreadable):
            return super().refuse(refusal)
        for code, text in refusal.errors.items():
            name = PREFIX + code
            self.add_error(name if name in self.fields else None, str(text))
        return None


def funds_for(programme: Programme) -> Any:
    """The funds that may be given for the programme."""
    rows = Fund.objects.filter(source__in=programme.funds, uses__contains=[programme.purpose])
    return rows.order_by("code")


class _InTheEnd:
    """A question that must be answered before it is submitted, but not to save what there is."""

    def validate(self, value: Any) -> None:
        """An empty answer is no mistake yet."""
        if value not in EMPTY_VALUES:
            super().validate(value)  # type: ignore[misc]


class _Text(_InTheEnd, forms.CharField):
    pass


class _Choice(_InTheEnd, forms.ChoiceField):
    pass


def _question(field: Field) -> forms.Field:
    """The control of a question; what is typed is read by the service."""
    language = get_language() or "zh"
    title = field.title.in_(language)
    said: Mapping[str, Any] = {
        "label": title,
        "help_text": escape(field.help.in_(language)) if field.help else "",
        "required": field.required,
    }
    if field.type == "flag":
        choices = [("true", _("是")), ("false", _("否"))]
        return _Choice(choices=choices, widget=forms.RadioSelect, **said)
    if field.type == "code":
        options = [("", _("请选择")), *((code, text.in_(language)) for code, text in field.options)]
        return _Choice(choices=options, **said)
    if field.type == "date":
        return _Text(widget=forms.DateInput({"type": "date"}), **said)
    if field.type == "text":
        return _Text(widget=forms.Textarea, max_length=answers.MOST_TEXT, **said)
    attributes = (
        {"inputmode": "decimal", "class": "money"} if field.type == "money" else {"inputmode": "numeric"}
    )
    return _Text(widget=_Amount(attributes), **said)


class _Amount(forms.TextInput):
    """A figure as it is typed."""

    def format_value(self, value: Any) -> str | None:
        return None if value in (None, "") else str(value)


def _account() -> dict[str, forms.Field]:
    return {
        "payee_name": forms.CharField(label=_("收款人"), max_length=60, required=False),
        "bank": forms.CharField(label=_("开户银行"), max_length=60, required=False),
        "branch": forms.CharField(label=_("开户网点"), max_length=100, required=False),
        "card": forms.CharField(
            label=_("银行账号"),
            max_length=40,
            required=False,
            help_text=_("已登记的账号不显示；不填就不改。"),
        ),
    }

"""Forms of leaving: the exit with its evidence, what came back, the watch."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money
from nuanxin.kernel.web.forms import Form, Group

from ..models import Exit, Guarantee, Watch
from ..services import Evidence

MONTHS = 6
_ITEMS = list(Guarantee.Item.choices)


def last_months(today: date) -> Iterator[date]:
    """The first days of the last six whole months, the oldest first."""
    count = today.year * 12 + today.month - 1
    for month in range(count - MONTHS, count):
        yield date(month // 12, month % 12 + 1, 1)


class ExitForm(Form):
    """The proposal that a household leaves."""

    kind = forms.ChoiceField(label=_("退出类型"), choices=Exit.Kind.choices)
    reason = forms.CharField(label=_("退出原因"), widget=forms.Textarea, max_length=500)
    cause_gone = forms.NullBooleanField(
        label=_("致困原因已消除"),
        widget=forms.Select(choices=[("", _("尚未核实")), ("true", _("是")), ("false", _("否"))]),
        required=False,
    )
    taper_months = forms.IntegerField(
        label=_("渐退月数"), min_value=0, max_value=6, initial=0, help_text=_("没有渐退期填 0，最多 6 个月。")
    )
    former = MoneyFormField(
        label=_("原月标准"),
        required=False,
        min_value=Money(1),
        help_text=_("退出前每月的生活救助标准；渐退期按政策规定的比例发放。"),
    )
    reclaimed = MoneyFormField(
        label=_("应追回金额"), required=False, min_value=Money(1), help_text=_("只用于弄虚作假。")
    )
    units = {"former": _("元"), "reclaimed": _("元")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, month in enumerate(last_months(timezone.localdate()), start=1):
            label = _("%(year)s 年 %(month)s 月") % {"year": month.year, "month": month.month}
            self.fields[f"income_{number}"] = MoneyFormField(label=label, required=False)
        for item, words in _ITEMS:
            self.fields[f"met_{item}"] = forms.ChoiceField(
                label=words, choices=[("", _("尚未核实")), *Guarantee.Met.choices], required=False
            )
            self.fields[f"evidence_{item}"] = forms.CharField(
                label=_("核实依据"), max_length=300, required=False
            )
        self.groups = [
            Group(_("退出"), ["kind", "reason", "cause_gone"]),
            Group(
                _("近六个月家庭收入（元）"),
                [f"income_{number}" for number in range(1, MONTHS + 1)],
                help=_("脱困须连续六个月高于当地低保标准；死亡、迁出等不必填写。"),
                columns=3,
            ),
            Group(
                _("两有五保障"),
                [name for item, _label in _ITEMS for name in (f"met_{item}", f"evidence_{item}")],
                help=_("逐项核实并写明依据，如缴费记录、录用合同、在读证明。"),
                columns=2,
            ),
            Group(_("退出以后"), ["taper_months", "former", "reclaimed"]),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for item, label in _ITEMS:
            if cleaned.get(f"met_{item}") and not cleaned.get(f"evidence_{item}", "").strip():
                self.add_error(f"evidence_{item}", _("请写明“%(item)s”的核实依据。") % {"item": label})
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        data = self.cleaned_data
        incomes = [data[f"income_{number}"] for number in range(1, MONTHS + 1)]
        guarantees = {
            item: (data[f"met_{item}"], data[f"evidence_{item}"])
            for item, _label in _ITEMS
            if data[f"met_{item}"]
        }
        known = [amount for amount in incomes if amount is not None]
        evidence = Evidence(cause_gone=data["cause_gone"], incomes=known, guarantees=guarantees)
        plain = ("kind", "reason", "taper_months", "former", "reclaimed")
        return {name: data[name] for name in plain} | {"evidence": evidence}


def stated(row: Exit) -> dict[str, Any]:
    """An exit as the form's initial values."""
    first = MONTHS - len(row.incomes) + 1
    values: dict[str, Any] = {
        "kind": row.kind,
        "reason": row.reason,
        "cause_gone": row.cause_gone,
        "taper_months": row.taper_months,
        "former": row.former,
        "reclaimed": row.reclaimed,
    }
    values |= {f"income_{first + n}": Money(fen) for n, fen in enumerate(row.incomes)}
    for item in row.guarantees.all():
        values |= {f"met_{item.item}": item.met, f"evidence_{item.item}": item.evidence}
    return values


class RepayForm(Form):
    """Money that came back."""

    amount = MoneyFormField(label=_("本次追回金额"), min_value=Money(1))
    note = forms.CharField(label=_("说明"), max_length=200, required=False)
    units = {"amount": _("元")}


class WatchForm(Form):
    """A household to be watched."""

    kind = forms.ChoiceField(label=_("监测类型"), choices=Watch.Kind.choices)
    because = forms.CharField(label=_("监测原因"), widget=forms.Textarea, max_length=300)
    every_days = forms.IntegerField(
        label=_("走访间隔（天）"),
        min_value=1,
        max_value=366,
        required=False,
        help_text=_("不填则按当地政策规定的间隔。"),
    )

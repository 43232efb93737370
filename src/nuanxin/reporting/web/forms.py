"""Forms of returns."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form, Group

from ..formdefs import forms as all_forms


class CreateForm(Form):
    groups = [Group(_("报表"), ["form"]), Group(_("统计期"), ["starts_on", "last_day", "due_on"])]
    form = forms.ChoiceField(label=_("报表"))
    starts_on = forms.DateField(label=_("统计期开始"))
    last_day = forms.DateField(label=_("统计期最后一天"), help_text=_("含当天。"))
    due_on = forms.DateField(label=_("上报截止"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["form"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(form.code, form.title) for form in all_forms().values()]

    def period(self) -> dict[str, Any]:
        """What the service takes: a half-open period."""
        data = self.cleaned_data
        last: date = data["last_day"]
        return {
            "form": data["form"],
            "starts_on": data["starts_on"],
            "ends_on": last + timedelta(days=1),
            "due_on": data["due_on"],
        }


class SubmitForm(Form):
    note = forms.CharField(label=_("说明"), required=False, widget=forms.Textarea)


class ReasonForm(Form):
    reason = forms.CharField(label=_("退回理由"), widget=forms.Textarea)

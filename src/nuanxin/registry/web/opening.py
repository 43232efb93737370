"""Entering a household by hand: the whole form in sections, on any width of screen."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Group
from nuanxin.registry import services
from nuanxin.registry.models import Household, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from .act_forms import unions
from .divisions import DivisionField
from .forms import FactsForm, HouseholdForm, PersonForm, posted

#: What identifies the head and where the household is kept.
IDENTITY = ("name", "id_number", "phone", "contact", "union")
CARD = ("card", "bank", "branch")


class OpeningForm(FactsForm):
    """A head with all facts, and the household's; members are added on its page."""

    groups = [
        Group(_("户主"), IDENTITY, help=_("性别和出生日期由身份证号得出。")),
        *[group for group in PersonForm.groups if group.names not in (["phone", "contact"], FactsForm.SAID)],
        *[group for group in HouseholdForm.groups if group is not FactsForm.CHANGE],
        Group(_("授权"), ["consent_on"], help=_("户主签字同意核查家庭经济状况的日期。")),
        Group(_("户主本人的银行卡"), CARD),
    ]
    units = {**HouseholdForm.units, **PersonForm.units}
    sensitive = ["id_number", "phone", "contact", "card"]

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(label=_("身份证号"), max_length=30)
    phone = forms.CharField(label=_("手机"), required=False, max_length=30)
    contact = forms.CharField(label=_("其他联系方式"), required=False, max_length=60)
    union = forms.ChoiceField(label=_("所属工会"))
    hukou_code = DivisionField()
    card = forms.CharField(label=_("银行卡号"), required=False, max_length=40)
    bank = forms.CharField(label=_("开户银行"), required=False, max_length=60)
    branch = forms.CharField(label=_("开户网点"), required=False, max_length=100)

    class Meta:
        model = Household
        fields = sorted(services.HOUSEHOLD_FIELDS - {"expenses_known"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("version", *self.SAID):
            del self.fields[name]
        offered = unions()
        self.fields["union"].choices = offered[1:] if len(offered) == 2 else offered  # type: ignore[attr-defined]

    def clean_other_causes(self) -> list[str]:
        causes = self.cleaned_data["other_causes"]
        if len(causes) > 3:
            raise forms.ValidationError(_("次要致困原因最多选三项。"))
        return causes

    def parts(self) -> dict[str, Any]:
        """As `services.open_household` takes it."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in (*IDENTITY, *CARD)},
            "head": {name: data[name] for name in services.PERSON_FIELDS},
            "household": {name: data[name] for name in self._meta.fields or () if name in data},
        }


OpeningForm.base_fields.update(forms.fields_for_model(Person, fields=sorted(services.PERSON_FIELDS)))


@needs(EDIT_HOUSEHOLD)
def new(request: HttpRequest) -> HttpResponse:
    """Enter a household; then on to its page, where members and spending are added."""
    form = OpeningForm(posted(request))
    if form.is_valid():
        try:
            house = services.open_household(**form.parts())
            messages.success(request, _("已建户，请继续登记成员、支出和授权。"))
            return redirect("registry:household", house.pk)
        except Refused as refusal:
            form.refuse(refusal)
            if refusal.code == "filed_elsewhere":
                messages.info(request, _("该身份证号在别处登记的，可在“转入转出”中请求转入。"))
    context = {"title": _("新建家庭"), "form": form, "back": reverse("registry:households")}
    return render(request, "registry/act.html", context, status=422 if form.errors else 200)

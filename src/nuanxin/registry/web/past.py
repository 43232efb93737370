"""Correcting what the file says of the past: one fact, for the days it was otherwise."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.records.services import attach
from nuanxin.registry import groups, queries, services
from nuanxin.registry.models import Circumstance, Household, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD

from .forms import HouseholdForm, PersonForm, posted


class CorrectionForm(Form):
    """What a fact was, from when until when, by whose word, and why it is said only now."""

    groups = [
        Group(_("当时的情况"), ["value", "since", "until"]),
        Group(_("依据"), ["source", "paper", "reason"], help=_("更正前的记录会保留。")),
    ]

    since = forms.DateField(label=_("从哪天起"))
    until = forms.DateField(
        label=_("到哪天为止"), required=False, help_text=_("不含当天；留空即到下一次变更为止。")
    )
    source = forms.ChoiceField(label=_("信息来源"), choices=Circumstance.Source.choices)
    paper = forms.FileField(label=_("凭证"), required=False)
    reason = forms.CharField(label=_("更正的理由"), max_length=200)

    def __init__(self, *args: Any, value: forms.Field, unit: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"] = value
        self.units = {"value": unit} if unit else {}

    def correction(self, household: Household) -> dict[str, Any]:
        """As `services.correct_fact` takes it; an uploaded paper is kept with the household."""
        data = dict(self.cleaned_data)
        paper = data.pop("paper")
        kept = attach(subject=household, category="other", upload=paper) if paper else None
        return data | {"evidence": kept}


@needs(EDIT_HOUSEHOLD)
def correct(request: HttpRequest, pk: int, name: str, person: int | None = None) -> HttpResponse:
    """Say what a fact of a household, or of one of its members, was in the past."""
    house = get_or_out_of_sight(queries.households(ended=True), pk=pk)
    subject: Household | Person = house
    if person is not None:
        subject = get_or_out_of_sight(queries.members_of(house), person_id=person).person
    value, unit = _asked(subject, name)
    form = CorrectionForm(posted(request), request.FILES or None, value=value, unit=unit)
    back = reverse("registry:fact", args=[pk, name] + ([person] if person is not None else []))
    if form.is_valid():
        try:
            with transaction.atomic():  # a refused correction keeps no paper
                services.correct_fact(household=house, subject=subject, fact=name, **form.correction(house))
            messages.success(request, _("已更正。"))
            return redirect(back)
        except Refused as refusal:
            form.refuse(refusal)
    title = _("更正过去的%(fact)s") % {"fact": queries.name_of(type(subject), name)}
    whose = groups.shown(subject if isinstance(subject, Person) else subject.head, "name")
    context = {"title": title, "form": form, "back": back, "whose": whose}
    return render(request, "registry/act.html", context, status=422 if form.errors else 200)


def _asked(subject: Household | Person, name: str) -> tuple[forms.Field, Any]:
    """The field in which the fact is asked, and its unit; out of sight when one may not see it either."""
    whole: Any = (
        PersonForm(instance=subject) if isinstance(subject, Person) else HouseholdForm(instance=subject)
    )
    if name not in whole.fields or not services.keeps_periods(subject, name):
        raise OutOfSight(Circumstance._meta.label, name)
    return whole.fields[name], whole.units.get(name, "")

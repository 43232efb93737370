"""The form of a home visit, written on a phone: also without a connection, and sent once."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import PhotosField
from nuanxin.registry.models import Consent, Household

from ..services import Place
from .forms import VisitForm


class PhoneVisitForm(VisitForm):
    """A visit with photos and, where the family agrees, its place."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    agreed = forms.BooleanField(label=_("该户同意拍照和记录位置"), required=False)
    photos = PhotosField(label=_("照片"), required=False)
    latitude = forms.DecimalField(widget=forms.HiddenInput, required=False)
    longitude = forms.DecimalField(widget=forms.HiddenInput, required=False)
    doubt = forms.DecimalField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10_000_000)

    def facts(self) -> dict[str, Any]:
        """What the service is told."""
        data = dict(self.cleaned_data)
        latitude, longitude, doubt = (data.pop(name) for name in ("latitude", "longitude", "doubt"))
        if latitude is not None and longitude is not None:
            data["place"] = Place(latitude, longitude, None if doubt is None else round(doubt))
        return data


def blank(visitor: str) -> PhoneVisitForm:
    """A form with a key of its own, and the visitor's name."""
    return PhoneVisitForm(initial={"key": uuid4(), "visitors": visitor})


def has_agreed(household: Household) -> bool:
    """Whether the family's consent to photos and place is on file."""
    return household.consents.filter(kind=Consent.Kind.LOCATION, withdrawn_on__isnull=True).exists()

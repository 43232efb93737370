"""The form of a home visit, written on a phone: also without a connection, and sent once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from django import forms
from django.forms import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import PhotosField
from nuanxin.registry.models import Consent, Household

from .. import declared
from ..answers import MOST_TEXT
from ..checklists import Checklist, Item
from ..found_words import said, words
from ..services import Answer, Checked, Place, Unclear
from .forms import VisitForm

#: Before the code of an item: how it stands, what was found, a word on it.
STATE, FOUND, NOTE = "s_", "f_", "n_"
_MARKS = ("agrees", "differs", "unverified")


@dataclass(frozen=True)
class Asked:
    """One item on the form: what was declared, and the controls."""

    item: Item
    title: str
    declared: str
    unknown: bool
    state: BoundField | None
    found: BoundField
    note: BoundField | None


class PhoneVisitForm(VisitForm):
    """A visit with its checklist, photos and, where the family agrees, its place.

    `told` is what was declared, by fact; without it the page fills it in (one form for many households).
    """

    key = forms.UUIDField(widget=forms.HiddenInput)
    checklist = forms.CharField(widget=forms.HiddenInput, required=False, max_length=48)
    agreed = forms.BooleanField(label=_("该户同意拍照和记录位置"), required=False)
    photos = PhotosField(label=_("照片"), required=False)
    latitude = forms.DecimalField(widget=forms.HiddenInput, required=False)
    longitude = forms.DecimalField(widget=forms.HiddenInput, required=False)
    doubt = forms.DecimalField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10_000_000)

    def __init__(
        self,
        *args: Any,
        asks: Checklist | None = None,
        told: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.asks, self.told = asks, told or {}
        made: dict[str, forms.Field] = {}
        for item in asks.items if asks else ():
            made |= _controls(item)
        self.base_fields = type(self).base_fields | made
        super().__init__(*args, **kwargs)

    @cached_property
    def parts(self) -> list[tuple[str, list[Asked]]]:
        """The checklist under its headings."""
        language = get_language() or "zh"
        return [
            (part.title.in_(language), [self._asked(item, language) for item in part.items])
            for part in (self.asks.parts if self.asks else ())
        ]

    def _asked(self, item: Item, language: str) -> Asked:
        kept = self.told.get(item.against)
        fact = bool(item.against)
        return Asked(
            item=item,
            title=item.field.title.in_(language),
            declared=said(item, kept) if fact else "",
            unknown=fact and bool(self.told) and kept is None,
            state=self[STATE + item.code] if fact else None,
            found=self[FOUND + item.code],
            note=self[NOTE + item.code] if fact else None,
        )

    def facts(self) -> dict[str, Any]:
        """What the service is told."""
        data = {name: value for name, value in self.cleaned_data.items() if name in type(self).base_fields}
        latitude, longitude, doubt = (data.pop(name) for name in ("latitude", "longitude", "doubt"))
        if latitude is not None and longitude is not None:
            data["place"] = Place(latitude, longitude, None if doubt is None else round(doubt))
        del data["checklist"]
        if self.asks:
            answers = {item.code: self._answer(item.code) for item in self.asks.items}
            data["checked"] = Checked(self.asks.version, answers)
        return data

    def _answer(self, code: str) -> Answer:
        state, found, note = (self.cleaned_data.get(mark + code, "") for mark in (STATE, FOUND, NOTE))
        return Answer(state, found, note)

    def refuse(self, refusal: Refused) -> None:
        """Each item that was not taken says why at its place."""
        if not isinstance(refusal, Unclear):
            return super().refuse(refusal)
        for code, text in refusal.errors.items():
            name = FOUND + code
            self.add_error(name if name in self.fields else None, str(text))
        return None


def blank(visitor: str, asks: Checklist | None, told: Mapping[str, Any] | None = None) -> PhoneVisitForm:
    """A form with a key of its own, and the visitor's name."""
    initial = {"key": uuid4(), "visitors": visitor, "checklist": asks.version if asks else ""}
    return PhoneVisitForm(initial=initial, asks=asks, told=told)


def has_agreed(household: Household) -> bool:
    """Whether the family's consent to photos and place is on file."""
    return household.consents.filter(kind=Consent.Kind.LOCATION, withdrawn_on__isnull=True).exists()


def told_of(household: Household, asks: Checklist | None) -> Mapping[str, Any]:
    """What a household declared on the items of a checklist, by fact."""
    return declared.of_households([household], asks.facts)[household.pk] if asks else {}


def _controls(item: Item) -> dict[str, forms.Field]:
    made: dict[str, forms.Field] = {FOUND + item.code: _found(item)}
    if item.against:
        said = words()
        marks = [(mark, said[mark]) for mark in _MARKS]
        made[STATE + item.code] = forms.ChoiceField(choices=marks, widget=forms.RadioSelect, required=False)
        made[NOTE + item.code] = forms.CharField(label=_("说明"), max_length=200, required=False)
    return made


class _Plain(forms.Select):
    """A select the draft on the phone can fill again; never a search."""


def _found(item: Item) -> forms.Field:
    """The control for what was found; what is typed is read by the service."""
    language = get_language() or "zh"
    label = _("看到的情况") if item.against else item.field.title.in_(language)
    kind = item.field.type
    if kind in ("code", "flag"):
        options = [(code, text.in_(language)) for code, text in item.field.options]
        choices: list[tuple[str, Any]] = [*options] or [("true", _("是")), ("false", _("否"))]
        return forms.ChoiceField(
            label=label, choices=[("", _("请选择")), *choices], widget=_Plain, required=False
        )
    attributes = {"inputmode": "decimal" if kind in ("money", "number") else "numeric"}
    widget = forms.TextInput() if kind == "text" else forms.TextInput(attributes)
    return forms.CharField(label=label, max_length=MOST_TEXT, widget=widget, required=False)

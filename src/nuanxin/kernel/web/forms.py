"""Forms by groups of fields, rendered by <c-form>: labels, help with its source, units, read-back.

A form says what is odd about its fields in four class attributes; everything else follows from
the field types.

    class PaymentForm(Form):
        groups = [Group("Amount", ["amount", "paid_on"])]
        sources = {"amount": "Regulation, article 12"}
        units = {"amount": "yuan"}
        layouts = {"choice": "segments"}
"""

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.refusal import Refused

#: A drawing may take this much text; one of the pad's takes about 40,000 characters.
MAX_SIGNATURE = 400_000
PNG_START = b"\x89PNG\r\n\x1a\n"
#: From so many choices on, a list of codes can be searched by typing.
SEARCH_FROM = 12


@dataclass(frozen=True)
class Group:
    """A heading, the names of its fields, and help that belongs to all of them.

    With `columns` 2 or 3 the fields stand beside each other where there is room.
    """

    title: Any = ""
    names: Sequence[str] = ()
    help: Any = ""
    id: str = ""
    columns: int = 1


@dataclass(frozen=True)
class BoundGroup:
    """A group of one form, ready to be shown."""

    title: Any = ""
    help: Any = ""
    id: str = ""
    columns: int = 1
    fields: list[BoundField] = field(default_factory=list)


class SearchSelect(forms.Select):
    """A select that the page turns into a search by name, pinyin or initials; plain without scripts."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Iterable[Any] = ()) -> None:
        super().__init__({"data-search": "", **(attrs or {})}, choices)

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        if value not in (None, ""):
            text = str(label)
            option["attrs"]["data-py"] = f"{pinyin_key(text).replace(' ', '')} {pinyin_initials(text)}"
        return option


class SignatureField(forms.Field):
    """A drawing from <c-signature>: PNG bytes in Python, b"" when nothing was drawn."""

    widget = forms.HiddenInput
    default_error_messages = {"invalid": _("签名无法识别，请重签。"), "too_large": _("签名图太大，请重签。")}
    prefix = "data:image/png;base64,"

    def to_python(self, value: Any) -> bytes:
        if value in self.empty_values:
            return b""
        if len(value) > MAX_SIGNATURE:
            raise forms.ValidationError(self.error_messages["too_large"], code="too_large")
        try:
            drawing = b64decode(str(value).removeprefix(self.prefix), validate=True)
        except ValueError:
            drawing = b""
        if not str(value).startswith(self.prefix) or not drawing.startswith(PNG_START):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return drawing

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


class _Photos(forms.ClearableFileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class PhotosField(forms.FileField):
    """Any number of pictures; a list of uploads in Python, whose bytes the service looks at."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=_Photos(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The uploads as they are."""
        return [upload for upload in data or [] if upload]


class Kit:
    """What every form of the house has; mixed into Form and ModelForm."""

    groups: Sequence[Group] = ()
    sources: Mapping[str, Any] = {}
    units: Mapping[str, Any] = {}
    layouts: Mapping[str, str] = {}
    #: Fields whose typed values must not be kept in the browser: ID numbers, cards, phones.
    sensitive: Iterable[str] = ()
    #: Amounts that are decided here and therefore read back in capitals.
    read_back: Iterable[str] = ()

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, form_field in self.fields.items():
            _dress(form_field)
            if name in self.sensitive:
                form_field.widget.attrs.update({"data-sensitive": "", "autocomplete": "off"})
            if name in self.read_back:
                form_field.widget.attrs["data-capitals"] = ""

    def refuse(self, refusal: Refused) -> None:
        """Show a service's refusal at its field, or above the form when it names none."""
        at = refusal.field if refusal.field in self.fields else None
        self.add_error(at, str(refusal))  # type: ignore[attr-defined]


def _dress(form_field: forms.Field) -> None:
    """Give the widget what the page needs from the field's type."""
    widget = form_field.widget
    if isinstance(form_field, MoneyFormField):
        widget.attrs.setdefault("class", "money")
    elif isinstance(form_field, forms.DateField) and isinstance(widget, forms.DateInput):
        form_field.widget = forms.DateInput({**widget.attrs, "type": "date"}, format="%Y-%m-%d")
    elif isinstance(widget, forms.Textarea):
        widget.attrs["rows"] = 3
    elif type(widget) is forms.Select and _is_long(form_field):
        searchable = SearchSelect(widget.attrs)
        searchable.is_required, searchable.choices = widget.is_required, widget.choices
        form_field.widget = searchable


def _is_long(form_field: forms.Field) -> bool:
    """True for a fixed list of codes long enough to search; a queryset is not counted here."""
    choices = getattr(form_field, "choices", ())
    return isinstance(choices, list) and len(choices) >= SEARCH_FROM


class Form(Kit, forms.Form):
    """A form of the house."""


class ModelForm(Kit, forms.ModelForm):
    """A form of the house over one record."""


def bound_groups(form: forms.BaseForm) -> list[BoundGroup]:
    """The visible fields by group; fields that no group names follow at the end."""
    shown = {bound.name: bound for bound in form.visible_fields()}
    result = []
    for group in getattr(form, "groups", ()):
        members = [shown.pop(name) for name in group.names if name in shown]
        if members:
            result.append(BoundGroup(group.title, group.help, group.id, group.columns, members))
    if shown:
        result.append(BoundGroup(fields=list(shown.values())))
    return result

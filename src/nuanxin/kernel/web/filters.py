"""Filters of lists: a base filter set, and what of it is in force, as chips that can be taken off."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import django_filters as filters
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan


@dataclass(frozen=True)
class ActiveFilter:
    """One filter in force, and the query string without it."""

    label: Any
    value: str
    without: str


__all__ = ["ActiveFilter", "DateRangeWidget", "FilterSet", "filters", "typed_in"]


class FilterSet(filters.FilterSet):
    """Filters of one list. A field called `q` is the search box; selects stand in the bar as pills,
    all others under "更多". A filter named in `permissions` exists only for those who hold its permission."""

    permissions: Mapping[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actor = scope.current_or_none()
        for name, code in self.permissions.items():
            if not (actor and actor.can(code)):
                del self.filters[name]
        for field in self.form.fields.values():
            if is_pill(field):
                field.widget.attrs.update({"class": "pill", "aria-label": field.label})
                _name_empty_choice(field)
            elif isinstance(field, forms.DateField):
                field.widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
            elif isinstance(field, filters.fields.DateRangeField):
                field.widget = DateRangeWidget()

    @property
    def search_field(self) -> Any:
        """The bound search box, or None."""
        return self.form["q"] if "q" in self.form.fields else None

    @property
    def pills(self) -> list[forms.BoundField]:
        """The selects of the bar."""
        return [self.form[name] for name, field in self.form.fields.items() if is_pill(field)]

    @property
    def others(self) -> list[forms.BoundField]:
        """The fields under "更多"."""
        pills = {bound.name for bound in self.pills}
        return [self.form[name] for name in self.form.fields if name not in pills and name != "q"]

    def active(self) -> list[ActiveFilter]:
        """The filters in force, with words for their values."""
        if not self.is_bound or not self.form.is_valid():
            return []
        found = []
        # the address of the page, in which numbers are sealed
        asked = self.request.GET if self.request else self.data
        for name, field in self.form.fields.items():
            text = _spoken(field, self.form.cleaned_data.get(name))
            if text:
                found.append(ActiveFilter(field.label, text, _without(asked, name, field)))
        return found


def typed_in(filterset: type[FilterSet]) -> list[str]:
    """The parameters of a filter set one types words or numbers into."""
    return [name for name, one in filterset.base_filters.items() if type(one) is filters.CharFilter]


class DateRangeWidget(filters.widgets.SuffixedMultiWidget):
    """Two native date inputs."""

    suffixes = ["from", "to"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        day = {"type": "date"}
        super().__init__(
            (
                forms.DateInput({**day, "aria-label": _("从")}, format="%Y-%m-%d"),
                forms.DateInput({**day, "aria-label": _("到")}, format="%Y-%m-%d"),
            ),
            attrs,
        )

    def decompress(self, value: Any) -> list[Any]:
        return [value.start, value.stop] if value else [None, None]


def is_pill(field: forms.Field) -> bool:
    """True for a field with one choice out of several."""
    return isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.SelectMultiple)


def _name_empty_choice(field: Any) -> None:
    """Let the empty choice say what the filter is, as the pill has no room for a label."""
    if getattr(field, "empty_label", None) is not None:
        field.empty_label = field.label
        field.widget.choices = field.choices
        return
    # A yes-no field keeps its choices in the widget alone.
    holder = field if hasattr(field, "choices") else field.widget
    choices = list(holder.choices)
    has_empty = bool(choices) and choices[0][0] in ("", "unknown", None)
    empty = choices.pop(0)[0] if has_empty else ""
    holder.choices = [(empty, field.label), *choices]


def _spoken(field: Any, value: Any) -> str:
    """The value as one would say it; "" when the filter is off."""
    if value in (None, "") or value == []:
        return ""
    if isinstance(value, slice):
        ends = (_spoken(None, value.start), _spoken(None, value.stop))
        return f"{ends[0]} – {ends[1]}".strip() if any(ends) else ""
    if isinstance(value, Money):
        return format_yuan(value)
    if hasattr(value, "date") and callable(value.date):
        return value.date().isoformat()
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "、".join(_spoken(field, one) for one in value)
    words = {
        str(key): str(word)
        for key, word in getattr(field, "choices", ())
        if not isinstance(word, list | tuple)
    }
    return words.get(str(value), str(value))


def _without(data: QueryDict, name: str, field: Any) -> str:
    """The query string with this filter and the page taken out."""
    kept = data.copy()
    suffixes = getattr(field.widget, "suffixes", ())
    for key in (name, "page", *(f"{name}_{suffix}" for suffix in suffixes)):
        kept.pop(key, None)
    return kept.urlencode()

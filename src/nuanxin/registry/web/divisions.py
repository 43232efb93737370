"""Choosing an administrative division (GB/T 2260) by typing: name, full name, pinyin or code."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.registry import queries
from nuanxin.registry.permissions import EDIT_HOUSEHOLD


class DivisionInput(forms.TextInput):
    """A text field whose suggestions are looked up while one types; it works without them as well."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        attrs = dict(attrs or {})
        offers = f"{attrs.get('id', name)}-offers"
        attrs |= {
            "list": offers,
            "autocomplete": "off",
            "hx-get": reverse_lazy("registry:divisions"),
            "hx-vals": f'{{"field": "{name}"}}',
            "hx-params": f"{name},field",
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{offers}",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="{}"></datalist>', field, offers)


class DivisionField(forms.CharField):
    """A division by its code or name; the code in Python, "" when none was given."""

    widget = DivisionInput

    def __init__(self) -> None:
        help_text = _("输入名称、拼音或六位代码，从提示中选择。")
        super().__init__(label=_("户籍区划"), required=False, max_length=120, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        """A code that is known stands by its full name."""
        division = queries.division_of(value) if value else None
        return division.full_name if division else value

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        division = queries.find_division(text)
        if division is None:
            raise forms.ValidationError(_("没有这个区划，或有多个同名的，请填六位代码。"), code="no_division")
        return division.code


@needs(EDIT_HOUSEHOLD)
def divisions(request: HttpRequest) -> HttpResponse:
    """What is offered for a text typed so far, as options of a list."""
    typed = request.GET.get(request.GET.get("field", ""), "")
    found = ((row.full_name, row.code) for row in queries.divisions_like(typed))
    return HttpResponse(format_html_join("", '<option value="{}">{}</option>', found))

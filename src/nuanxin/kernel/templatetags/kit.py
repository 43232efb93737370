"""Tags and filters of the kit: {% load kit %}."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from nuanxin.kernel import identity
from nuanxin.kernel import money as amounts
from nuanxin.kernel.money import Money
from nuanxin.kernel.web import icons, markup
from nuanxin.kernel.web.forms import BoundGroup, bound_groups
from nuanxin.kernel.web.tables import Table

register = template.Library()

register.simple_tag(icons.icon, name="icon")
register.simple_tag(icons.brand_mark, name="brand_mark")
register.simple_tag(markup.chip, name="chip")
register.filter("yuan", markup.yuan)


@register.simple_tag
def pass_on(attrs: Any) -> SafeString:
    """A component's further attributes for its element, escaped; True is bare, None and False go."""
    return format_html_join(
        " ",
        "{}{}",
        (
            (name, "" if value is True else format_html('="{}"', value))
            for name, value in attrs.attrs_dict().items()
            if value is not None and value is not False
        ),
    )


@register.filter
def wan(amount: Money | None) -> str:
    """{{ m|wan }}: '0.1234', in 10,000 yuan."""
    return markup.DASH if amount is None else amounts.format_wan(amount)


@register.simple_tag
def capitals(amount: Money | None) -> str:
    """{% capitals m %}: '壹仟贰佰叁拾肆元伍角整'."""
    return markup.DASH if amount is None else amounts.capitals(amount)


@register.filter
def day(value: date | datetime | str | None) -> str:
    """{{ d|day }}: '2022-01-18', with the time for a moment, also one kept as text: '2022-01-18 09:12'."""
    if value is None:
        return markup.DASH
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (localtime(value) if value.tzinfo else value).strftime("%Y-%m-%d %H:%M")
    return value.isoformat()


@register.filter
def thousands(number: float | None) -> str:
    """{{ n|thousands }}: '12,345', whole."""
    return markup.DASH if number is None else f"{number:,.0f}"


@register.filter
def listed(things: Iterable[Any]) -> str:
    """{{ names|listed }}: one after the other, as the language strings them."""
    return _("、").join(map(str, things))


@register.filter
def unlocal(number: Any) -> str:
    """{{ n|unlocal }}: the bare digits, for attributes."""
    return str(number)


@register.filter
def duration(seconds: int) -> str:
    """{{ s|duration }}: '40 秒', '3 分 20 秒'."""
    minutes, rest = divmod(int(seconds), 60)
    if minutes:
        return _("%(minutes)s 分 %(seconds)s 秒") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)s 秒") % {"seconds": rest}


@register.filter
def mask(value: str | None, kind: str) -> str:
    """{{ number|mask:"id" }}: the masked form of an "id", "phone", "card" or "name"."""
    return getattr(identity, f"mask_{kind}")(value) if value else markup.DASH


@register.filter
def get(mapping: Mapping[Any, Any], key: Any) -> Any:
    """{{ mapping|get:key }}: the value, or nothing."""
    return mapping.get(key, "")


@register.filter
def tone_icon(tone: str) -> SafeString:
    """The sign of a tone, as an icon."""
    return icons.icon({**markup.TONES, "warn": "alert", "wait": "info"}.get(tone, "info"))


@register.filter
def message_tone(level: str) -> str:
    """The tone of a Django message level."""
    return {"success": "done", "warning": "warn", "error": "no"}.get(level, "wait")


@register.filter
def is_choices(field: BoundField) -> bool:
    """True for radio buttons and check boxes in a group, which need a fieldset, not a label."""
    return field.use_fieldset


@register.filter
def is_single_check(field: BoundField) -> bool:
    """True for one check box, whose label stands behind it."""
    return field.widget_type == "checkbox"


@register.filter
def groups(form: BaseForm) -> list[BoundGroup]:
    """{{ form|groups }}: the visible fields by group."""
    return bound_groups(form)


def _said(field: BoundField, attribute: str) -> Any:
    """What the form says about the field in one of its class attributes."""
    return getattr(field.form, attribute, {}).get(field.name, "")


@register.filter
def unit(field: BoundField) -> Any:
    """The unit written behind the field."""
    return _said(field, "units")


@register.filter
def source(field: BoundField) -> Any:
    """Where the field's rule is written."""
    return _said(field, "sources")


@register.filter
def layout(field: BoundField) -> Any:
    """The class that lays the field out in another way: "segments", "field-short"."""
    return _said(field, "layouts")


@register.filter
def reads_back(field: BoundField) -> bool:
    """True when the amount is read back in capitals."""
    return "data-capitals" in field.field.widget.attrs


@register.filter
def row_url(table: Table, record: Any) -> str:
    """Where the record's row opens."""
    return table.row_url(record)


@register.filter
def page_numbers(page: Any) -> list[int | None]:
    """The page numbers to offer around this page; None is a gap."""
    return list(page.paginator.around(page.number))


@register.filter
def as_pill(field: BoundField) -> SafeString:
    """A select as a pill of the filter bar, marked when it is in force."""
    css = "pill on" if field.value() not in (None, "", "unknown") else "pill"
    return field.as_widget(attrs={"class": css})


@register.simple_tag(takes_context=True)
def part_url(context: Context, **changes: Any) -> str:
    """The present address with some query parameters changed; None or "" removes one."""
    query = context["request"].GET.copy()
    for passing in ("clear", "export"):
        query.pop(passing, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = value
    return f"?{query.urlencode()}" if query else context["request"].path

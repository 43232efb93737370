"""Facts of the registry as one reads them."""

from typing import Any

from django.utils.translation import gettext as _

from nuanxin.kernel.money import Money, format_yuan

from . import labels


def in_words(row: Any, name: str) -> str:
    """A fact of a household or person as one reads it; a dash when it is not known."""
    value = getattr(row, name)
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Money):
        return format_yuan(value)
    if name in labels.LISTS:
        return labels.labels(name, value if isinstance(value, list) else [value])
    named = getattr(row, f"get_{name}_display", None)
    return str(named() if named else value)

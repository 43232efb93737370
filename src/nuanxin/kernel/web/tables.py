"""Tables of the house: a base class and the columns its lists are made of.

Each column knows two forms of a value: what the page shows (`render`) and what a workbook gets
(`value`): amounts and dates as numbers and dates, masked values masked in both.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money

from . import markup


class Table(tables.Table):
    """A list's table. Set `row_url` to make rows open; name the column that carries the link `main`.

    class ThingTable(Table):
        main = "name"
        name = Column("Name", order_by=("name_key", "pk"))

        def row_url(self, record):
            return reverse("app:thing", args=[record.pk])
    """

    #: The column that names the row: it holds the link, and is the title of the card on a phone.
    main: str = ""

    def __init__(self, *args: Any, exclude: Sequence[str] = (), **kwargs: Any) -> None:
        """Columns whose permission the actor lacks are not there: neither shown, exported nor sorted by."""
        actor = scope.current_or_none()
        columns = self.base_columns.items()
        needed = {name: getattr(column, "permission", "") for name, column in columns}
        closed = [name for name, code in needed.items() if code and not (actor and actor.can(code))]
        super().__init__(*args, exclude=(*(exclude or self._meta.exclude), *closed), **kwargs)

    class Meta:
        template_name = "kernel/table.html"
        order_by_field = "sort"
        empty_text = ""

    def row_url(self, record: Any) -> str:
        """Where the row opens; "" when it does not."""
        return ""


class Column(tables.Column):
    """Plain text. With a `permission` only those who hold it have the column."""

    def __init__(self, verbose_name: Any = None, *, permission: str = "", **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.permission = permission


class CodeColumn(Column):
    """A number read as one, such as a file's or a masked one: never broken over two lines."""

    css = "nowrap"


class ProseColumn(Column):
    """Sentences: on a phone they stand below their label and not beside it."""

    css = "prose-cell"


class MoneyColumn(Column):
    """An amount in yuan, right-aligned; the heading says the unit, as 金额（元）."""

    css = "num"

    def render(self, value: Money) -> str:
        return markup.yuan(value)

    def value(self, value: Money) -> Money:
        return value


class NumberColumn(Column):
    """A count, right-aligned; the heading says the unit."""

    css = "num"

    def render(self, value: int) -> str:
        return f"{value:,}"

    def value(self, value: int) -> int:
        return value


class DateColumn(Column):
    """A day as 2022-01-18."""

    css = "nowrap"

    def render(self, value: date) -> str:
        # a moment is stored in UTC: its day is the day here
        here = localtime(value) if isinstance(value, datetime) and value.tzinfo else value
        return here.isoformat()[:10]

    def value(self, value: Any) -> Any:
        return value


class ChipColumn(Column):
    """A state as a chip; `tones` maps stored values to tones, `labels` to words when the model has none."""

    def __init__(
        self,
        verbose_name: Any = None,
        *,
        tones: Mapping[Any, str],
        labels: Mapping[Any, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(verbose_name, **kwargs)
        self.tones, self.labels = tones, labels

    def _word(self, record: Any, value: Any, bound_column: Any) -> Any:
        if self.labels is not None:
            return self.labels.get(value, value)
        display = getattr(record, f"get_{bound_column.accessor}_display", None)
        return display() if display else value

    def render(self, record: Any, value: Any, bound_column: Any) -> SafeString:
        stored = bound_column.accessor.resolve(record)
        return markup.chip(self._word(record, stored, bound_column), self.tones.get(stored, "off"))

    def value(self, record: Any, value: Any, bound_column: Any) -> str:
        return str(self._word(record, bound_column.accessor.resolve(record), bound_column))


class MaskedColumn(Column):
    """A value that only ever appears masked, on the page and in the workbook alike."""

    css = "nowrap"

    def __init__(self, verbose_name: Any = None, *, mask: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(verbose_name, **kwargs)
        self.mask = mask

    def render(self, value: str) -> str:
        return self.mask(value)

    def value(self, value: str) -> str:
        return self.mask(value)


class PickColumn(Column):
    """The tick box of rows that can be acted on together; never exported."""

    css = "pick"

    def __init__(self) -> None:
        super().__init__(
            format_html('<input type="checkbox" class="tick-all" aria-label="{}">', _("全选本页")),
            accessor="pk",
            orderable=False,
            exclude_from_export=True,
        )

    def render(self, value: Any) -> SafeString:
        return format_html(
            '<input type="checkbox" class="tick-row" name="ids" value="{}" aria-label="{}">',
            value,
            _("选择此行"),
        )

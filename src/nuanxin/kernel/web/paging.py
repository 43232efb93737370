"""Pages of long lists, without counting what nobody needs counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

#: Lists are counted up to here; beyond it the page says "10,000+".
COUNT_CAP = 10_000


@dataclass(frozen=True)
class Count:
    """A number of rows, exact or "at least"."""

    number: int
    capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.capped else ''}"


def capped_count(rows: QuerySet[Any], cap: int = COUNT_CAP) -> Count:
    """Count at most `cap` rows, so that the database stops reading there."""
    number = rows.order_by()[: cap + 1].count()
    return Count(min(number, cap), number > cap)


class CappedPaginator(Paginator):
    """Pages of a list whose count may be capped; pages beyond the count exist while they have rows."""

    def __init__(self, object_list: Any, per_page: int, *, total: Count, **kwargs: Any) -> None:
        super().__init__(object_list, per_page, **kwargs)
        self.total = total

    @cached_property
    def count(self) -> int:
        return self.total.number

    def validate_number(self, number: Any) -> int:
        """The page asked for, else the nearest one that can exist."""
        try:
            number = int(number)
        except (TypeError, ValueError):
            return 1
        last = self.num_pages if not self.total.capped else max(number, self.num_pages)
        return min(max(number, 1), last)

    def page(self, number: Any) -> Any:
        number = self.validate_number(number)
        bottom = (number - 1) * self.per_page
        top = bottom + self.per_page
        if not self.total.capped:
            top = min(top, self.count)
        return Page(self.object_list[bottom:top], number, self)

    def around(self, number: int) -> Iterator[int | None]:
        """Page numbers to offer: first, last and those near; None stands for a gap."""
        before = 0
        for page in range(1, self.num_pages + 1):
            if page in (1, self.num_pages) or abs(page - number) <= 2:
                if page - before > 1:
                    yield None
                yield page
                before = page

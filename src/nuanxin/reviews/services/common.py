"""What several services share: what an act on many households came to, and rows locked for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.registry.models import Household

from ..models import Difference


@dataclass
class Outcome:
    """How many households an act was done for, and why it was not for each of the others (by key)."""

    done: int = 0
    refused: dict[int, Refused] = field(default_factory=dict)

    def refuse(self, rows: Iterable[int], refusal: Refused) -> None:
        for pk in rows:
            self.refused.setdefault(pk, refusal)


def need(text: str, message: Any, field: str = "reason") -> str:
    """The text without blanks around it; Refused when there is none."""
    text = text.strip()
    if not text:
        raise Refused(message, code="no_reason", field=field)
    return text


def locked(rows: QuerySet[Difference], *states: str) -> list[Difference]:
    """Those of the rows that are in one of the states, of reviews that run, locked against others."""
    chosen = rows.order_by("pk").values_list("pk", flat=True)
    mine = Difference.objects.filter(among(chosen), state__in=states, review__state="open")
    return list(mine.order_by("pk").select_for_update(of=("self",)))


def stale(rows: Iterable[Difference]) -> set[int]:
    """The rows whose household's facts were changed after they were determined."""
    held = {row.household_id: row for row in rows}
    now = Household.objects.filter(among(held)).values_list("pk", "changed")
    return {held[pk].pk for pk, changed in now if changed != held[pk].facts_at}


def facts_changed() -> Refused:
    return Refused(_("该户情况在认定之后有变动，请先重新认定本户。"), code="facts_changed")

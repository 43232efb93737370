"""At what ages a child begins a stage of schooling: a rule, so it is told from outside by place and date."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone

from nuanxin.kernel import scope

#: The stages a queue can tell of, in the order of life.
STAGES = ("primary", "senior", "higher")


@dataclass(frozen=True)
class Ages:
    """The month (1 to 12) on whose first day school begins, and the age in full years then, by stage."""

    month: int = 9
    by_stage: tuple[tuple[str, int], ...] = ()

    def born(self, age: int, year: int) -> tuple[date, date]:
        """Who is that old when school begins in a year was born after the one day, up to the other."""
        return date(year - age - 1, self.month, 1), date(year - age, self.month, 1)

    def begins(self, year: int) -> Q:
        """A condition on persons: they begin some stage in a year."""
        found = Q(pk__in=[])
        for _stage, age in self.by_stage:
            found |= self._at(age, year)
        return found

    def stage(self, year: int) -> Case:
        """The stage a person begins in a year, as a column; empty for none."""
        whens = [When(self._at(age, year), then=Value(stage)) for stage, age in self.by_stage]
        return Case(*whens, default=Value(""), output_field=CharField())

    def _at(self, age: int, year: int) -> Q:
        first, last = self.born(age, year)
        return Q(born_on__gt=first, born_on__lte=last)


Teller = Callable[[str, date], Ages]
_tellers: list[Teller] = []


def tells_ages(teller: Teller) -> Teller:
    """Ask `teller` for the ages in force at an organisation path on a day."""
    _tellers[:] = [teller]
    return teller


def ages() -> Ages:
    """The ages in force today at the actor's own node; no stage where nobody has set one."""
    if not _tellers:
        return Ages()
    return _tellers[0](scope.current().org_path, timezone.localdate())

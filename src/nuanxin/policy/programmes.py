"""Programmes of assistance as data: what an application asks, needs and leads to, and which way it takes.

A programme is a YAML file (packs/programmes/*.yaml, docs/packs.md) or the version a federation made of one.
"""

from dataclasses import dataclass
from datetime import date

from nuanxin.kernel.money import Money

from .engine.texts import Text
from .groups_zh import GROUPS

NEEDS_FILE = ("yes", "no", "either")
OUTCOMES = ("file", "award", "service")
PAYEES = ("head", "person", "employer", "organisation", "none")
REPEATS = ("once", "yearly", "any")
ANSWERS = ("text", "money", "number", "count", "flag", "date", "code")
FILED_AT = ("national", "provincial", "city", "county", "grassroots")
DOUBLE_WHO = ("person", "child", "household")
DOUBLE_PERIODS = ("year", "month", "ever")


@dataclass(frozen=True, slots=True)
class Limit:
    """An amount of money: fixed, or the standard of that code which each place sets."""

    standard: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A question of the form. `fact`: its answer is the pack's fact of the same name. `options` of a code."""

    code: str
    type: str
    title: Text
    help: Text | None = None
    required: bool = True
    options: tuple[tuple[str, Text], ...] = ()
    fact: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A paper to hand in with the application."""

    code: str
    title: Text
    required: bool = True


@dataclass(frozen=True, slots=True)
class Filed:
    """A standard a file may be kept at; `when` names the pack's expression that tells, empty: always."""

    code: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Double:
    """A person, child or household gets this programme once in a period, and none of `kinds` beside it."""

    who: str
    period: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActFirst:
    """Money before papers: at most `cap`, by `approvers` persons, the papers within working days."""

    cap: Limit
    approvers: int
    papers_days: int


@dataclass(frozen=True, slots=True)
class Programme:
    """One version of a programme, complete and checked.

    `pack`: the policy pack of the same programme decides and computes; otherwise the amount is asked and
    decided within `limit`. `purpose` is what the books call the use of the money, `route` the code of the
    way it takes, `statistics` the cells it feeds. Half-open validity.
    """

    code: str
    version: int
    sha256: str
    text: str
    title: Text
    about: Text | None
    group: str
    place: str
    valid_from: date
    valid_to: date | None
    subject: str
    needs_file: str
    outcome: str
    payee: str
    route: str
    pack: bool
    limit: Limit | None
    funds: tuple[str, ...]
    purpose: str
    visit: bool
    consent: bool
    validity_months: int | None
    repeat: str
    standards: tuple[Filed, ...]
    fields: tuple[Field, ...]
    documents: tuple[Document, ...]
    double: Double | None
    act_first: ActFirst | None
    statistics: tuple[str, ...]

    @property
    def facts(self) -> tuple[Field, ...]:
        """The questions whose answers the policy pack is given."""
        return tuple(field for field in self.fields if field.fact)

    @property
    def group_title(self) -> Text:
        return GROUPS[self.group]

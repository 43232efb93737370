"""The two statistics tables as data: sections, their cells, units, sources and checks.

A section with `by` has one cell for each key and a total, the sum of them ("classes = total" holds
by construction and is still checked against the records). Read once from forms/*.yaml.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).resolve().parent / "forms"

#: Units are kept apart: persons, person-times, households and household-times never add up.
UNITS = {
    "households": _("户"),
    "household_times": _("户次"),
    "person_times": _("人次"),
    "yuan": _("元"),
}


def _here(zh: str, en: str) -> str:
    return en if (get_language() or "").startswith("en") else zh


@dataclass(frozen=True)
class CellDef:
    """One cell: its code ("files_new.deep", or "files_new" for the total) and its key, "" for the total."""

    code: str
    section: "Section"
    key: str
    zh: str
    en: str

    @property
    def label(self) -> str:
        return _here(self.zh, self.en)

    @property
    def unit(self) -> str:
        return self.section.unit

    @property
    def unit_label(self) -> Any:
        return UNITS[self.unit]

    @property
    def is_money(self) -> bool:
        return self.unit == "yuan"


@dataclass(frozen=True)
class Section:
    code: str
    zh: str
    en: str
    unit: str
    source: str
    by: str = ""
    keys: dict[str, dict[str, str]] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        return _here(self.zh, self.en)

    @property
    def unit_label(self) -> Any:
        return UNITS[self.unit]

    @property
    def fed_as(self) -> str:
        """The code by which a programme says that it feeds this section, such as `aid_centre.living`."""
        return self.source.partition(":")[2]

    @property
    def cells(self) -> list[CellDef]:
        """The total first, then one cell a key."""
        total = CellDef(self.code, self, "", "合计" if self.by else self.zh, "total" if self.by else self.en)
        parts = [CellDef(f"{self.code}.{k}", self, k, v["zh"], v["en"]) for k, v in self.keys.items()]
        return [total, *parts]


@dataclass(frozen=True)
class Check:
    """Two sums that must be equal, or the first at most the second; terms are section codes or ledger:…"""

    code: str
    zh: str
    en: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    at_most: bool

    @property
    def label(self) -> str:
        return _here(self.zh, self.en)


@dataclass(frozen=True)
class Form:
    code: str
    zh: str
    en: str
    period: str
    sections: tuple[Section, ...]
    checks: tuple[Check, ...]

    @property
    def title(self) -> str:
        return _here(self.zh, self.en)

    @property
    def cells(self) -> list[CellDef]:
        return [cell for section in self.sections for cell in section.cells]

    def cell(self, code: str) -> CellDef | None:
        return next((cell for cell in self.cells if cell.code == code), None)


def _read(path: Path) -> Form:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    checks = []
    for check in data["checks"]:
        at_most = "at_most" in check
        left, right = check["at_most" if at_most else "equal"]
        checks.append(Check(check["code"], check["zh"], check["en"], tuple(left), tuple(right), at_most))
    sections = tuple(Section(**section) for section in data["sections"])
    return Form(data["form"], data["title"], data["title_en"], data["period"], sections, tuple(checks))


@cache
def forms() -> dict[str, Form]:
    """All forms by code."""
    return {form.code: form for form in map(_read, sorted(FOLDER.glob("*.yaml")))}

"""Reading route files (packs/routes/*.yaml): strictly, every fault with its file and line.

    code: filing-county
    title: {zh: 县级建档, en: Filing decided by the county}
    place: all                      # or the code of a unit
    valid: [2021-01-01, null]       # the first day, and the first day no longer
    steps:
      - {code: decide, title: {zh: 县级审批, en: County decision}, kind: decide, level: county,
         permission: casework.application.decide, days: 5}

A step may say besides: needed (votes, 1), days (working days), escalate (yes/no), over (yuan),
classes (a list), when_missing (up or skip).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from nuanxin.kernel.money import Money, MoneyError
from nuanxin.kernel.permissions import declared
from nuanxin.orgs.models import Node

from .models import RouteStep, StepKind, WhenMissing

WHOLE_TREE = "all"
MOST_BYTES = 100_000
MOST_STEPS = 20
MOST_VOTES = 20
MOST_DAYS = 366
_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_STEP_CODE = re.compile(r"[a-z][a-z0-9_]{0,23}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STEP = ("code", "title", "kind", "level")
_STEP_MAY = ("permission", "needed", "days", "escalate", "over", "classes", "when_missing")

Value = yaml.nodes.Node


class RouteFileError(ValueError):
    """A route file that may not be used: `file:line: reason`."""


@dataclass(frozen=True)
class RouteFile:
    """A route as a file says it; `steps` are not stored yet."""

    name: str
    code: str
    title: str
    title_en: str
    place: str
    valid_from: date
    valid_to: date | None
    steps: tuple[RouteStep, ...]


def read(path: Path) -> RouteFile:
    """The route of a file; RouteFileError when anything in it is wrong or unknown."""
    return _Reader(path.name).route(path.read_bytes())


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name

    def wrong(self, at: Value | None, reason: str) -> RouteFileError:
        return RouteFileError(f"{self.name}:{at.start_mark.line + 1 if at else 1}: {reason}")

    def route(self, data: bytes) -> RouteFile:
        if len(data) > MOST_BYTES:
            raise self.wrong(None, f"more than {MOST_BYTES} bytes")
        try:
            root = yaml.compose(data.decode("utf-8"), Loader=yaml.SafeLoader)
        except (UnicodeDecodeError, yaml.YAMLError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise RouteFileError(f"{self.name}:{line}: not a YAML document ({error})") from None
        head = self.record(root, ("code", "title", "place", "valid", "steps"))
        zh, en = self.title(head["title"], 60)
        start, end = self.period(head["valid"])
        steps = [self.step(node, n) for n, node in enumerate(self.items(head["steps"], MOST_STEPS), start=1)]
        self.check_steps(steps, head["steps"])
        code, place = self.code(head["code"], _CODE), self.text(head["place"], 24)
        return RouteFile(self.name, code, zh, en, place, start, end, tuple(steps))

    def check_steps(self, steps: list[RouteStep], at: Value) -> None:
        if fault := fault_of(steps):
            raise self.wrong(at, fault)

    def step(self, node: Value, position: int) -> RouteStep:
        row = self.record(node, _STEP, _STEP_MAY)
        zh, en = self.title(row["title"], 40)
        notice = self.choice(row["kind"], StepKind.values) == StepKind.NOTICE
        return RouteStep(
            position=position,
            code=self.code(row["code"], _STEP_CODE),
            title=zh,
            title_en=en,
            kind=self.text(row["kind"]),
            level=self.choice(row["level"], Node.Kind.values),
            permission=self.permission(row, notice, node),
            needed=0 if notice else self.whole(row.get("needed"), 1, MOST_VOTES),
            days=self.whole(row.get("days"), None, MOST_DAYS),
            escalate=self.choice(row["escalate"], ("yes", "no")) == "yes" if "escalate" in row else False,
            over=self.money(row["over"]) if "over" in row else None,
            classes=[self.text(one, 24) for one in self.items(row["classes"], 20)]
            if "classes" in row
            else [],
            when_missing=self.choice(row["when_missing"], WhenMissing.values)
            if "when_missing" in row
            else WhenMissing.UP,
        )

    def permission(self, row: dict[str, Value], notice: bool, at: Value) -> str:
        if notice:
            if extra := {"permission", "needed"} & row.keys():
                raise self.wrong(at, f"a notice has no votes, so no {', '.join(sorted(extra))}")
            return ""
        if "permission" not in row:
            raise self.wrong(at, "the step names no permission")
        return self.choice(row["permission"], declared())

    def record(
        self, node: Value | None, need: Collection[str], may: Collection[str] = ()
    ) -> dict[str, Value]:
        if not isinstance(node, yaml.MappingNode):
            raise self.wrong(node, f"a mapping with {', '.join(need)} is needed")
        found: dict[str, Value] = {}
        for key, value in node.value:
            name = self.text(key)
            if name in found:
                raise self.wrong(key, f"{name} is said twice")
            if name not in need and name not in may:
                raise self.wrong(key, f"{name} is unknown here")
            found[name] = value
        if missing := [name for name in need if name not in found]:
            raise self.wrong(node, f"{', '.join(missing)} is missing")
        return found

    def items(self, node: Value, most: int) -> list[Value]:
        if not isinstance(node, yaml.SequenceNode) or not 1 <= len(node.value) <= most:
            raise self.wrong(node, f"a list of 1 to {most} entries is needed")
        return list(node.value)

    def text(self, node: Value, longest: int = 100) -> str:
        if not isinstance(node, yaml.ScalarNode) or not 0 < len(node.value.strip()) <= longest:
            raise self.wrong(node, f"a text of 1 to {longest} characters is needed")
        return str(node.value).strip()

    def code(self, node: Value, shape: re.Pattern[str]) -> str:
        text = self.text(node)
        if not shape.fullmatch(text):
            raise self.wrong(node, f"{text} is not a code: small letters, digits and marks")
        return text

    def choice(self, node: Value, allowed: Collection[str]) -> str:
        text = self.text(node)
        if text not in allowed:
            raise self.wrong(node, f"{text} is unknown; one of: {', '.join(sorted(allowed))}")
        return text

    def title(self, node: Value, longest: int) -> tuple[str, str]:
        row = self.record(node, ("zh", "en"))
        return self.text(row["zh"], longest), self.text(row["en"], 80)

    def whole(self, node: Value | None, default: int | None, most: int) -> Any:
        if node is None:
            return default
        text = self.text(node)
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
            raise self.wrong(node, f"a whole number from 1 to {most} is needed")
        return int(text)

    def money(self, node: Value) -> Money:
        try:
            amount = Money.yuan(self.text(node))
        except MoneyError:
            raise self.wrong(node, "an amount in yuan is needed") from None
        if amount < Money(0):
            raise self.wrong(node, "an amount in yuan is needed, not below nothing")
        return amount

    def day(self, node: Value) -> date:
        text = self.text(node)
        try:
            return date.fromisoformat(text if _DAY.fullmatch(text) else "")
        except ValueError:
            raise self.wrong(node, f"{text} is not a day (YYYY-MM-DD)") from None

    def period(self, node: Value) -> tuple[date, date | None]:
        pair = self.items(node, 2)
        if len(pair) != 2:
            raise self.wrong(node, "the first day and the first day no longer (or null) are needed")
        start = self.day(pair[0])
        end = None if self.text(pair[1]) in ("null", "~") else self.day(pair[1])
        if end and end <= start:
            raise self.wrong(node, "it ends before it begins")
        return start, end


def fault_of(steps: Collection[RouteStep]) -> str:
    """What is wrong with the steps as a whole; empty when nothing is."""
    codes = [step.code for step in steps]
    if doubled := sorted({code for code in codes if codes.count(code) > 1}):
        return f"the step {doubled[0]} is there twice"
    last = max(steps, key=lambda step: step.position, default=None)
    if last is None or last.kind != StepKind.DECIDE:
        return "the last step decides"
    if not any(step.kind == StepKind.DECIDE and not step.conditional for step in steps):
        return "one deciding step has no condition, so that every matter is decided"
    return ""

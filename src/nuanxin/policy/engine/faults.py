"""What can be wrong with a pack: each fault says where and why, in both languages."""

from dataclasses import dataclass

from .phrases import REASONS
from .texts import Text


@dataclass(frozen=True, slots=True)
class At:
    """A place in a pack file; line and column count from one."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong (`code`, a key of REASONS), where, and the name it is about when there is one."""

    at: At
    code: str
    reason: Text
    name: str = ""

    def __str__(self) -> str:
        return f"{self.at}: {self.reason.en} / {self.reason.zh}"


class PackError(ValueError):
    """A pack that may not be used, with every fault that was found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def refuse(at: At, code: str, /, **values: object) -> PackError:
    """The error to raise for one fault; `code` is a key of REASONS, a Text is told in each language."""
    zh = {key: _short(value.zh if isinstance(value, Text) else value) for key, value in values.items()}
    en = {key: _short(value.en if isinstance(value, Text) else value) for key, value in values.items()}
    reason = REASONS[code]
    told = Text(reason.zh.format(**zh), reason.en.format(**en))
    return PackError(Fault(at, code, told, str(values.get("name", ""))))


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."

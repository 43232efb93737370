"""What was answered to a programme's questions: read, checked, kept in plain JSON, and said in words.

Kept are money in fen, whole and decimal numbers and days as exact text, flags as true and false; what was
not answered is missing. `SQL` turns the kept form into what the policy's relations take.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import Money, MoneyError, format_yuan, parse_yuan
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.text import squeeze
from nuanxin.policy.programmes import Field, Programme

from .spellings_zh import NO, YES

#: The longest text an answer may be.
MOST_TEXT = 2000
#: The most whole digits the policy takes of a number of each kind.
_DIGITS = {"money": 10, "number": 9, "count": 7}
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,8})?")
_COUNT = re.compile(r"\d{1,7}")
#: From the kept form, an SQL text, to the type a fact of the kind has.
SQL = {
    "money": "bigint",
    "number": "numeric",
    "count": "numeric",
    "flag": "boolean",
    "date": "date",
    "code": "text",
    "text": "text",
}


class Unreadable(Refused):
    """Some answers cannot be taken; `errors` says of each field why."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        self.errors = dict(errors)
        first = next(iter(errors))
        super().__init__(self.errors[first], code="wrong_answer", field=first)


def read(programme: Programme, typed: Mapping[str, Any]) -> dict[str, Any]:
    """The answers in the form in which they are kept; blank ones are left out.

    `typed` holds texts as a person writes them, or values. Raises Unreadable naming every field that
    cannot be read, has no such option, or is none of the programme's.
    """
    fields = {field.code: field for field in programme.fields}
    kept, errors = {}, {}
    for code, value in typed.items():
        if code not in fields:
            errors[code] = _("该项目没有这一项。")
            continue
        try:
            said = kept_as(fields[code], value)
        except ValueError as error:
            errors[code] = error.args[0]
        else:
            if said is not None:
                kept[code] = said
    if errors:
        raise Unreadable(errors)
    return kept


def readable(programme: Programme, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is being typed the answers that can be read already, as they would be kept."""
    try:
        return read(programme, typed)
    except Unreadable as error:
        return read(programme, {code: value for code, value in typed.items() if code not in error.errors})


def lacking(programme: Programme, answers: Mapping[str, Any]) -> list[Field]:
    """The questions that must be answered and are not."""
    return [field for field in programme.fields if field.required and field.code not in answers]


def contradicted(programme: Programme, answers: Mapping[str, Any], used: Mapping[str, Any]) -> list[Field]:
    """The questions whose answer is not the fact (as a determination keeps it) that was used instead."""
    return [
        field
        for field in programme.facts
        if answers.get(field.code) is not None
        and used.get(field.code) is not None
        and not _same(field.type, answers[field.code], used[field.code])
    ]


def _same(kind: str, kept: Any, fact: Any) -> bool:
    if kind == "money":
        return Money(kept) == parse_yuan(str(fact))
    if kind in ("number", "count"):
        return Decimal(str(kept)) == Decimal(str(fact))
    return bool(kept == fact)


def kept_as(field: Field, value: Any) -> Any:
    """One answer as it is kept, None when it is blank; ValueError with the reason in words."""
    if isinstance(value, str):
        value = squeeze(value) if field.type != "text" else value.strip()
    if value is None or value == "":
        return None
    return _READERS[field.type](field, value)


def _money(field: Field, value: Any) -> int:
    try:
        amount = value if isinstance(value, Money) else parse_yuan(str(value))
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if not Money(0) <= amount < Money.yuan(10 ** _DIGITS["money"]):
        raise ValueError(_("请填 0 或正的金额。"))
    return amount.fen


def _number(field: Field, value: Any) -> str:
    said = str(value).replace(",", "")
    if not (said.isascii() and _NUMBER.fullmatch(said)):
        raise ValueError(_("请填数字，小数不超过八位。"))
    return f"{Decimal(said).normalize():f}"


def _count(field: Field, value: Any) -> str:
    said = str(value).replace(",", "")
    if not (said.isascii() and _COUNT.fullmatch(said)):
        raise ValueError(_("请填整数。"))
    return str(int(said))


def _flag(field: Field, value: Any) -> bool:
    said = str(value).lower()
    if said not in (*YES, *NO):
        raise ValueError(_("请选“是”或“否”。"))
    return said in YES


def _date(field: Field, value: Any) -> str:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(_("请填日期，如 2024-05-01。")) from None
    return day.isoformat()


def _code(field: Field, value: Any) -> str:
    if str(value) not in dict(field.options):
        raise ValueError(_("请从列出的选项中选择。"))
    return str(value)


def _text(field: Field, value: Any) -> str:
    said = str(value).replace("\0", "")
    if len(said) > MOST_TEXT:
        raise ValueError(_("最多 %(most)s 字。") % {"most": MOST_TEXT})
    return said


_READERS = {
    "money": _money,
    "number": _number,
    "count": _count,
    "flag": _flag,
    "date": _date,
    "code": _code,
    "text": _text,
}


def fact_values(programme: Programme, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that are facts of the programme's pack, as the policy's Python runner takes them."""
    return {
        field.code: meant(field.type, answers[field.code])
        for field in programme.fields
        if field.fact and field.code in answers
    }


def meant(kind: str, kept: Any) -> Any:
    """What a kept answer stands for."""
    if kind == "money":
        return Money(kept)
    if kind in ("number", "count"):
        return Decimal(kept)
    return date.fromisoformat(kept) if kind == "date" else kept


def typed(programme: Programme, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The kept answers as a form shows them to be changed."""
    kinds = {field.code: field.type for field in programme.fields}
    return {code: _in_form(kinds[code], kept) for code, kept in answers.items() if code in kinds}


def _in_form(kind: str, kept: Any) -> Any:
    if kind == "money":
        return Money(kept)
    if kind == "flag":
        return "true" if kept else "false"
    return kept


def in_words(programme: Programme, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each question that was answered with its answer, in the reader's language."""
    language = get_language() or "zh"
    return [
        (field.title.in_(language), worded(field, answers[field.code], language))
        for field in programme.fields
        if field.code in answers
    ]


def worded(field: Field, kept: Any, language: str) -> str:
    """One kept answer in words."""
    if field.type == "money":
        return gettext("%(amount)s 元") % {"amount": format_yuan(Money(kept))}
    if field.type == "flag":
        return gettext("是") if kept else gettext("否")
    options = dict(field.options)
    return options[kept].in_(language) if kept in options else str(kept)

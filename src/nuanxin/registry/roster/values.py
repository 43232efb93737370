"""One raw cell to one clean value, for each kind of column.

A reader takes a cell that is not blank, a text already made plain by `plain_text`, and returns the value, or
a `Fault`: what is wrong, and the value to go on with when that is only a warning. Nothing is guessed: what
can be read in two ways is a fault.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from nuanxin.kernel.identity import (
    IdentityError,
    check_contact,
    check_phone,
    luhn_ok,
    normalise_card,
    parse_id,
)
from nuanxin.kernel.money import MoneyError, parse_yuan, round_fen
from nuanxin.kernel.text import squeeze

from .cells import EXACT_DIGITS, NONE_WORDS, Fault, echo, number_text
from .codes import CodeList, normalise
from .columns import Column, Kind
from .problems import WARNING

Reader = Callable[[Any], Any]

MAX_FEN = 100_000_000 * 100
EARLIEST = date(1900, 1, 1)
_EPOCH = datetime(1899, 12, 30)
_MOBILE = re.compile(r"1[3-9][0-9]{9}")  # the form most cells have already
_ACCOUNT = re.compile(r"[0-9]{10,30}")
_ROUNDED = re.compile(r"[1-9][0-9]{14}0{3,}")  # what a spreadsheet leaves of a longer number
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")


def text_reader(column: Column) -> Reader:
    """Free text up to the column's limit; 无 and the like count as nothing."""
    limit = column.limit

    def read(cell: Any) -> Any:
        text = cell if isinstance(cell, str) else echo(cell)
        if text in NONE_WORDS:
            return None
        return Fault("too_long", {"limit": limit}) if len(text) > limit else text

    return read


_DOTS = re.compile(r"[•∙⋅・･‧．.●。]")
_NAME = re.compile(r"[^\W\d_]+(?:[·'’\- ][^\W\d_]+)*")
_TOTALS = frozenset(
    ["合计", "小计", "总计", "共计", "制表人", "填表人"]
)  # rows below a list that are no people
_SPACED = re.compile(r"(?<=[^\W\d_a-zA-Z]) (?=[^\W\d_a-zA-Z])")


def name_reader(column: Column) -> Reader:
    """A person's name: 张　三 becomes 张三, every dot of a minority name ·; Latin words keep their space."""

    def read(cell: Any) -> Any:
        text = cell if isinstance(cell, str) else echo(cell)
        if not text.isalpha() or " " in text:
            text = _SPACED.sub("", _DOTS.sub("·", text))
            text = re.sub(r" ?· ?", "·", text)
        if not 2 <= len(text) <= column.limit or not _NAME.fullmatch(text) or text in _TOTALS:
            return Fault("name", {"value": echo(cell)})
        return text

    return read


def _digits(cell: Any) -> str | Fault:
    """The characters of a number that names something; refused when the spreadsheet has dropped some."""
    if isinstance(cell, str):
        text = squeeze(cell)
        return Fault("scientific") if _SCIENTIFIC.fullmatch(text) else text
    if isinstance(cell, float) and abs(cell) < EXACT_DIGITS and cell == int(cell):
        return str(int(cell))
    return Fault("digits_lost")


_ID_FAULTS = {"empty": "required", "numeric": "digits_lost", "scientific": "scientific"}


def id_reader(column: Column) -> Reader:
    """A citizen's ID number as an IdNumber of the kernel."""

    def read(cell: Any) -> Any:
        text = cell if isinstance(cell, str) else _digits(cell)
        if isinstance(text, Fault):
            return text
        try:
            return parse_id(text)
        except IdentityError as error:
            rounded = error.code == "check" and _ROUNDED.fullmatch(text)
            return Fault("digits_zero" if rounded else _ID_FAULTS.get(error.code, f"id_{error.code}"))

    return read


def phone_reader(column: Column) -> Reader:
    """A mobile number of eleven digits."""

    def read(cell: Any) -> Any:
        if isinstance(cell, str) and _MOBILE.fullmatch(cell):
            return cell
        text = _digits(cell)
        if isinstance(text, Fault):
            return text
        try:
            return check_phone(text.removesuffix(".0"))
        except IdentityError:
            return Fault("phone")

    return read


def contact_reader(column: Column) -> Reader:
    """Any other way to reach a person; a lone number is brought to one form."""
    free = text_reader(column)

    def read(cell: Any) -> Any:
        text = free(cell)
        if not isinstance(text, str):
            return text
        try:
            return check_contact(text)
        except IdentityError:
            return text

    return read


def card_reader(column: Column) -> Reader:
    """A bank card or account number; a failed Luhn check is a warning."""

    def read(cell: Any) -> Any:
        card = cell
        if not (isinstance(cell, str) and _ACCOUNT.fullmatch(cell)):
            text = _digits(cell)
            if isinstance(text, Fault):
                return text
            card = normalise_card(text)
        if not _ACCOUNT.fullmatch(card):
            return Fault("card")
        if luhn_ok(card):
            return card
        code = "digits_zero" if _ROUNDED.fullmatch(card) else "card_luhn"
        return Fault(code, value=card, severity=WARNING)

    return read


_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})?日?)?(?:[ T]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
)
_SERIALS = range(366, 73_051)  # 1901-01-01 to 2099-12-31


def _date_text(cell: Any) -> str | date | Fault:
    """A date's text in half-width without spaces, or the date itself when the cell holds one."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float):
        if int(cell) in _SERIALS and not 1900 <= cell < 2100:
            return (_EPOCH + timedelta(days=int(cell))).date()
        text = number_text(cell)
        return Fault("date_lost_zero", {"value": text}) if re.fullmatch(r"\d{4}\.1", text) else text
    text = squeeze(str(cell)).replace("。", ".")
    if re.fullmatch(r"\d{5}(\.\d+)?", text):
        return (_EPOCH + timedelta(days=int(text[:5]))).date()
    return text


def _date_parts(text: str) -> tuple[int, int, int | None] | None:
    if re.fullmatch(r"\d{8}", text):
        return int(text[:4]), int(text[4:6]), int(text[6:])
    if re.fullmatch(r"\d{6}", text):
        return int(text[:4]), int(text[4:]), None
    if match := _DATE.fullmatch(text):
        return int(match[1]), int(match[2]), int(match[3]) if match[3] else None
    return None


def date_reader(column: Column) -> Reader:
    """A date in any of the forms rosters use, not in the future. Where the column lets the day be left out,
    the first of the month stands for it."""

    def read(cell: Any) -> Any:
        text = _date_text(cell)
        if isinstance(text, Fault):
            return text
        value = text if isinstance(text, date) else _built(text, column.month_ok)
        if isinstance(value, date) and not EARLIEST <= value <= date.today():
            return Fault("date_range", {"value": value.isoformat()})
        return value

    return read


def _built(text: str, month_ok: bool) -> date | Fault:
    parts = _date_parts(text)
    if parts is None:
        code = "date_no_day" if re.fullmatch(r"\d{4}年?", text) else "date"
        return Fault(code, {"value": echo(text)})
    year, month, day = parts
    if day is None and not month_ok:
        return Fault("date_no_day", {"value": echo(text)})
    try:
        return date(year, month, day or 1)
    except ValueError:
        return Fault("date", {"value": echo(text)})


def year_reader(column: Column) -> Reader:
    """A year of entry into a school, as its first of September; a month or a full date is taken as it is."""

    def read(cell: Any) -> Any:
        text = _date_text(cell)
        if isinstance(text, date):
            return text
        if isinstance(text, Fault):
            return text
        short = text.removesuffix(".0").removesuffix("级").removesuffix("年")
        value = (
            date(int(short), 9, 1) if re.fullmatch(r"(19|20)\d{2}", short) else _built(text, month_ok=True)
        )
        return Fault("year", {"value": echo(cell)}) if isinstance(value, Fault) else value

    return read


_AMOUNT = re.compile(r"(.*?)(万|千)?(?:圆|元)?整?")
_TIMES = {"万": 10_000, "千": 1_000}


def money_reader(column: Column) -> Reader:
    """An amount as whole fen. 无 is nothing earned or spent: zero. A third decimal is rounded, and told."""

    def read(cell: Any) -> Any:
        if isinstance(cell, float):
            return _fen(cell, Decimal(repr(cell)))
        if not isinstance(cell, str):
            return Fault("money", {"value": echo(cell)})
        text = squeeze(cell)
        if text in NONE_WORDS:
            return 0
        match = _AMOUNT.fullmatch(text.removeprefix("人民币").removeprefix("RMB"))
        if match is None:
            return Fault("money", {"value": echo(cell)})
        body, unit = match.groups()
        return _fen_of_text(cell, body, _TIMES.get(unit, 1))

    return read


def _fen_of_text(cell: str, body: str, times: int) -> Any:
    try:
        amount = parse_yuan(body)
    except MoneyError as error:
        if error.code == "out_of_range":
            return Fault("money_too_large")
        if error.code != "too_precise":
            return Fault("money", {"value": echo(cell)})
    else:
        return _bounded(amount.fen * times)
    return _fen(cell, Decimal(body.replace("¥", "").replace(",", "")) * times)


def _fen(cell: Any, yuan: Decimal) -> Any:
    """Yuan as fen; more than two decimals are rounded, and told unless they are a computer's own noise."""
    try:
        fen = round_fen(yuan).fen
    except (MoneyError, InvalidOperation):
        return Fault("money", {"value": echo(cell)})
    value = _bounded(fen)
    if isinstance(value, int) and abs(yuan * 100 - fen) > Decimal("0.0001"):
        return Fault("money_rounded", value=value, severity=WARNING)
    return value


def _bounded(fen: int) -> int | Fault:
    if fen < 0:
        return Fault("money_negative")
    return fen if fen <= MAX_FEN else Fault("money_too_large")


_CHINESE = {word: number for number, word in enumerate("零一二三四五六七八九十")} | {"两": 2}


def count_reader(column: Column) -> Reader:
    """A whole number from 0 (from 1 where required) up to the limit; 3人, 3年, 三 are understood."""
    low, high = int(column.required), column.limit

    def read(cell: Any) -> Any:
        text = number_text(cell) if isinstance(cell, float) else squeeze(str(cell))
        text = "0" if text in NONE_WORDS else text.rstrip("人口套处年制个").removesuffix(".0")
        number = int(text) if re.fullmatch(r"\d{1,6}", text) else _CHINESE.get(text, -1)
        if low <= number <= high:
            return number
        return Fault("whole_number", {"value": echo(cell), "low": low, "high": high})

    return read


def area_reader(column: Column) -> Reader:
    """Square metres with two decimals."""

    def read(cell: Any) -> Any:
        text = number_text(cell) if isinstance(cell, float) else squeeze(str(cell))
        text = re.sub(r"(平方米|平米|平方|平|㎡|m²|m2)$", "", text, flags=re.IGNORECASE)
        if re.fullmatch(r"\d{1,6}(\.\d+)?", text) and Decimal(text) <= column.limit:
            return round(Decimal(text), 2)
        return Fault("number", {"value": echo(cell), "low": 0, "high": column.limit})

    return read


_YES = frozenset(
    map(normalise, ["是", "有", "Y", "yes", "true", "1", "对", "已", "在享", "享受", "有凭证", "属于"])
)
_NO = frozenset(
    map(
        normalise,
        ["否", "无", "没有", "N", "no", "false", "0", "不是", "未", "非", "未享受", "无凭证", "不属于"],
    )
)
_TICKS = {"√": True, "✓": True, "✔": True, "☑": True, "×": False, "✗": False, "✘": False, "☒": False}


def flag_reader(column: Column) -> Reader:
    """Yes or no, in any of the usual words and signs."""

    def read(cell: Any) -> Any:
        text = number_text(cell) if isinstance(cell, float) else str(cell)
        word = normalise(text)
        if word in _YES or word in _NO:
            return word in _YES
        return _TICKS.get(text.strip(), Fault("flag", {"value": echo(cell)}))

    return read


def _lookup(codes: CodeList, cell: Any) -> str | Fault:
    code = codes.lookup(number_text(cell) if isinstance(cell, float) else str(cell))
    return Fault("not_in_list", {"value": echo(cell), "code_list": codes.key}) if code is None else code


def _words(codes: CodeList, part: str) -> list[str]:
    """A name of the list as it is, spaces and all; anything else may be several, apart by spaces."""
    return [part] if codes.lookup(part) else part.split()


def code_reader(column: Column) -> Reader:
    """A code of the column's list; 无 in an optional column means nothing unless the list knows it."""
    codes = column.codes
    assert codes is not None

    def read(cell: Any) -> Any:
        code = _lookup(codes, cell)
        if isinstance(code, Fault) and not column.required and cell in NONE_WORDS:
            return None
        return code

    return read


def codes_reader(column: Column) -> Reader:
    """Several codes of a list, apart by 、 or the like, without doubles, in the order typed."""
    codes = column.codes
    assert codes is not None

    def read(cell: Any) -> Any:
        text = cell if isinstance(cell, str) else echo(cell)
        if text in NONE_WORDS:
            return ()
        if (single := codes.lookup(text)) is not None:
            return (single,)
        words = [word for part in re.split(r"[、,，;；/|]+", text) for word in _words(codes, part.strip())]
        parts = [_lookup(codes, word) for word in words]
        fault = next((part for part in parts if isinstance(part, Fault)), None)
        if fault is not None:
            return fault
        values = tuple(dict.fromkeys(parts))
        return values if len(values) <= column.limit else Fault("too_many_codes", {"limit": column.limit})

    return read


def division_reader(column: Column) -> Reader:
    """A division's code of 6, 9 or 12 digits, or its name as text."""
    free = text_reader(column)

    def read(cell: Any) -> Any:
        text = free(cell)
        if isinstance(text, str) and text.isdecimal() and len(text) not in (6, 9, 12):
            return Fault("division")
        return text

    return read


def postcode_reader(column: Column) -> Reader:
    """Six digits; a leading zero that a number has lost is put back, since only it can be missing."""

    def read(cell: Any) -> Any:
        text = f"{int(cell):06}" if isinstance(cell, float) and cell >= 10_000 else squeeze(str(cell))
        if re.fullmatch(r"[0-9]{5}", text):
            return Fault("postcode_zero")
        return text if re.fullmatch(r"[0-9]{6}", text) else Fault("postcode")

    return read


READERS: dict[Kind, Callable[[Column], Reader]] = {
    Kind.TEXT: text_reader,
    Kind.NAME: name_reader,
    Kind.ID: id_reader,
    Kind.PHONE: phone_reader,
    Kind.CARD: card_reader,
    Kind.DATE: date_reader,
    Kind.YEAR: year_reader,
    Kind.MONEY: money_reader,
    Kind.CONTACT: contact_reader,
    Kind.COUNT: count_reader,
    Kind.AREA: area_reader,
    Kind.FLAG: flag_reader,
    Kind.CODE: code_reader,
    Kind.CODES: codes_reader,
    Kind.DIVISION: division_reader,
    Kind.POSTCODE: postcode_reader,
}

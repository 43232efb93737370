"""Numbers that name a person or an organisation: checked, brought to one form, masked.

Sources: GB 11643 (citizen identification number), GB 32100 (unified social credit code), the
numbering plan of the mainland telephone network, ISO/IEC 7812 (the Luhn check of bank cards).
No message ever repeats the number it is about, so that it may be logged and shown.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from .surnames import split_surname
from .text import squeeze

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECK_MAP = "10X98765432"
EARLIEST_BIRTH = date(1900, 1, 1)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

_MESSAGES = {
    "empty": _("未填写号码。"),
    "numeric": _("身份证号码以数字格式保存，末几位可能已丢失。请把该列设为文本后重新填写。"),
    "scientific": _("身份证号码已变成科学计数法，末几位已丢失。请把该列设为文本后重新填写。"),
    "old_15": _("这是15位旧身份证号码，请改填18位号码。"),
    "length": _("身份证号码应为18位。"),
    "characters": _("身份证号码只能由数字组成，末位可以是 X。"),
    "division": _("身份证号码的前六位不是有效的地区代码。"),
    "birth": _("身份证号码中的出生日期不存在或过早。"),
    "birth_future": _("身份证号码中的出生日期晚于今天。"),
    "check": _("身份证号码校验位不符，请核对每一位。"),
    "phone": _("请填写11位手机号码。"),
    "contact": _("请填写11位手机号码，或带区号的固定电话号码。"),
    "credit_code": _("统一社会信用代码应为18位数字和大写字母（不含 I、O、S、V、Z）。"),
    "credit_code_check": _("统一社会信用代码校验位不符，请核对每一位。"),
}


class IdentityError(ValueError):
    """A number that cannot be right. `code` (a key of the table above) is for programs, `message`
    (lazy, translated) for people."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
        self.message: Any = _MESSAGES[code]

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A valid 18-digit number with what it says: birth date, and sex as in GB/T 2261.1 ('1' male,
    '2' female). The number stays out of repr() and str(), which end up in logs."""

    number: str = field(repr=False)
    birth: date
    sex: str

    @property
    def division(self) -> str:
        """The six-digit division of first registration, as it was called at that time."""
        return self.number[:6]

    def __str__(self) -> str:
        return mask_id(self.number)


_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]*)?E\+?[0-9]+")
_ID_BODY = re.compile(r"[0-9]{17}[0-9X]")
_DIVISION = re.compile(r"[1-8][0-9]{5}")


def normalise_id(text: str) -> str:
    """Half-width, no spaces, capital X, and without the apostrophe spreadsheets use to mark text."""
    return squeeze(text).lstrip("'‘’").upper()


def parse_id(text: object, *, today: date | None = None) -> IdNumber:
    """The citizen number in `text`, or IdentityError with one of the codes empty, numeric, scientific,
    old_15, length, characters, division, birth, birth_future, check.

    Anything but text is refused: a spreadsheet number keeps 15 digits and invents the rest.
    """
    if text is None:
        raise IdentityError("empty")
    if not isinstance(text, str):
        raise IdentityError("numeric")
    number = normalise_id(text)
    _refuse_wrong_shape(number)
    if not _DIVISION.match(number):
        raise IdentityError("division")
    birth = _birth(number[6:14], today or date.today())
    if id_check_digit(number[:17]) != number[17]:
        raise IdentityError("check")
    return IdNumber(number, birth, "1" if int(number[16]) % 2 else "2")


def _refuse_wrong_shape(number: str) -> None:
    if not number:
        raise IdentityError("empty")
    if _SCIENTIFIC.fullmatch(number):
        raise IdentityError("scientific")
    if re.fullmatch(r"[0-9]{14,18}\.[0-9]*", number):
        raise IdentityError("numeric")
    if re.fullmatch(r"[0-9]{15}", number):
        raise IdentityError("old_15")
    if len(number) != 18:
        raise IdentityError("length")
    if not _ID_BODY.fullmatch(number):
        raise IdentityError("characters")


def _birth(digits: str, today: date) -> date:
    try:
        birth = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise IdentityError("birth") from None
    if birth < EARLIEST_BIRTH:
        raise IdentityError("birth")
    if birth > today:
        raise IdentityError("birth_future")
    return birth


def id_check_digit(body: str) -> str:
    """The eighteenth character for seventeen digits."""
    return ID_CHECK_MAP[sum(w * int(d) for w, d in zip(ID_WEIGHTS, body, strict=True)) % 11]


def upgrade_old_id(text: str, *, today: date | None = None) -> IdNumber:
    """The 18-digit number of a 15-digit one (issued up to 1999, births of the twentieth century).

    An old number has no check digit, so a slip in it goes unseen: confirm the result on the new card.
    """
    old = normalise_id(text)
    if not re.fullmatch(r"[0-9]{15}", old):
        raise IdentityError("length")
    body = f"{old[:6]}19{old[6:]}"
    return parse_id(body + id_check_digit(body), today=today)


def invent_id(division: str, birth: date, serial: int) -> str:
    """A well-formed number for demonstration and tests; `serial` 0 to 999, odd for men."""
    body = f"{division}{birth:%Y%m%d}{serial:03d}"
    if len(body) != len(ID_WEIGHTS):
        raise IdentityError("length")
    return parse_id(body + id_check_digit(body)).number


def check_phone(text: str) -> str:
    """An 11-digit mainland mobile number, without country code, spaces and hyphens; code `phone`."""
    digits = re.sub(r"[-()]", "", squeeze(text))
    match = re.fullmatch(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})", digits)
    if match is None:
        raise IdentityError("phone")
    return match[1]


def check_contact(text: str) -> str:
    """A mobile number, or a landline as '0873-3721234' (extension '-801' kept); code `contact`."""
    try:
        return check_phone(text)
    except IdentityError:
        plain = re.sub(r"[()]", "-", squeeze(text)).strip("-")
    pattern = r"(0(?:10|2[0-9]|[3-9][0-9]{2}))-?([2-9][0-9]{6,7})(?:(?:-|转)([0-9]{1,5}))?"
    match = re.fullmatch(pattern, plain)
    if match is None:
        raise IdentityError("contact")
    return "-".join(part for part in match.groups() if part)


def check_credit_code(text: str) -> str:
    """A GB 32100 code in its one form; codes empty, credit_code, credit_code_check."""
    code = squeeze(text).upper()
    if not code:
        raise IdentityError("empty")
    if len(code) != 18 or not set(code) <= set(CREDIT_ALPHABET):
        raise IdentityError("credit_code")
    total = sum(CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(code[:17]))
    if CREDIT_ALPHABET[-total % 31] != code[17]:
        raise IdentityError("credit_code_check")
    return code


def normalise_card(text: str) -> str:
    """A bank card number without spaces and hyphens."""
    return squeeze(text).replace("-", "")


def luhn_ok(text: str) -> bool:
    """Whether a bank card number has 12 to 19 digits and passes the Luhn check.

    False is a reason to warn, not to refuse: some banks' account books do not follow it.
    """
    card = normalise_card(text)
    if not re.fullmatch(r"[0-9]{12,19}", card):
        return False
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(card)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _mask(text: str, head: int, tail: int) -> str:
    """Stars between the first `head` and last `tail` characters; all stars when that would hide nothing."""
    hidden = len(text) - head - tail
    if hidden <= 0:
        return "*" * len(text)
    return text[:head] + "*" * hidden + text[len(text) - tail :]


def mask_id(number: str) -> str:
    """'533421********0016': the first six and the last four."""
    return _mask(number, 6, 4)


def mask_phone(number: str) -> str:
    """'138****5678': the first three and the last four."""
    return _mask(number, 3, 4)


def mask_card(number: str) -> str:
    """'***************1234': the last four."""
    return _mask(number, 0, 4)


def mask_name(name: str) -> str:
    """'张*', '欧阳*': the surname and one star, so that the length of the name is hidden too."""
    return split_surname(name)[0] + "*" if name else ""

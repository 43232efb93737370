"""Slips in an ID number: the valid numbers one wrong digit or one swap away.

Numbers lie encrypted and are found by their hash alone, so what may have been meant is written out and
looked up. A single slip in a number is always caught by its check digit (GB 11643); two numbers that are
both valid and one slip apart differ in the check digit as well, which is why it is made anew here.
"""

import re

from nuanxin.kernel.identity import (
    IdentityError,
    IdNumber,
    id_check_digit,
    normalise_id,
    parse_id,
    upgrade_old_id,
)


def read_id(text: str) -> tuple[IdNumber | None, bool]:
    """The number in the text and whether it was an old one of 15 digits; None when it is none.

    An old number whose birth date does not exist (some were issued without a month) names nobody.
    """
    old = re.fullmatch(r"[0-9]{15}", normalise_id(text)) is not None
    try:
        return (upgrade_old_id(text) if old else parse_id(text)), old
    except IdentityError:
        return None, old


def slips(number: str) -> list[str]:
    """All valid numbers whose first 17 digits differ in one digit or by two neighbours swapped."""
    body = number[:17]
    found = {body[:at] + digit + body[at + 1 :] for at in range(17) for digit in "0123456789"}
    found |= {body[:at] + body[at + 1] + body[at] + body[at + 2 :] for at in range(16)}
    return sorted(filter(_valid, (each + id_check_digit(each) for each in found - {body})))


def _valid(number: str) -> bool:
    try:
        parse_id(number)
    except IdentityError:
        return False
    return True

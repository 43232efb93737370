"""Chinese numerals, as documents number their articles."""

import re

#: '第十二条（一）': articles stand in the packs as the document numbers them.
ARTICLE = re.compile(r"第([一二三四五六七八九十]+)条(?:（([一二三四五六七八九十]+)）)?")
_DIGITS = "〇一二三四五六七八九"


def number(text: str) -> int:
    """'二十一' as 21, below a hundred."""
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1 if ten else 0) * 10 + (_DIGITS.index(ones) if ones else 0)

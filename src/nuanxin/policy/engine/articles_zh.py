"""Articles as documents number them, in Chinese numerals; in English by their number."""

import re

#: '第十二条（一）'.
_ARTICLE = re.compile(r"第([一二三四五六七八九十]+)条(?:（([一二三四五六七八九十]+)）)?")
_DIGITS = "〇一二三四五六七八九"


def article_in(language: str, article: str) -> str:
    """'第十二条（一）' as it stands, or 'Article 12 (1)'; what is numbered otherwise stays as it is."""
    match = _ARTICLE.fullmatch(article)
    if match is None or not language.startswith("en"):
        return article
    return f"Article {_number(match[1])}" + (f" ({_number(match[2])})" if match[2] else "")


def _number(text: str) -> int:
    """'二十一' as 21, below a hundred."""
    tens, ten, ones = text.rpartition("十")
    return (_DIGITS.index(tens) if tens else 1 if ten else 0) * 10 + (_DIGITS.index(ones) if ones else 0)

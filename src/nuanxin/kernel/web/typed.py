"""Numbers typed into a list's filters never stand in an address, where the browser's history, proxies and
access logs keep them.

The filter form posts. The answer leads to an address which holds the typed number sealed: for the one who
typed it and for a working day. So pages, order, export, the way back and a copied tab go on as with words.
"""

import re
import time
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable

from django.http import QueryDict

from nuanxin.kernel import scope
from nuanxin.kernel.sealing import SealingError, seal, unseal

#: What a sealed value in an address begins with.
MARK = "~"
#: Seconds a sealed number is understood: as long as a session lasts.
LASTS = 8 * 3600
#: Eight digits and more, however they are grouped: identity, phone and card numbers, also mistyped ones.
_NUMBER = re.compile(r"\d(?:[\s.-]?\d){7,}")
#: A number of the house's own, of a file or a batch: unit, year, running number. No person's number.
_REFERENCE = re.compile(r"[A-Z]{0,4}-?[0-9A-Z]{1,12}-(19|20)[0-9]{2}(-[0-9]{0,6})?")


class Stale(Exception):
    """A sealed number that is too old, somebody else's, or was changed."""


def is_number(text: str) -> bool:
    """True for what may be the number of a person, in digits of any width."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return bool(_NUMBER.search(plain)) and not _REFERENCE.fullmatch(plain.upper())


def covered(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The query as it may stand in an address: numbers in the named parameters are sealed."""
    return _each(query, names, lambda text: _seal(text) if is_number(text) and text[0] != MARK else text)


def uncovered(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The query as typed; raises Stale."""
    return _each(query, names, lambda text: _unseal(text) if text.startswith(MARK) else text)


def dropped(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The query without what is sealed in it."""
    return _each(query, names, lambda text: "" if text.startswith(MARK) else text)


def left_out(query: QueryDict, names: Iterable[str]) -> QueryDict:
    """The query for the record: that somebody searched by a number, not by which."""
    return _each(query, names, lambda text: "…" if text.startswith(MARK) or is_number(text) else text)


def _each(query: QueryDict, names: Iterable[str], change: Callable[[str], str]) -> QueryDict:
    changed = query.copy()
    for name in names:
        if name in changed:
            changed.setlist(name, [change(text) for text in changed.getlist(name)])
    return changed


def _purpose() -> str:
    actor = scope.current_or_none()
    return f"typed:{actor.staff_id if actor else None}"


def _seal(text: str) -> str:
    return MARK + urlsafe_b64encode(seal(f"{int(time.time())} {text}", _purpose())).decode().rstrip("=")


def _unseal(text: str) -> str:
    try:
        at, typed = unseal(urlsafe_b64decode(text[1:] + "=="), _purpose()).split(" ", 1)
    except (SealingError, ValueError) as error:
        raise Stale from error
    if time.time() - int(at) > LASTS:
        raise Stale
    return typed

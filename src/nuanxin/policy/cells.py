"""The statistics cells a programme may feed. The app that keeps the tables stands above and declares them."""

from .engine.texts import Text

_KNOWN: dict[str, Text] = {}


def declare(code: str, title: Text) -> None:
    """Tell, at start, the title of cells the tables have by a code such as `aid_centre.living`."""
    _KNOWN.setdefault(code, title)


def title(code: str) -> Text:
    """What the cells are called; the code itself where the tables have none such any more."""
    return _KNOWN.get(code, Text(code, code))


def known() -> frozenset[str]:
    """All codes that were declared."""
    return frozenset(_KNOWN)

"""The statistics cells a programme may feed. The app that keeps the tables stands above and declares them."""

_KNOWN: set[str] = set()


def declare(code: str) -> None:
    """Tell, at start, that the tables have cells of this code, such as `aid_centre.living`."""
    _KNOWN.add(code)


def known() -> frozenset[str]:
    """All codes that were declared."""
    return frozenset(_KNOWN)

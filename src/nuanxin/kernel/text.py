"""Text as people type and paste it, brought to one plain form before it is judged."""

_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_MINUS_SIGNS = dict.fromkeys(map(ord, "−‐‑–—﹣"), "-")
_TABLE = _FULLWIDTH | _MINUS_SIGNS | {0xFFE5: "¥"}
# Invisible marks that spreadsheets, PDF readers and chat programs leave inside copied numbers.
_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202C, 0x202D, 0x2060, 0xFEFF])


def to_halfwidth(text: str) -> str:
    """Full-width letters, digits and signs as ASCII, all dashes as '-', yuan signs as '¥'.

    Not NFKC: that would turn '5²' into '52' and '①' into '1', silently inventing digits.
    """
    return text.translate(_TABLE)


def squeeze(text: str) -> str:
    """`to_halfwidth` with every space and invisible mark removed: the form numbers are judged in."""
    return "".join(to_halfwidth(text).translate(_INVISIBLE).split())

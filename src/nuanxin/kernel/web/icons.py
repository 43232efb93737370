# ruff: noqa: E501 - path data has no place to break a line
"""The icons: our own strokes on a 24 × 24 grid, drawn in the colour of the text around them."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

#: Name to path data; several strokes are one path.
PATHS: dict[str, str] = {
    # what one does
    "inbox": "M4 13h4l1.5 3h5L16 13h4M4 13 6.5 5h11L20 13v6H4Z",
    "folder": "M3.5 6.5h6l2 2.5h9v10.5h-17ZM8 14h8",
    "stamp": "M6 3.5h8.5L18.5 7.5V20.5H6ZM14 3.5V8h4.5M9 14.5l2 2 4-4.5",
    "gift": "M4 10.5h16V20H4ZM12 10.5V20M3 7.5h18v3H3ZM12 7.5C9 7.5 7.5 6.5 7.5 5S10 3 12 7.5C14 3 16.5 3.5 16.5 5S15 7.5 12 7.5",
    "card": "M3.5 7h17v12h-17ZM3.5 7l11-3v3M15.5 13h1.5M20.5 10.5h-5a2.5 2.5 0 0 0 0 5h5",
    "chart": "M4 20h16M7 20v-6M12 20V9M17 20V5",
    "bell": "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5H5ZM10 20.5h4M12 3.5v2",
    "book": "M12 6.5C10 5 7 4.5 3.5 5v13c3.5-.5 6.5 0 8.5 1.5 2-1.5 5-2 8.5-1.5V5C17 4.5 14 5 12 6.5ZM12 6.5v13",
    "scale": "M12 4v16M7 20h10M5 7h14M5 7l-2.5 6.5a2.7 2.7 0 0 0 5 0ZM19 7l-2.5 6.5a2.7 2.7 0 0 0 5 0ZM12 4.5v2.5",
    "phone": "M5 4h4l1.5 5-2 1.5a12 12 0 0 0 5 5l1.5-2 5 1.5v4c-9 2-17-6-15-15Z",
    "sheet": "M4 4.5h16v15H4ZM4 9.5h16M4 14.5h16M10 9.5v10",
    "settings": "M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5v-5M9 19.5v-5",
    "building": "M5 20.5V4.5h9v16M14 9.5h5v11M3 20.5h18M8 8h3M8 11.5h3M8 15h3M16.5 13v0M16.5 16.5v0",
    "exchange": "M4 8.5h14M14.5 5l3.5 3.5-3.5 3.5M20 15.5H6M9.5 12 6 15.5 9.5 19",
    "shield": "M12 3.5l7.5 3v5c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9v-5ZM9 12l2 2 4-4",
    "org": "M9.5 4h5v4.5h-5ZM3.5 15.5h5V20h-5ZM15.5 15.5h5V20h-5ZM12 8.5v3.5M6 15.5V12h12v3.5",
    "people": "M9 11a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5ZM3 19.5c0-3.5 2.5-5.5 6-5.5s6 2 6 5.5M15.5 5a3.25 3.25 0 0 1 0 6M17.5 14.5c2.2.7 3.5 2.4 3.5 5",
    "person": "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c0-4 3-6 7.5-6s7.5 2 7.5 6",
    "pin": "M12 21c4.5-4.5 7-8 7-11a7 7 0 0 0-14 0c0 3 2.5 6.5 7 11ZM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
    "coins": "M9 10c3 0 5.5-1.1 5.5-2.5S12 5 9 5 3.5 6.1 3.5 7.5 6 10 9 10ZM3.5 7.5V16c0 1.4 2.5 2.5 5.5 2.5M3.5 11.75c0 1.4 2.5 2.5 5.5 2.5M15 20c3 0 5.5-1.1 5.5-2.5S18 15 15 15s-5.5 1.1-5.5 2.5S12 20 15 20ZM9.5 13.25v4.25M20.5 17.5v-4.25c0-1.4-2.5-2.5-5.5-2.5s-5.5 1.1-5.5 2.5 2.5 2.5 5.5 2.5 5.5-1.1 5.5-2.5",
    "list": "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
    "walk": "M13 5.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM8 11.5l2.5-3.5h3l-1.5 6 3 3 .5 4.5M12 14l-1.5 4-2.5 3.5M13.5 8l2 3.5 3 .5",
    "home": "M4 11l8-7 8 7M6 9.5V20h12V9.5M10 20v-5h4v5",
    # acts
    "search": "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 20 20",
    "plus": "M12 5v14M5 12h14",
    "edit": "M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5ZM13.5 7l3.5 3.5",
    "trash": "M5 7h14M9.5 7V4.5h5V7M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
    "download": "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
    "upload": "M12 16V5M7.5 9.5 12 5l4.5 4.5M5 20h14",
    "print": "M7 8.5V4h10v4.5M7 17H4V8.5h16V17h-3M7 14h10v6H7Z",
    "filter": "M4 6h16M7 12h10M10 18h4",
    "camera": "M4 8h4l1.5-2.5h5L16 8h4v11H4ZM12 16.5a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.5Z",
    "pen": "M4 20c3-1 4-3 3-5 0-2 2-3 4-2M11 13 18.5 4.5l1.5 1.5L12.5 14",
    "eye": "M2.5 12C5 7.5 8 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.5 6.5-9.5 6.5S5 16.5 2.5 12ZM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
    "logout": "M14 4.5H5v15h9M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
    "more": "M5 12h.01M12 12h.01M19 12h.01",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "fold": "M14.5 6l-6 6 6 6",
    # signs
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cross": "M6.5 6.5l11 11M17.5 6.5l-11 11",
    "question": "M8.5 9a3.5 3.5 0 1 1 5.5 2.9c-1.3.9-2 1.6-2 3.1M12 19h.01",
    "clock": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 7.5V12l3 2.5",
    "bang": "M12 5v9M12 18.5h.01",
    "minus": "M6 12h12",
    "alert": "M12 4 21 19.5H3ZM12 10v4.5M12 17h.01",
    "info": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM12 11v5.5M12 8h.01",
    "stop": "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM6 6l12 12",
    "lock": "M6 10.5h12v9.5H6ZM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5M12 14v2.5",
    "document": "M6 3.5h8.5L18.5 7.5V20.5H6ZM14 3.5V8h4.5M9 12h6M9 16h6",
    "calendar": "M4.5 6h15v14h-15ZM4.5 10.5h15M8.5 3.5V8M15.5 3.5V8",
    "empty": "M4 13.5 7 5h10l3 8.5V19H4ZM4 13.5h4.5l1.5 2.5h4l1.5-2.5H20",
    # directions
    "up": "M12 19V6M6.5 11 12 5.5 17.5 11",
    "down": "M12 5v13M6.5 13l5.5 5.5L17.5 13",
    "sort": "M8 10l4-4.5L16 10M8 14l4 4.5 4-4.5",
    "chevron-down": "M5.5 9l6.5 6.5L18.5 9",
    "chevron-right": "M9 5.5l6.5 6.5L9 18.5",
    "chevron-left": "M15 5.5 8.5 12l6.5 6.5",
}


def icon(name: str, label: str = "") -> SafeString:
    """The icon as inline SVG; hidden from screen readers unless it is given a label.

    An unknown name is a mistake in the page and raises KeyError.
    """
    path = mark_safe(PATHS[name])
    frame = mark_safe(
        'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    )
    voice = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg viewBox="0 0 24 24" {} {}><path d="{}"/></svg>', frame, voice, path)


def brand_mark() -> SafeString:
    """The brand: a heart under a rising sun on union red."""
    return mark_safe(
        '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" fill="#b4232a"/>'
        '<path d="M16 25.5c-5.2-3.4-8.4-6.3-8.4-10A4.6 4.6 0 0 1 16 12.9a4.6 4.6 0 0 1 8.4 2.6'
        'c0 3.7-3.2 6.6-8.4 10Z" fill="#fff"/><path d="M16 4.5V8M9.2 6.3l1.5 2.7M22.8 6.3l-1.5 2.7"'
        ' stroke="#ffd9a8" stroke-width="2" stroke-linecap="round"/></svg>'
    )

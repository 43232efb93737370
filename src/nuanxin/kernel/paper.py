"""Papers made with typst: data goes in as JSON beside the template, never by building its source."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst


@cache
def _fonts() -> Any:
    """The CJK fonts of their package, read once a process; the system's are not looked at."""
    package = find_spec("manimgx_fonts_cjk")
    folders = [Path(place) for place in (package.submodule_search_locations or ())] if package else []
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def typeset(template: Path, data: dict[str, Any]) -> bytes:
    """The PDF of a template with its data, which the template reads as plain values."""
    compiled: bytes = typst.compile(
        str(template),
        root=str(template.parent),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        format="pdf",
    )
    return compiled

"""Generated parts of the docs are up to date; what the docs name exists."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from .floors import FLOOR, PACKAGE, ROOT


def test_generated_parts_are_up_to_date():
    call_command("document", "--check")


@pytest.mark.parametrize("app", sorted(FLOOR))
def test_every_room_says_what_it_is(app: str):
    assert (PACKAGE / app / "README.md").read_text(encoding="utf-8").lower().startswith(f"# {app}\n")


@pytest.mark.parametrize(
    "page",
    [*sorted(ROOT.glob("docs/**/*.md")), ROOT / "README.md", ROOT / "README.zh-CN.md"],
    ids=lambda page: page.name,
)
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"

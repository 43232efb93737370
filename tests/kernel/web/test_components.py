"""Components: what they say, that they escape, and that no page needs inline code or style."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpResponse
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

import nuanxin
from nuanxin.kernel.money import Money
from nuanxin.kernel.web import gallery, icons, markup

from .rendering import show

SOURCE = Path(nuanxin.__file__).parent
KERNEL = SOURCE / "kernel"
TEMPLATES = sorted(SOURCE.glob("*/templates/**/*.html"))


@pytest.mark.parametrize(
    "text",
    [
        '<c-page-head title="{{ x }}" number="{{ x }}" note="{{ x }}" />',
        '<c-page-head :title="x" :number="x" />',
        '<c-chip tone="done">{{ x }}</c-chip>',
        '<c-fact label="{{ x }}" :value="x" />',
        '<c-clause met="yes" source="{{ x }}" :figure="x">{{ x }}</c-clause>',
        '<c-event :when="x" :who="x" why="{{ x }}">{{ x }}</c-event>',
        '<c-note :title="x">{{ x }}</c-note>',
        '<c-empty :title="x">{{ x }}</c-empty>',
        '<c-dialog id="d" :title="x">{{ x }}</c-dialog>',
        '<c-reveal :value="x" url="/why/" />',
        '<c-compare :before="x" :after="x" :rows="rows" />',
        '<c-button :title="x">{{ x }}</c-button>',
        '<c-progress :label="x" value="1" />',
        "{% chip x 'no' %}",
    ],
)
def test_what_people_typed_is_escaped(text: str) -> None:
    bad = '<img src=x onerror="alert(1)">'
    page = show(text, x=bad, rows=[(bad, bad, "")])
    assert "<img" not in page and "&lt;img" in page


def test_a_status_has_a_sign_and_a_word() -> None:
    for tone in markup.TONES:
        page = str(markup.chip("Paid", tone))
        assert "<svg" in page and "Paid" in page and f"tone-{tone}" in page
    with pytest.raises(KeyError):
        markup.chip("Paid", "purple")


def test_clauses_speak_their_sign() -> None:
    words = [show(f'<c-clause met="{met}">x</c-clause>') for met in ("yes", "no", "open")]
    assert ['aria-label="Met"' in words[0], 'aria-label="Not met"' in words[1]] == [True, True]
    assert 'aria-label="To be verified"' in words[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ m|yuan }}", "1,234.50"),
        ("{{ none|yuan }}", "—"),
        ("{{ m|wan }}", "0.1235"),
        ("{% capitals m %}", "壹仟贰佰叁拾肆元伍角整"),
        ("{{ d|day }}", "2022-01-18"),
        ("{{ t|day }}", "2022-01-18 09:12"),
        ("{{ kept|day }}", "2022-01-18 09:12"),
        ("{{ number|mask:'id' }}", "530102********1234"),
        ("{{ n|thousands }}", "12,345"),
        ("{{ n|duration }}", "205 min 45 s"),
        ("{{ n|unlocal }}", "12345"),
    ],
)
def test_tags_and_filters(text: str, expected: str) -> None:
    page = show(
        text,
        m=Money(123450),
        none=None,
        d=date(2022, 1, 18),
        t=datetime(2022, 1, 18, 1, 12, tzinfo=UTC),
        kept="2022-01-18T01:12:00+00:00",
        number="530102199001011234",
        n=12345,
    )
    assert page == expected


def test_money_names_its_unit() -> None:
    assert ">1,234.50 yuan<" in show('<c-money :value="m" />', m=Money(123450))
    assert ">—<" in show('<c-money :value="m" />', m=None)


def test_a_page_head_without_actions_has_no_empty_corner() -> None:
    assert "head-acts" not in show('<c-page-head title="x">\n</c-page-head>')
    assert "head-acts" in show('<c-page-head title="x"><a>Go</a></c-page-head>')


def test_an_unknown_icon_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        icons.icon("nothing")
    assert 'aria-label="Close &lt;x&gt;"' in icons.icon("cross", "Close <x>")


def test_toasts_travel_in_a_header() -> None:
    response = markup.toast(HttpResponse(), "已保存", "done")
    assert "\\u5df2" in response["HX-Trigger"] and '"tone": "done"' in response["HX-Trigger"]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_templates_need_no_inline_code_or_style(template: Path) -> None:
    text = template.read_text()
    assert not re.search(
        r"""\sstyle\s*=|\son[a-z]+\s*=\s*["']|hx-on|javascript:|<style|hx-vals=['"]js:""", text
    )
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)


def gallery_page(query: str = "") -> str:
    request: Any = RequestFactory().get(f"/{query}")
    request.session = {}
    with override("en"):
        context = {"shell": gallery._shell(), "w": gallery.WORDS, "form": gallery.SampleForm()}
        return Template('{% extends "base.html" %}').render(Context({**context, "request": request}))


def test_the_frame_weighs_little() -> None:
    page = gallery_page()
    assert len(page) < 30_000
    linked = re.findall(r'(?:src|href)="/static/(kernel/[^"]+)"', page)
    own = sum(Path(finders.find(name)).stat().st_size for name in linked)  # type: ignore[arg-type]
    library = Path(finders.find("django_htmx/htmx-2.min.js")).stat().st_size  # type: ignore[arg-type]
    assert own < 75_000 and len(page) + own + library < 150_000


def test_every_linked_file_exists() -> None:
    names = re.findall(
        r"{% static '([^']+)' %}", "".join(path.read_text() for path in KERNEL.glob("templates/**/*.html"))
    )
    assert names and all(finders.find(name) for name in names)
    assert staticfiles_storage.url("kernel/base.css")


def test_the_page_of_a_failed_program_needs_nothing() -> None:
    page = render_to_string("500.html")
    assert "程序出错了" in page and "Something went wrong" in page


def _luminance(colour: str) -> float:
    full = colour if len(colour) == 7 else "#" + "".join(c * 2 for c in colour[1:])
    parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TOKENS = dict(
    re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", (KERNEL / "static/kernel/base.css").read_text())
)
TEXT_PAIRS = [
    *[(tone, f"{tone}-wash") for tone in ("done", "wait", "warn", "no", "off")],
    *[(tone, "card") for tone in ("done", "wait", "warn", "no", "red", "red-deep")],
    *[(ink, ground) for ink in ("ink", "soft") for ground in ("paper", "card", "hover")],
    ("red-deep", "red-wash"),
    ("ink", "red-wash"),
    ("soft", "off-wash"),
    ("card", "red"),
    ("card", "red-deep"),
]


@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_can_be_read(ink: str, ground: str) -> None:
    assert contrast(TOKENS[ink], TOKENS[ground]) >= 4.5


@pytest.mark.parametrize("ground", ["card", "paper"])
def test_controls_can_be_seen(ground: str) -> None:
    assert contrast(TOKENS["edge"], TOKENS[ground]) >= 3
    assert contrast(TOKENS["red"], TOKENS[ground]) >= 3

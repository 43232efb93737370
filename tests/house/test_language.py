"""Chinese first, English complete: every label is translated, and no Chinese text escapes translation."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Message
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from .floors import PACKAGE

CHINESE = re.compile(r"[\u3400-\u9fff]")
GETTEXT = {
    "_",
    "gettext",
    "gettext_lazy",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
    "gettext_noop",
}
IN_TEMPLATE = re.compile(r"""gettext\((u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")
HALF_WIDTH = re.compile(r"[\u3400-\u9fff][,;:!?]|[\u3400-\u9fff]\(|\)[\u3400-\u9fff]")
#: Modules that are Chinese by nature: data with both languages beside each other, and what reads Chinese.
BILINGUAL = re.compile(
    r"(kernel/(money|surnames|pinyin|text|identity)|kernel/web/gallery.*|registry/roster/.*|config/demo.*"
    r"|.*_zh|config/cli|reporting/formdefs|.*/commands/demo)\.py$|kernel/templates/(500|kernel/gallery)\.html$"
)
SOURCES = [p for p in sorted(PACKAGE.glob("*/**/*.py")) if "migrations" not in p.parts]
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def python_texts(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(text, translated?, line) of every Chinese string literal but docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    translated, docstrings = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            if called in GETTEXT:
                translated |= {id(part) for argument in node.args for part in ast.walk(argument)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            docstrings.add(id(node.value))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)) or id(node) in docstrings:
            continue
        if CHINESE.search(node.value):
            yield node.value, id(node) in translated, node.lineno


def template_texts(path: Path) -> list[str]:
    return [
        ast.literal_eval(found) for found in IN_TEMPLATE.findall(templatize(path.read_text(encoding="utf-8")))
    ]


def messages(app: str) -> list[Message]:
    """The translated messages of an app's catalogue, without its header."""
    file = PACKAGE / app / "locale/en/LC_MESSAGES/django.po"
    if not file.exists():
        return []
    with file.open("rb") as stream:
        return [m for m in read_po(stream) if m.id and m.string and not m.fuzzy]


def source(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def english(app: str) -> dict[str, Any]:
    return {source(message): message.string for message in messages(app)}


CATALOGUES = {app.name: english(app.name) for app in PACKAGE.iterdir() if (app / "apps.py").exists()}
ALL_ENGLISH = {text for catalogue in CATALOGUES.values() for text in catalogue}


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_python_texts_are_translated(path: Path):
    for text, translated, line in python_texts(path):
        if translated:
            assert text in ALL_ENGLISH, f"{label(path)}:{line} has no English: {text}"
        else:
            assert BILINGUAL.search(label(path)), f"{label(path)}:{line} is Chinese outside gettext: {text}"


@pytest.mark.parametrize("path", TEMPLATES, ids=label)
def test_template_texts_are_translated(path: Path):
    texts = template_texts(path)
    missing = [text for text in texts if CHINESE.search(text) and text not in ALL_ENGLISH]
    assert not missing
    if BILINGUAL.search(label(path)):
        return
    bare = re.sub(
        r"\{%\s*blocktrans(?:late)?.*?endblocktrans(?:late)?\s*%\}",
        "",
        path.read_text(encoding="utf-8"),
        flags=re.S,
    )
    bare = re.sub(r"\{%.*?%\}|\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}", "", bare, flags=re.S)
    assert not [line for line in bare.splitlines() if CHINESE.search(line) and 'lang="zh' not in line]


@pytest.mark.parametrize("app", sorted(CATALOGUES))
def test_catalogue_is_sound(app: str):
    """Placeholders survive translation, English holds no Chinese, Chinese uses its own punctuation."""
    for source, target in CATALOGUES[app].items():
        texts = [target] if isinstance(target, str) else list(target)
        for text in texts:
            assert not CHINESE.search(text) or source in ("中文",), f"Chinese in the English of: {source}"
            assert set(re.findall(r"%\(\w+\)[sd]", source)) == set(re.findall(r"%\(\w+\)[sd]", text)), source
        assert not HALF_WIDTH.search(re.sub(r"%\(\w+\)[sd]", "", source)), f"half-width punctuation: {source}"


def test_catalogues_agree():
    """At run time all catalogues are one: of two translations of a text, one would show everywhere."""
    said: dict[tuple[str | None, str], dict[str, str]] = {}
    for app in CATALOGUES:
        for message in messages(app):
            said.setdefault((message.context, source(message)), {})[app] = str(message.string)
    assert not {text: by_app for text, by_app in said.items() if len(set(by_app.values())) > 1}


def test_catalogues_hold_nothing_unused():
    used = {text for path in SOURCES for text, translated, _ in python_texts(path) if translated}
    used |= {text for path in TEMPLATES for text in template_texts(path)}
    used |= {text for path in SOURCES if BILINGUAL.search(label(path)) for text, _, _ in python_texts(path)}
    for app, catalogue in CATALOGUES.items():
        stale = [text for text in catalogue if CHINESE.search(text) and text not in used]
        assert not stale, f"{app}: {stale}"

"""What the import contract cannot see: relations, templates and url names also go down the floors."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.template.loader import get_template

from .floors import FLOOR, PACKAGE, app_of, may_use

TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
SOURCES = sorted(PACKAGE.glob("*/**/*.py"))
URL_NAMES = re.compile(r"""(?:\{%\s*url|reverse\(|reverse_lazy\(|redirect\()\s*["'](\w+):""")
INCLUDES = re.compile(r"""\{%\s*(?:include|extends)\s+["'](\w+)/""")


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_relations_go_down():
    wrong = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if model._meta.app_label in FLOOR and field.is_relation
        if not may_use(model._meta.app_label, field.related_model._meta.app_label)
    ]
    assert not wrong


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles_and_uses_what_is_below(path: Path):
    text = path.read_text(encoding="utf-8")
    relative = path.relative_to(PACKAGE / app_of(path) / "templates")
    get_template(str(relative))
    for used in (*INCLUDES.findall(text), *URL_NAMES.findall(text)):
        if used in FLOOR:
            assert may_use(app_of(path), used), f"{name(path)} uses {used}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_url_names_go_down(path: Path):
    for used in URL_NAMES.findall(path.read_text(encoding="utf-8")):
        if used in FLOOR:
            assert may_use(app_of(path), used), f"{name(path)} reverses {used}"

"""Templates with components, rendered from text."""

from typing import Any

from django.template import Context, Template
from django.utils.translation import override
from django_cotton.compiler_regex import CottonCompiler


def show(text: str, **context: Any) -> str:
    """The text as a template of the house would be shown in English."""
    with override("en"):
        return Template(CottonCompiler().process("{% load kit %}" + text)).render(Context(context))

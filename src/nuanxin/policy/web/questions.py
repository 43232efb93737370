"""Questions of the self-test as forms."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.web.forms import Form

from ..engine.asking import Question
from ..engine.texts import Text
from ..engine.types import Kind

LAYOUTS = {Kind.FLAG: "segments", Kind.CODE: ""}
YES_NO = [("true", _("是")), ("false", _("否"))]


def say(text: Text) -> str:
    """The words in the reader's language."""
    return text.in_(get_language() or "zh")


class QuestionForm(Form):
    """One question, or one row of a list. Values are checked by the engine, which knows their domains."""

    def __init__(self, questions: tuple[Question, ...], data: Any = None, **options: Any) -> None:
        self.questions = questions
        super().__init__(data, **options)
        self.units = {q.name: _("元") for q in questions if q.kind is Kind.MONEY}
        self.layouts = {q.name: LAYOUTS.get(q.kind, "field-short") for q in questions}
        for question in questions:
            self.fields[question.name] = _field(question, alone=len(questions) == 1)


def _field(question: Question, *, alone: bool) -> forms.Field:
    label = say(question.text if alone else question.title)
    choices = YES_NO if question.kind is Kind.FLAG else [(c, say(text)) for c, text in question.choices]
    if question.kind is Kind.FLAG or (question.kind is Kind.CODE and alone):
        return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)
    if question.kind is Kind.CODE:
        return forms.ChoiceField(label=label, choices=[("", "—"), *choices])
    kind = {"type": "date"} if question.kind is Kind.DATE else {"inputmode": "decimal"}
    if question.kind is Kind.COUNT:
        kind = {"inputmode": "numeric"}
    return forms.CharField(
        label=label, max_length=30, widget=forms.TextInput({**kind, "autocomplete": "off"})
    )

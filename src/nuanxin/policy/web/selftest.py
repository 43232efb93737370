"""The self-test as pages: one question at a time, the answers travel in the form, nothing is kept."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in

from ..engine.asking import BadAnswer, Question, Step
from ..engine.tree import Fact
from ..engine.types import Kind
from ..engine.writing import write
from ..interview import Interview, interview, programmes
from .questions import QuestionForm, say
from .result import Result

MOST_STATE = 40_000  # characters of all answers together
Answers = dict[str, Any]


@signed_in
def selftests(request: HttpRequest) -> HttpResponse:
    """The programmes one can test oneself by."""
    found = programmes(_place(request), timezone.localdate())
    tests = [(pack.programme, say(pack.title), say(pack.source.document)) for pack in found]
    return render(request, "policy/selftests.html", {"tests": tests})


@signed_in
def selftest(request: HttpRequest, programme: str) -> HttpResponse:
    """The next question of a programme, or the outcome with its reasons."""
    held = interview(programme, _place(request), timezone.localdate())
    sitting = Sitting(held, _answers(held, request.POST.get("state", "")))
    sitting.take(request.POST)
    return render(request, "policy/selftest.html", {"test": sitting, "name": say(held.pack.title)})


def _place(request: HttpRequest) -> str:
    return request.GET.get("place") or scope.current().org_path


def _answers(held: Interview, state: str) -> Answers:
    """The answers as the form carried them; what is damaged starts anew."""
    try:
        found = json.loads(state[:MOST_STATE]) if state else {}
        for name, raw in found.items():
            held.answer(name, raw)
    except (ValueError, AttributeError, RecursionError):
        return {}
    return dict(found)


@dataclass
class Sitting:
    """Where someone stands: the answers so far, the next step, and the form to answer it with."""

    held: Interview
    answers: Answers
    rows: list[Answers] = field(default_factory=list)
    form: QuestionForm | None = None

    def __post_init__(self) -> None:
        self.step = self._step()

    def _step(self) -> Step:
        return self.held.step({name: self.held.answer(name, raw) for name, raw in self.answers.items()})

    def take(self, data: QueryDict) -> None:
        """Do what was asked for: next, skip, back, or add or remove a row; then show where that leads."""
        act, question = data.get("act", ""), self.step.question
        draft: Answers = {}
        if act == "back" and self.answers:
            name, raw = self.answers.popitem()
            draft = {name: raw}
        elif question and act == "skip":
            self.answers[question.name] = None
        elif question and act and question.kind is Kind.LIST:
            if not self.take_rows(question, data, act):
                return
        elif question and act == "next" and not self.take_value(question, data):
            return
        self.step = self._step()
        self.ask(draft)

    def take_value(self, question: Question, data: QueryDict) -> bool:
        """One figure; False leaves the form with what is wrong."""
        self.form = QuestionForm((question,), data)
        if self.form.is_valid():
            try:
                raw = self.form.cleaned_data[question.name]
                self.held.answer(question.name, raw)
            except BadAnswer as error:
                self.form.add_error(question.name, say(error.reason))
            else:
                self.answers[question.name] = raw
                return True
        return False

    def take_rows(self, question: Question, data: QueryDict, act: str) -> bool:
        """Rows added one by one; False while more may follow."""
        self.rows = _answers(self.held, data.get("rows", "")).get(question.name, [])
        if act.startswith("remove-") and act[7:].isdecimal():
            del self.rows[int(act[7:]) : int(act[7:]) + 1]
        typed = any(data.get(part.name) for part in question.fields)
        self.form = QuestionForm(question.fields, data if typed and act in ("add", "next") else None)
        if typed and act in ("add", "next") and not self.take_row(question):
            return False
        if act != "next":
            return False
        self.answers[question.name] = self.rows
        self.rows = []
        return True

    def take_row(self, question: Question) -> bool:
        assert self.form is not None
        if self.form.is_valid():
            row = {part.name: self.form.cleaned_data[part.name] for part in question.fields}
            try:
                self.held.answer(question.name, [*self.rows, row])
            except BadAnswer as error:
                at = error.name.rpartition(".")[2]
                self.form.add_error(at if at in row else None, say(error.reason))
            else:
                self.rows.append(row)
                self.form = QuestionForm(question.fields)
                return True
        return False

    def ask(self, draft: Answers) -> None:
        """The form of the next question, with what was answered before when one comes back to it."""
        question = self.step.question
        if question is None:
            return
        before = draft.get(question.name)
        if question.kind is Kind.LIST:
            self.rows, self.form = list(before or []), QuestionForm(question.fields)
        else:
            self.form = QuestionForm((question,), initial={question.name: before})

    # for the page

    @property
    def state(self) -> str:
        return json.dumps(self.answers, ensure_ascii=False)

    @property
    def rows_state(self) -> str:
        name = self.step.question.name if self.step.question else ""
        return json.dumps({name: self.rows}, ensure_ascii=False)

    @property
    def is_list(self) -> bool:
        return self.step.question is not None and self.step.question.kind is Kind.LIST

    @property
    def text(self) -> str:
        return say(self.step.question.text) if self.step.question else ""

    @property
    def total(self) -> int:
        """The most questions there will be."""
        return self.step.asked + 1 + self.step.left

    @property
    def shown_rows(self) -> list[str]:
        """The rows so far, each in one line."""
        question = self.step.question
        assert question is not None
        fields = self.held.pack.facts[question.name].fields
        rows = self.held.answer(question.name, self.rows)
        return [" · ".join(self.shown(part, row[part.name]) for part in fields) for row in rows]

    def shown(self, part: Fact, value: Any) -> str:
        language = get_language() or "zh"
        text = write(value, part.type, self.held.pack.labels(part.type.codes), language)
        return f"{say(part.title)} {text}"

    @property
    def result(self) -> "Result | None":
        return Result.of(self.step.outcome) if self.step.outcome else None

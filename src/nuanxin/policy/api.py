"""API operations of policy: the self-test, one question at a time. Nothing of it is kept."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Router, Schema

from nuanxin.kernel import scope
from nuanxin.kernel.access import signed_in
from nuanxin.kernel.refusal import Refused

from .engine.asking import BadAnswer, Outcome, Question, Step
from .engine.texts import Text
from .interview import interview, programmes

router = Router()


class TextOut(Schema):
    zh: str
    en: str


class ProgrammeOut(Schema):
    """A programme one can test oneself by, and the rule in force for it."""

    programme: str
    title: TextOut
    document: TextOut


class ChoiceOut(Schema):
    code: str
    label: TextOut


class QuestionOut(Schema):
    """What to ask. `kind` is money (yuan), number, count, flag, date, code (`choices`) or list (`fields`)."""

    name: str
    text: TextOut
    title: TextOut
    kind: str
    choices: list[ChoiceOut]
    fields: list["QuestionOut"]


class BenefitOut(Schema):
    """`amount` in yuan; null while something it needs is unknown."""

    code: str
    title: TextOut
    amount: str | None


class OutcomeOut(Schema):
    """Where the questions ended. `favourable` is null while the decision waits for `find_out`.

    `noted` is what an officer will check besides. `explanation` is the full account, clause by clause.
    """

    favourable: bool | None
    result: str
    result_title: TextOut
    sentence: TextOut
    benefits: list[BenefitOut]
    find_out: list[TextOut]
    noted: list[TextOut]
    explanation: dict[str, Any]


class StepOut(Schema):
    """The next question or the outcome; `left` is the most questions that may follow this one."""

    asked: int
    left: int
    question: QuestionOut | None
    outcome: OutcomeOut | None


class AnswersIn(Schema):
    """The answers so far by name: null where the answer is not known, a list as rows of names and values.

    `place` is the code or path of an organisation, else that of the post; `day` is today when left out.
    """

    place: str = ""
    day: date | None = None
    answers: dict[str, Any] = {}


@router.get("/self-test/", response=list[ProgrammeOut])
@signed_in
def self_tests(request: HttpRequest, place: str = "") -> list[dict[str, Any]]:
    """The programmes one can test oneself by at a place."""
    found = programmes(place or scope.current().org_path, timezone.localdate())
    return [
        {
            "programme": pack.programme,
            "title": _text(pack.title),
            "document": _text(pack.source.document),
        }
        for pack in found
    ]


@router.get("/self-test/{programme}", response=StepOut)
@signed_in
def first_question(
    request: HttpRequest, programme: str, place: str = "", day: date | None = None
) -> dict[str, Any]:
    """The first question of a programme's self-test."""
    return _step(programme, AnswersIn(place=place, day=day))


@router.post("/self-test/{programme}", response=StepOut)
@signed_in
def next_question(request: HttpRequest, programme: str, body: AnswersIn) -> dict[str, Any]:
    """The question after these answers, or the outcome."""
    return _step(programme, body)


def _step(programme: str, body: AnswersIn) -> dict[str, Any]:
    held = interview(programme, body.place or scope.current().org_path, body.day or timezone.localdate())
    try:
        answers = {name: held.answer(name, raw) for name, raw in body.answers.items()}
    except BadAnswer as error:
        reason = error.reason.in_(get_language() or "zh")
        raise Refused(reason, code="bad_answer", field=error.name) from None
    return _step_out(held.step(answers))


def _step_out(step: Step) -> dict[str, Any]:
    return {
        "asked": step.asked,
        "left": step.left,
        "question": _question(step.question) if step.question else None,
        "outcome": _outcome(step.outcome) if step.outcome else None,
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "text": _text(question.text),
        "title": _text(question.title),
        "kind": str(question.kind),
        "choices": [{"code": code, "label": _text(label)} for code, label in question.choices],
        "fields": [_question(part) for part in question.fields],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    told = outcome.explanation
    return {
        "favourable": outcome.favourable,
        "result": told.result,
        "result_title": _text(told.result_title),
        "sentence": _text(told.sentence),
        "benefits": [
            {
                "code": due.code,
                "title": _text(due.title),
                "amount": None if due.amount is None else str(due.amount.to_yuan()),
            }
            for due in told.benefits
        ],
        "find_out": _texts(outcome.find_out),
        "noted": _texts(outcome.noted),
        "explanation": told.to_json(),
    }


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _texts(texts: Sequence[Text]) -> list[dict[str, str]]:
    return [_text(text) for text in texts]

"""The forms by which a federation makes its own version of a programme, without writing YAML."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.web.forms import Form, Group

from ..engine.texts import Text
from ..programmes import Document, Field, Limit, Programme
from .programme_words import ANSWERS
from .showing import FUNDS

#: Rows for new questions and documents; more come with every saving.
EXTRA = 2


class ProgrammeForm(Form):
    """What a version says of itself, its way and its money."""

    groups = [
        Group(_("名称"), ["title", "title_en", "about", "about_en"]),
        Group(_("有效期"), ["valid_from", "valid_to"]),
        Group(_("办理"), ["route", "visit", "consent", "validity_months"]),
        Group(_("资金"), ["funds", "limit"]),
    ]

    title = forms.CharField(label=_("项目名称"), max_length=60)
    title_en = forms.CharField(label=_("英文名称"), max_length=100, required=False)
    about = forms.CharField(label=_("项目说明"), max_length=300, widget=forms.Textarea, required=False)
    about_en = forms.CharField(label=_("英文说明"), max_length=500, widget=forms.Textarea, required=False)
    valid_from = forms.DateField(label=_("施行日期"))
    valid_to = forms.DateField(
        label=_("停止施行日期"), required=False, help_text=_("从这一天起不再施行；留空为长期。")
    )
    route = forms.ChoiceField(label=_("办理路线"))
    visit = forms.BooleanField(label=_("须入户调查"), required=False)
    consent = forms.BooleanField(label=_("须签署家庭经济状况核查授权"), required=False)
    validity_months = forms.IntegerField(
        label=_("决定有效的月数"), min_value=1, max_value=120, required=False
    )
    funds = forms.MultipleChoiceField(
        label=_("可用资金"), choices=list(FUNDS.items()), widget=forms.CheckboxSelectMultiple
    )
    limit = MoneyFormField(label=_("每次上限（元）"), required=False, help_text=_("留空则用地区标准。"))

    def __init__(self, *args: Any, base: Programme, routes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(routes)
        self.fields["route"].choices = list(({base.route: base.route} | known).items())  # type: ignore[attr-defined]
        if base.outcome != "award":
            del self.fields["funds"]
        if base.limit is None:
            del self.fields["limit"]
        elif not base.limit.standard:
            self.fields["limit"].required = True
            self.fields["limit"].help_text = ""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = data.get("valid_from"), data.get("valid_to")
        if start and end and end <= start:
            self.add_error("valid_to", _("停止施行日期须晚于施行日期。"))
        return data


class FieldForm(Form):
    """A question. One that answers a fact of the policy pack keeps its type and cannot be left out."""

    code = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    zh = forms.CharField(label=_("题目"), max_length=100)
    en = forms.CharField(label=_("英文题目"), max_length=150, required=False)
    help = forms.CharField(label=_("填写说明"), max_length=300, required=False)
    type = forms.ChoiceField(label=_("类型"), choices=list(ANSWERS.items()), required=False)
    options = forms.CharField(
        label=_("选项"),
        required=False,
        widget=forms.Textarea,
        help_text=_("只用于“选择一项”，每行一个选项。"),
    )
    needed = forms.BooleanField(label=_("必填"), required=False)
    drop = forms.BooleanField(label=_("删去这个问题"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fact = bool((self.initial or {}).get("fact"))
        if self.fact:
            for name in ("type", "options", "drop"):
                del self.fields[name]
        elif not self.initial:
            del self.fields["drop"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.fact or data.get("drop"):
            return data
        lines = [line.strip() for line in (data.get("options") or "").splitlines() if line.strip()]
        data["lines"] = list(dict.fromkeys(lines))
        if data.get("type") == "code" and len(data["lines"]) < 2:
            self.add_error("options", _("请至少写两个选项，每行一个。"))
        return data


class DocumentForm(Form):
    """A paper to hand in."""

    code = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    zh = forms.CharField(label=_("材料名称"), max_length=100)
    en = forms.CharField(label=_("英文名称"), max_length=150, required=False)
    needed = forms.BooleanField(label=_("必交"), required=False)
    drop = forms.BooleanField(label=_("删去这份材料"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.initial:
            del self.fields["drop"]


Fields: "type[BaseFormSet[FieldForm]]" = formset_factory(FieldForm, extra=EXTRA, max_num=60, absolute_max=80)
Documents: "type[BaseFormSet[DocumentForm]]" = formset_factory(
    DocumentForm, extra=EXTRA, max_num=40, absolute_max=60
)


class OwnVersion:
    """The three forms of one page: the programme, its questions, its documents."""

    def __init__(self, data: Any, base: Programme, routes: Sequence[tuple[str, str]]) -> None:
        self.base = base
        self.programme = ProgrammeForm(data, base=base, routes=routes, initial=_initial(base))
        self.questions = Fields(data, prefix="q", initial=[_asked(field) for field in base.fields])
        self.papers = Documents(data, prefix="d", initial=[_paper(paper) for paper in base.documents])

    def is_valid(self) -> bool:
        return all([self.programme.is_valid(), self.questions.is_valid(), self.papers.is_valid()])

    def made(self, *, place: str, version: int) -> Programme:
        """The programme as the forms have it, for a place and with a number."""
        data = self.programme.cleaned_data
        base = self.base
        about = data["about"] and Text(data["about"], data["about_en"] or data["about"])
        limit = base.limit
        if data.get("limit"):
            limit = Limit(amount=data["limit"])
        return replace(
            base,
            version=version,
            place=place,
            title=Text(data["title"], data["title_en"] or data["title"]),
            about=about or None,
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            route=data["route"],
            visit=data["visit"],
            consent=data["consent"],
            validity_months=data["validity_months"],
            funds=tuple(data.get("funds") or ()),
            limit=limit,
            fields=self._fields(),
            documents=self._documents(),
        )

    def _fields(self) -> tuple[Field, ...]:
        before = {field.code: field for field in self.base.fields}
        made: list[Field] = []
        for form in self.questions:
            data = form.cleaned_data
            if data and not data.get("drop"):
                made.append(_field(data, before.get(data["code"]), _free("question", before, made)))
        return tuple(made)

    def _documents(self) -> tuple[Document, ...]:
        before = {paper.code: paper for paper in self.base.documents}
        made: list[Document] = []
        for form in self.papers:
            data = form.cleaned_data
            if data and not data.get("drop"):
                code = data["code"] if data["code"] in before else _free("paper", before, made)
                made.append(Document(code, Text(data["zh"], data["en"] or data["zh"]), data["needed"]))
        return tuple(made)


def _field(data: dict[str, Any], old: Field | None, free: str) -> Field:
    """The question of one row; options that were there keep their codes."""
    title = Text(data["zh"], data["en"] or data["zh"])
    told = old.help if old else None
    help_text = told if told and told.zh == data["help"] else Text(data["help"], data["help"])
    shown = help_text if data["help"] else None
    if old and old.fact:
        return replace(old, title=title, help=shown, required=data["needed"])
    options: tuple[tuple[str, Text], ...] = ()
    if data["type"] == "code":
        known = {text.zh: (code, text) for code, text in old.options} if old else {}
        codes = {code for code, _text in known.values()}
        new = (f"o{number}" for number in range(1, 1000) if f"o{number}" not in codes)
        options = tuple(known.get(line) or (next(new), Text(line, line)) for line in data["lines"])
    return Field(
        old.code if old else free, data["type"] or "text", title, shown, data["needed"], options, fact=False
    )


def _free(stem: str, before: dict[str, Any], made: Sequence[Field | Document]) -> str:
    """A code no part has yet."""
    taken = before.keys() | {part.code for part in made}
    return next(code for number in range(1, 1000) if (code := f"{stem}_{number}") not in taken)


def _initial(base: Programme) -> dict[str, Any]:
    return {
        "title": base.title.zh,
        "title_en": base.title.en,
        "about": base.about.zh if base.about else "",
        "about_en": base.about.en if base.about else "",
        "valid_from": base.valid_from,
        "valid_to": base.valid_to,
        "route": base.route,
        "visit": base.visit,
        "consent": base.consent,
        "validity_months": base.validity_months,
        "funds": base.funds,
        "limit": base.limit.amount if base.limit else None,
    }


def _asked(field: Field) -> dict[str, Any]:
    return {
        "code": field.code,
        "zh": field.title.zh,
        "en": field.title.en,
        "help": field.help.zh if field.help else "",
        "type": field.type,
        "options": "\n".join(text.zh for _code, text in field.options),
        "needed": field.required,
        "fact": field.fact,
    }


def _paper(paper: Document) -> dict[str, Any]:
    return {
        "code": paper.code,
        "zh": paper.title.zh,
        "en": paper.title.en,
        "needed": paper.required,
    }

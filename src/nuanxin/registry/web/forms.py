"""Forms of the registry."""

from collections import defaultdict
from typing import Any

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyFormField
from nuanxin.kernel.money import Money
from nuanxin.kernel.web.forms import SEARCH_FROM, Form, Group, ModelForm, SearchSelect
from nuanxin.records.models import Attachment
from nuanxin.records.services import attach
from nuanxin.registry import labels, queries, services
from nuanxin.registry.groups import may_see
from nuanxin.registry.models import Circumstance, Expense, Household, Person, RosterRow
from nuanxin.registry.roster.cells import number_text
from nuanxin.registry.roster.columns import SHEETS, Column, Kind
from nuanxin.registry.roster.problems import Problem
from nuanxin.registry.services.revealing import PURPOSES

from .divisions import DivisionField
from .tables import in_full, problems_of

#: Beyond so many unions a default is of no use: the rows name theirs.
MOST_UNIONS = 500


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST binds it as well, and shows what is missing."""
    return request.POST if request.method == "POST" else None


class RowForm(Form):
    """The cells of a staged row as typed: faulty ones first, each with what is wrong and what to do.

    A secret cell without fault is not shown: it stays as it is.
    """

    def __init__(self, row: RosterRow, data: Any = None) -> None:
        self.row = row
        self.spec = SHEETS[row.sheet]
        self.typed = {key: _text(cell) for key, cell in services.typed_cells(row).items()}
        self.against: dict[str, list[Problem]] = defaultdict(list)
        for problem in problems_of(row):
            self.against[problem.column].append(problem)
        shown = [c for c in self.spec.columns if not c.secret or c.key in self.against]
        super().__init__(data if data is not None else {c.key: self.typed.get(c.key, "") for c in shown})
        for column in shown:
            self.fields[column.key] = self._field(column)
        self.groups = [
            Group(_("需要更正的栏"), [c.key for c in shown if c.key in self.against]),
            Group(_("其他各栏"), [c.key for c in shown if c.key not in self.against]),
        ]
        if data is None:
            self._show_problems()

    def _field(self, column: Column) -> forms.Field:
        language = get_language() or "zh"
        typed = self.typed.get(column.key, "")
        field: forms.Field
        if column.kind in (Kind.CODE, Kind.FLAG):
            words = column.codes.labels(language) if column.codes else [str(_("是")), str(_("否"))]
            known = [typed, *words] if typed and typed not in words else words
            field = forms.ChoiceField(choices=[("", "——"), *((word, word) for word in known)])
        else:
            field = forms.CharField(max_length=500, strip=True)
            if column.secret:
                field.widget.attrs.update({"data-sensitive": "", "autocomplete": "off"})
        field.label, field.required = column.label(language), False
        warnings = [p for p in self.against.get(column.key, ()) if not p.is_error]
        field.help_text = " ".join(in_full(p) for p in warnings)
        return field

    def _show_problems(self) -> None:
        self.is_valid()
        for column in self.spec.columns:
            if column.key in self.fields:  # for the mark alone: a blank cell is judged by the importer
                self.fields[column.key].required = column.required
        for key, problems in self.against.items():
            for problem in problems:
                if problem.is_error and key in self.fields:
                    self.add_error(key, in_full(problem))

    def changed(self) -> dict[str, str]:
        """The cells whose text is another than was typed before."""
        return {key: value for key, value in self.cleaned_data.items() if value != self.typed.get(key, "")}


def _text(cell: Any) -> str:
    return number_text(cell) if isinstance(cell, float) else str(cell)


def _flag(field: forms.Field) -> forms.TypedChoiceField:
    """Yes, no or not known: an unknown fact is told apart from a no."""
    return forms.TypedChoiceField(
        label=field.label,
        required=False,
        choices=[("", _("不详")), ("true", _("是")), ("false", _("否"))],
        coerce=lambda value: value == "true",
        empty_value=None,
    )


class FactsForm(ModelForm):
    """What is common to the forms over a household's or person's facts: code lists, flags, version."""

    #: What is said of a change itself: since when it is so, who says it, what shows it.
    SAID = ("since", "source", "paper", "note")
    CHANGE = Group(_("这次修改"), SAID, help=_("修改前的情况会保留。"))

    version = forms.CharField(widget=forms.HiddenInput)
    since = forms.DateField(label=_("从哪天起"), required=False, initial=timezone.localdate)
    source = forms.ChoiceField(label=_("信息来源"), required=False, choices=Circumstance.Source.choices)
    paper = forms.FileField(label=_("凭证"), required=False)
    note = forms.CharField(label=_("说明"), required=False, max_length=200)

    def __init__(self, *args: Any, version: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version
        for name in self._meta.fields or ():
            self.fields[name].required = name == "residence"
            if not may_see(self.instance, name):  # what one may not see one does not change either
                del self.fields[name]
        for name in [n for n in self.fields if n in labels.LISTS and n != "residence"]:
            self.fields[name] = self._coded(name, self.fields[name])
        for name in [n for n, f in self.fields.items() if isinstance(f, forms.NullBooleanField)]:
            self.fields[name] = _flag(self.fields[name])
            value = getattr(self.instance, name)
            self.initial[name] = "" if value is None else str(value).lower()

    def _coded(self, name: str, field: forms.Field) -> forms.Field:
        if name == "other_causes":
            return forms.MultipleChoiceField(
                label=field.label, required=False, choices=labels.choices(name)[1:],
                widget=forms.CheckboxSelectMultiple,
            )  # fmt: skip
        choices = labels.choices(name)
        coded = forms.ChoiceField(label=field.label, required=False, choices=choices)
        if len(choices) >= SEARCH_FROM:
            coded.widget = SearchSelect(choices=choices)
        return coded

    def facts(self) -> dict[str, Any]:
        """The cleaned facts, without the version and what is said of the change."""
        return {
            key: self.cleaned_data[key] for key in self.cleaned_data if key not in ("version", *self.SAID)
        }

    def said(self, house: Household) -> dict[str, Any]:
        """As `services.change_facts` takes it; an uploaded paper is kept with the household."""
        data = self.cleaned_data
        paper = data["paper"]
        return {
            "since": data["since"],
            "source": data["source"] or Circumstance.Source.DECLARED,
            "note": data["note"],
            "evidence": attach(subject=house, category="other", upload=paper) if paper else None,
        }

    def _post_clean(self) -> None:
        """The instance stays as it is in the database; the service writes."""


class HouseholdForm(FactsForm):
    hukou_code = DivisionField()

    groups = [
        Group(
            _("居住"),
            [
                "address",
                "postcode",
                "hukou_division",
                "hukou_code",
                "residence",
                "housing",
                "floor_area",
                "homes",
            ],
        ),
        Group(_("人口和收入"), ["people", "annual_income", "other_income", "loss", "disaster_victim"]),
        Group(
            _("认定有关情况"),
            [
                "dibao_certificate",
                "vehicle",
                "business",
                "costly_schooling",
                "single_parent",
                "self_help",
                "zero_employment",
            ],
            help=_("不清楚的选“不详”，不要猜。"),
        ),
        Group(_("致困原因"), ["main_cause", "other_causes", "focus_group", "origin", "declared_class"]),
        Group(_("单位"), ["employer_nature", "employer_state", "industry"]),
        Group(_("备注"), ["remarks"]),
        FactsForm.CHANGE,
    ]
    units = {"annual_income": _("元"), "other_income": _("元"), "loss": _("元"), "floor_area": _("平方米")}

    class Meta:
        model = Household
        # consents are recorded one by one, with the signed paper
        fields = sorted(services.HOUSEHOLD_FIELDS - {"expenses_known", "consent_on"})

    def clean_other_causes(self) -> list[str]:
        causes = self.cleaned_data["other_causes"]
        if len(causes) > 3:
            raise forms.ValidationError(_("次要致困原因最多选三项。"))
        return causes


class PersonForm(FactsForm):
    groups = [
        Group(
            _("基本情况"),
            ["native_place", "id_expires_on", "ethnic", "political", "education", "marriage", "hukou"],
        ),
        Group(_("健康"), ["health", "disability_kind", "disability_level", "medical_insurance"]),
        Group(
            _("工作"),
            ["work_status", "employer", "contract_term", "started_work_on", "monthly_income", "model_worker"],
        ),
        Group(_("就学"), ["school", "school_entered", "school_years"]),
        Group(_("联系方式"), ["phone", "contact"], help=_("留空表示不变。")),
        FactsForm.CHANGE,
    ]
    units = {"monthly_income": _("元")}
    sensitive = ["phone", "contact"]

    phone = forms.CharField(label=_("手机"), required=False, max_length=30)
    contact = forms.CharField(label=_("其他联系方式"), required=False, max_length=60)
    native_place = forms.CharField(
        label=_("籍贯"), required=False, disabled=True, help_text=_("由身份证号前六位得出。")
    )

    class Meta:
        model = Person
        fields = sorted(services.PERSON_FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_see(self.instance, "id_mask"):
            self.fields["native_place"].initial = queries.native_place(self.instance) or _("不详")
        else:
            del self.fields["native_place"]

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        facts.pop("native_place", None)
        return facts | {name: facts[name] or None for name in ("phone", "contact")}


class MemberForm(Form):
    groups = [Group(_("新成员"), ["name", "id_number", "relation", "phone"])]
    sensitive = ["id_number", "phone"]

    name = forms.CharField(label=_("姓名"), max_length=60)
    id_number = forms.CharField(
        label=_("身份证号"), max_length=30, help_text=_("性别和出生日期由身份证号得出。")
    )
    relation = forms.ChoiceField(label=_("与户主关系"))
    phone = forms.CharField(label=_("手机"), required=False, max_length=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [choice for choice in labels.choices("relation") if choice[0] != "0"]
        self.fields["relation"].choices = offered  # type: ignore[attr-defined]


class CardForm(Form):
    groups = [Group(_("户主本人的银行卡"), ["card", "bank", "branch", "reason", "sure"])]
    sensitive = ["card"]

    card = forms.CharField(label=_("银行卡号"), max_length=40)
    bank = forms.CharField(label=_("开户银行"), max_length=60)
    branch = forms.CharField(label=_("开户网点"), max_length=100, required=False)
    reason = forms.CharField(label=_("更换原因"), max_length=200)
    sure = forms.BooleanField(
        label=_("已对照存折或卡片核对"), required=False, help_text=_("卡号校验不通过时须勾选。")
    )
    version = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if services.card_doubtful(data.get("card", "")) and not data.get("sure"):
            self.add_error(
                "card", _("银行卡号校验不通过，请逐位核对。确是存折账号等，请勾选下方的核对确认。")
            )
        return data


class ExpensesForm(Form):
    """A year's rigid spending, one amount and one evidence mark a kind."""

    version = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, household: Household, year: int, **kwargs: Any) -> None:
        rows = Expense.objects.filter(household=household, year=year).select_related("evidence")
        known = {expense.kind: expense for expense in rows}
        initial = kwargs.pop("initial", {})
        for kind in Expense.Kind.values:
            if kind in known:
                initial |= {kind: known[kind].amount, f"{kind}_evidenced": known[kind].evidenced}
            elif household.expenses_known:
                initial |= {kind: Money(0)}
        super().__init__(*args, initial=initial, **kwargs)
        self.units = dict.fromkeys(Expense.Kind.values, _("元"))
        for kind in Expense.Kind:
            self.fields[kind.value] = MoneyFormField(
                label=kind.label, min_value=Money(0), required=kind != Expense.Kind.OTHER
            )
            self.fields[kind.value].widget.attrs["class"] = "money"
            self.fields[f"{kind.value}_evidenced"] = forms.BooleanField(
                label=_("有票据或证明"), required=False
            )
            self.fields[f"{kind.value}_bill"] = self._bill(known.get(kind.value))
        names = [name for kind in Expense.Kind.values for name in (kind, f"{kind}_evidenced", f"{kind}_bill")]
        title = _("%(year)s 年刚性支出") % {"year": year}
        self.groups = [Group(title, names, help=_("没有的填 0。没有凭证的不计入。"))]

    @staticmethod
    def _bill(known: Expense | None) -> forms.FileField:
        kept = known.evidence if known else None
        text = _("已有：%(name)s。再上传即替换。") % {"name": kept.name} if kept else ""
        return forms.FileField(label=_("发票或收据"), required=False, help_text=text)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for kind in Expense.Kind.values:
            if data.get(f"{kind}_bill") and not data.get(kind):
                self.add_error(kind, _("上传了票据，请填写金额。"))
        return data

    def bills(self, house: Household) -> dict[str, Attachment]:
        """The uploaded bills by kind, kept with the household."""
        uploads = {kind: self.cleaned_data[f"{kind}_bill"] for kind in Expense.Kind.values}
        return {
            kind: attach(subject=house, category="bill", upload=upload)
            for kind, upload in uploads.items()
            if upload
        }

    def lines(self) -> dict[str, tuple[Money, bool]]:
        data = self.cleaned_data
        return {kind: (data[kind] or Money(0), data[f"{kind}_evidenced"]) for kind in Expense.Kind.values}


class RevealForm(Form):
    purpose = forms.ChoiceField(label=_("查看的目的"), choices=[("", "——"), *PURPOSES.items()])

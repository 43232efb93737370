"""What the columns of a union's own tables mean: told for a waiting file, changed and forgotten later."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.kernel.web.lists import BulkAction, ListPage
from nuanxin.kernel.web.tables import Column, DateColumn, Table
from nuanxin.registry import queries, services
from nuanxin.registry.importing.headings import own_words
from nuanxin.registry.models import ColumnMapping, Roster
from nuanxin.registry.permissions import IMPORT_ROSTER
from nuanxin.registry.roster.columns import SHEETS, SheetSpec
from nuanxin.registry.roster.survey import guess

from .answering import answer
from .forms import posted


class _Plain(forms.Select):
    """A short native select: a page has one for every column of the file."""


def _choices(spec: SheetSpec) -> list[tuple[str, Any]]:
    language = get_language() or "zh"
    mark = _("（必填）")
    named = [(c.key, f"{c.label(language)}{mark if c.required else ''}") for c in spec.columns]
    return [("", _("不用这一列")), *named]


class SheetForm(Form):
    """The columns of one sheet of a file, each beside a select of ours."""

    def __init__(self, sheet: dict[str, Any], kind: str, own: dict[str, Any], data: Any, prefix: str) -> None:
        self.sheet, self.kind = sheet, kind
        self.columns = sheet["columns"] if kind else []
        super().__init__(data, prefix=prefix)
        if not kind:
            return
        spec = SHEETS[kind]
        guessed = guess(spec, [column["heading"] for column in self.columns], own.get(kind))
        for at, column in enumerate(self.columns):
            self.fields[f"c{at}"] = forms.ChoiceField(
                label=column["heading"], required=False, choices=_choices(spec), widget=_Plain(),
                initial=guessed.get(column["heading"], ""),
            )  # fmt: skip

    def rows(self) -> list[tuple[dict[str, Any], forms.BoundField]]:
        """Each column with its select."""
        return [(column, self[f"c{at}"]) for at, column in enumerate(self.columns)]

    def chosen(self) -> dict[str, str]:
        """Heading → key."""
        return {column["heading"]: self.cleaned_data[f"c{at}"] for at, column in enumerate(self.columns)}

    def missing(self) -> list[str]:
        """The labels of required columns nothing stands for."""
        keys = {str(bound.value() or "") for _column, bound in self.rows()}
        language = get_language() or "zh"
        needed = [c for c in SHEETS[self.kind].columns if c.required] if self.kind else []
        return [column.label(language) for column in needed if column.key not in keys]

    def refuse_at(self, refusal: Refused) -> None:
        """Mark the selects a refusal speaks of."""
        _kind, _colon, key = (refusal.field or "").partition(":")
        for name, value in self.cleaned_data.copy().items():
            if key and value == key:
                self.add_error(name, str(refusal))
        if not key:
            self.add_error(None, str(refusal))


def _kinds(request: HttpRequest, sheets: list[dict[str, Any]]) -> list[str]:
    """Which of our sheets each sheet of the file is: as chosen, else as it looks."""
    asked = request.POST if request.method == "POST" else request.GET
    kinds = [asked.get(f"kind{at}", sheet["kind"]) for at, sheet in enumerate(sheets)]
    return [kind if kind in SHEETS else "" for kind in kinds]


def _sheet_choices() -> list[tuple[str, str]]:
    language = get_language() or "zh"
    return [("", str(_("不导入"))), *((spec.key, spec.label(language)) for spec in SHEETS.values())]


def _waiting(pk: int) -> Roster:
    """A roster whose file waits to be told what its columns mean."""
    roster = get_or_out_of_sight(queries.rosters(), pk=pk)
    if not (roster.file and roster.problem and roster.problem.get("sheets")):
        raise OutOfSight("registry.Roster", pk)
    return roster


@needs(IMPORT_ROSTER)
def match(request: HttpRequest, pk: int) -> HttpResponse:
    """The columns of the file with samples, each beside a select of ours; kept for the union."""
    roster = _waiting(pk)
    sheets = (roster.problem or {})["sheets"]
    kinds, own, data = _kinds(request, sheets), own_words(roster.org_id), posted(request)
    found = [
        SheetForm(sheet, kind, own, data, f"s{at}")
        for at, (sheet, kind) in enumerate(zip(sheets, kinds, strict=True))
    ]
    problem = ""
    if data is not None and all(form.is_valid() for form in found):
        try:
            services.map_columns(roster=roster, chosen=_chosen(found))
            return redirect("registry:roster", pk)
        except Refused as refusal:
            problem = str(refusal)
            for form in found:
                if form.kind and (refusal.field or "").startswith(f"{form.kind}:"):
                    form.refuse_at(refusal)
    context = {"roster": roster, "forms": found, "problem": problem, "choices": _sheet_choices()}
    return render(request, "registry/columns.html", context, status=422 if data is not None else 200)


def _chosen(found: list[SheetForm]) -> dict[str, dict[str, str]]:
    kinds = [form.kind for form in found if form.kind]
    if sorted(kinds) != sorted(SHEETS):
        raise Refused(_("请选定哪张表是家庭，哪张表是成员，各一张。"), code="sheets")
    return {form.kind: form.chosen() for form in found if form.kind}


class MappingTable(Table):
    main = "heading"
    sheet = Column(_("工作表"))
    heading = Column(_("文件中的列名"))
    column = Column(_("对应的栏目"))
    org = Column(_("单位"), orderable=False)
    staff = Column(_("经办人"), orderable=False)
    changed = DateColumn(_("更改日期"))

    def row_url(self, record: ColumnMapping) -> str:
        return reverse("registry:mapping", args=[record.pk])

    def render_sheet(self, record: ColumnMapping) -> str:
        return SHEETS[record.sheet].label(get_language() or "zh")

    def render_column(self, record: ColumnMapping) -> str:
        return dict(_choices(SHEETS[record.sheet])).get(record.column, record.column)


class Mappings(ListPage):
    permissions = (IMPORT_ROSTER,)
    title = _("列名对照")
    note = _("本单位自己的表头各指哪一栏。下次上传同样表头的文件时自动套用。")
    table_class = MappingTable
    unit = pgettext_lazy("unit", "条")
    empty_title = _("还没有列名对照")
    empty_text = _("在“花名册导入”里上传表头与模板不同的文件，逐列选定含义后，就保存在这里。")
    bulk_actions = (
        BulkAction("forget", _("忘记"), permission=IMPORT_ROSTER, confirm=_("要忘记选中的对照吗？")),
    )

    def get_queryset(self) -> QuerySet[ColumnMapping]:
        return ColumnMapping.objects.select_related("org", "staff").order_by("org", "sheet", "heading")

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return [{"label": _("花名册导入"), "url": reverse("registry:rosters")}]

    def bulk_forget(self, rows: QuerySet[ColumnMapping]) -> str:
        count = services.forget_mappings(mappings=list(rows.values_list("pk", flat=True)))
        return ngettext("已忘记 %(count)d 条。", "已忘记 %(count)d 条。", count) % {"count": count}


class MappingForm(Form):
    column = forms.ChoiceField(label=_("对应的栏目"), required=False)

    def __init__(self, mapping: ColumnMapping, data: Any) -> None:
        super().__init__(data, initial={"column": mapping.column})
        self.fields["column"].choices = _choices(SHEETS[mapping.sheet])  # type: ignore[attr-defined]


@needs(IMPORT_ROSTER)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what one heading means."""
    kept = get_or_out_of_sight(ColumnMapping.objects.all(), pk=pk)
    url = reverse("registry:mappings")

    def save(data: dict[str, Any]) -> str:
        services.change_mapping(mapping=kept, column=data["column"])
        return url

    return answer(request, kept.heading, MappingForm(kept, posted(request)), save, url, _("列名对照"))

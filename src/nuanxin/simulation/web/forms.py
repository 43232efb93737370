"""Forms: a scenario, a changed standard, a run, and one generated from each pack."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.orgs.models import Node
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.editing import Change, Editable, edit, editable
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.models import Pack

from .. import queries
from ..models import ChangedPack, Scenario, StandardChange

#: The sections of a pack a form may change, in the order people think of them.
PARTS = {
    "parameters": gettext_lazy("参数"),
    "exclude": gettext_lazy("不予受理的情形"),
    "decide": gettext_lazy("认定条件"),
    "benefits": gettext_lazy("待遇和上限"),
    "let": gettext_lazy("计算口径"),
}
_DROP = "drop-"


def places() -> list[tuple[str, str]]:
    """The actor's own place and the prefectures and counties below it."""
    actor = scope.current()
    below = Node.objects.within(actor.org_path).filter(kind__in=[Node.Kind.PREFECTURE, Node.Kind.COUNTY])
    named = [(node.path, node.local_name) for node in below if node.path != actor.org_path]
    own = Node.objects.filter(path=actor.org_path).first()
    return [(actor.org_path, own.local_name), *named] if own else named


class ScenarioForm(Form):
    """A new scenario."""

    name = forms.CharField(
        label=gettext_lazy("方案名称"), max_length=60, help_text=gettext_lazy("例如：低保标准提高一成。")
    )
    day = forms.DateField(
        label=gettext_lazy("基准日"),
        initial=timezone.localdate,
        help_text=gettext_lazy("从这一天生效的政策包和标准出发。"),
    )
    note = forms.CharField(label=gettext_lazy("说明"), widget=forms.Textarea, max_length=1000, required=False)


class NameForm(Form):
    """The name of a copy."""

    name = forms.CharField(label=gettext_lazy("新方案名称"), max_length=60)


class StandardForm(Form):
    """A standard raised, lowered or fixed."""

    layouts = {"how": "segments", "by": "field-short"}

    code = forms.ChoiceField(label=gettext_lazy("标准"))
    residence = forms.ChoiceField(label=gettext_lazy("城乡"), choices=StandardChange.Residence.choices)
    place = forms.ChoiceField(label=gettext_lazy("地区"), required=False)
    how = forms.ChoiceField(
        label=gettext_lazy("改法"),
        choices=StandardChange.How.choices,
        widget=forms.RadioSelect,
        initial="percent",
    )
    by = forms.DecimalField(
        label=gettext_lazy("数值"),
        max_digits=14,
        decimal_places=4,
        help_text=gettext_lazy("提高 10% 填 10，降低填负数；固定值和增减额以元计。"),
    )

    def __init__(self, scenario: Scenario, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = {row.code: row.local_name for row in policy.standards_in_force(scenario.day).order_by("code")}
        self.choose("code", list(held.items()))
        self.choose("place", [("", _("整个测算范围")), *places()[1:]])

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_place(self) -> str | None:
        return self.cleaned_data["place"] or None


class RunForm(Form):
    """What to calculate a scenario over, and against which other."""

    second = forms.ModelChoiceField(
        Scenario.objects.none(),
        label=gettext_lazy("同时对照"),
        required=False,
        empty_label=gettext_lazy("只算这一个方案"),
    )
    place = forms.ChoiceField(label=gettext_lazy("测算范围"))
    day = forms.DateField(label=gettext_lazy("基准日"))

    def __init__(self, scenario: Scenario, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"day": scenario.day, "place": scenario.org_id} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        others = queries.scenarios().filter(org=scenario.org_id).exclude(pk=scenario.pk)
        self.fields["second"].queryset = others  # type: ignore[attr-defined]
        self.fields["place"].choices = places()  # type: ignore[attr-defined]


class PackForm(Form):
    """Everything of a pack a scenario may change: figures, conditions, formulas; clauses can be taken out.

    Always a form over the pack in force: what it gives are changes to that text.
    """

    def __init__(self, base: Pack, changed: ChangedPack | None, data: Any = None) -> None:
        self.base = base
        self.items = {item.path: item for item in editable(base.checked())}
        self.units = {item.path: _("元") for item in self.items.values() if item.kind == "money"}
        self.layouts = {path: "field-short" for path, item in self.items.items() if item.kind != "formula"}
        self.groups = [Group(title, self.names_of(part)) for part, title in PARTS.items()]
        self.held: Mapping[str, Any] = changed.changes if changed else {}
        super().__init__(data)
        for item in self.items.values():
            self.add(item)

    def names_of(self, part: str) -> list[str]:
        own = [item for item in self.items.values() if item.part == part]
        return [
            name for item in own for name in ((item.path, _DROP + item.entry) if item.entry else (item.path,))
        ]

    def add(self, item: Editable) -> None:
        """The field of one clause, and the box that takes it out."""
        title = item.title.in_(get_language() or "zh")
        widget = forms.Textarea if item.kind == "formula" else forms.TextInput
        field = forms.CharField(
            label=title,
            initial=self.held.get(item.path, item.text),
            max_length=2000,
            widget=widget,
        )
        if item.kind == "formula":
            field.widget.attrs.update({"rows": 2, "spellcheck": "false", "class": "formula"})
        else:
            field.widget.attrs["inputmode"] = "decimal"
        if item.path in self.held:
            field.help_text = _("现行：%(text)s") % {"text": item.text}
        self.fields[item.path] = field
        if item.entry:
            dropped = item.entry in self.held and self.held[item.entry] is None
            self.fields[_DROP + item.entry] = forms.BooleanField(
                label=_("取消这一条"), required=False, initial=dropped
            )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        self.given = self.changes()
        if not self.errors:
            try:
                self.text = edit(self.base.text, self.given, self.base.code)
            except PackError as error:
                self.blame(error, self.given)
        return found

    def held_text(self) -> str:
        """The pack as the scenario has it now."""
        return edit(self.base.text, self.held, self.base.code) if self.held else self.base.text

    def changes(self) -> dict[str, Change]:
        """What was typed that differs from the pack in force; an entry taken out is None."""
        made: dict[str, Change] = {}
        for item in self.items.values():
            typed = (self.cleaned_data.get(item.path) or "").replace("\r\n", "\n").strip()
            if item.entry and self.cleaned_data.get(_DROP + item.entry):
                made[item.entry] = None
            elif typed not in ("", item.text.strip()):
                made[item.path] = typed
        return made

    def blame(self, error: PackError, changes: Mapping[str, Change]) -> None:
        """Show the faults at the changes that cause them; those of several together above the form."""
        alone = False
        for path, change in changes.items():
            try:
                edit(self.base.text, {path: change}, self.base.code)
            except PackError as own:
                alone = True
                self.add_error(path if path in self.fields else _DROP + path, self.told(own))
        if not alone:
            self.add_error(None, self.told(error))

    def told(self, error: PackError) -> list[str]:
        language = get_language() or "zh"
        place = _("第 %(line)s 行第 %(column)s 列：%(reason)s")
        return [
            place % {"line": fault.at.line, "column": fault.at.column, "reason": fault.reason.in_(language)}
            for fault in error.faults
        ]

"""Forms over the life of a household, its facts in time, its consents, and requests between unions."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form, Group
from nuanxin.orgs.models import Node
from nuanxin.registry import groups, labels
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Circumstance, Consent, Household, Member

#: So many unions fit a list one can search; a federation above chooses its county first.
MOST = 2000


def unions(under: str | None = None) -> list[tuple[str, str]]:
    """The unions that keep households at or below a path, by default the actor's, as choices."""
    nodes = keepers(under if under is not None else scope.current().org_path)[:MOST]
    return [("", "——"), *((node.path, node.local_name) for node in nodes)]


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, initial=timezone.localdate)


class SaidForm(Form):
    """Since when something is so, who said it, and what shows it."""

    since = day_field(_("从哪天起"))
    source = forms.ChoiceField(label=_("信息来源"), choices=Circumstance.Source.choices)
    note = forms.CharField(label=_("说明"), required=False, max_length=200)


class ActForm(Form):
    """An act over a household with some of its members: who, what each is to the head, and why."""

    #: Whether everybody's relation to the new head is asked, or of those who are ticked alone.
    ask_all = False

    def __init__(self, *args: Any, members: Sequence[Member] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = members
        names = []
        for member in members:
            name = f"relation_{member.person_id}"
            label = _("%(name)s与新户主的关系") % {"name": groups.shown(member.person, "name")}
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=labels.choices("relation", self.blank)
            )
            names.append(name)
        if names:
            self.groups = [Group("", [n for n in self.fields if n not in names]), Group(self.asks, names)]

    asks: Any = _("与新户主的关系")
    blank: Any = "——"

    def relations(self) -> dict[int, str]:
        """What was chosen, by person."""
        told = {
            member.person_id: self.cleaned_data[f"relation_{member.person_id}"] for member in self.members
        }
        return {person: relation for person, relation in told.items() if relation}

    def person(self, name: str) -> Any:
        """The member chosen in a field."""
        chosen = self.cleaned_data[name]
        return next((m.person for m in self.members if str(m.person_id) == chosen), None)

    def choose(self, name: str, *, without: int | None = None) -> None:
        """Offer the members in a field."""
        people = [m.person for m in self.members if m.person_id != without]
        self.fields[name].choices = [  # type: ignore[attr-defined]
            ("", "——"), *((str(p.pk), groups.shown(p, "name")) for p in people)
        ]  # fmt: skip


class SplitForm(ActForm):
    asks = _("一起分出的成员与新户主的关系")
    blank = _("不分出")
    head = forms.ChoiceField(label=_("新户主"))
    since = day_field(_("分户日期"))
    address = forms.CharField(label=_("新户住址"), required=False, max_length=200)
    note = forms.CharField(label=_("原因"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("head")


class HeadForm(ActForm):
    head = forms.ChoiceField(label=_("新户主"))
    since = day_field(_("变更日期"))

    def __init__(self, *args: Any, former: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose("head", without=former)


class DeathForm(ActForm):
    """`dies_head`: the head died, so another one is asked for."""

    died_on = day_field(_("去世日期"))
    new_head = forms.ChoiceField(label=_("新户主"))
    note = forms.CharField(label=_("说明"), required=False, max_length=200)

    def __init__(self, *args: Any, dies_head: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if dies_head and self.members:
            self.choose("new_head")
        else:
            del self.fields["new_head"]

    def new_head_person(self) -> Any:
        return self.person("new_head") if "new_head" in self.fields else None


class MergeForm(ActForm):
    """Into which household the members move; its number stands in its page's head."""

    kept = forms.IntegerField(label=_("并入的家庭编号"), min_value=1, help_text=_("见该户页面抬头。"))
    since = day_field(_("并户日期"))
    note = forms.CharField(label=_("原因"), max_length=200)


class MoveForm(Form):
    union = forms.ChoiceField(label=_("迁入的工会"))
    note = forms.CharField(label=_("原因"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["union"].choices = unions()  # type: ignore[attr-defined]


class EndForm(Form):
    because = forms.ChoiceField(
        label=_("销户原因"),
        choices=[("", "——"), *((k, v) for k, v in Household.Ended.choices if k != Household.Ended.MERGED)],
    )
    since = day_field(_("销户日期"))
    note = forms.CharField(label=_("说明"), required=False, max_length=200)


class WhyForm(Form):
    note = forms.CharField(label=_("原因"), max_length=200)


class ConsentForm(Form):
    person = forms.ChoiceField(label=_("授权人"))
    kind = forms.ChoiceField(label=_("授权事项"), choices=[("", "——"), *Consent.Kind.choices])
    guardian = forms.ChoiceField(label=_("监护人"), required=False, help_text=_("未成年人由监护人签字。"))
    given_on = day_field(_("签字日期"))
    until = forms.DateField(label=_("有效期至"), required=False)
    paper = forms.FileField(label=_("签字材料"), required=False)

    def __init__(self, *args: Any, members: Sequence[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {str(member.person_id): member.person for member in members}
        offered = [("", "——"), *((key, groups.shown(person, "name")) for key, person in people.items())]
        for name in ("person", "guardian"):
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.people = people

    def facts(self) -> dict[str, Any]:
        data = {key: value for key, value in self.cleaned_data.items() if key != "paper"}
        return data | {name: self.people.get(data[name]) for name in ("person", "guardian")}


class AskForm(Form):
    sensitive = ["id_number"]
    id_number = forms.CharField(label=_("身份证号"), max_length=30)
    name = forms.CharField(label=_("姓名"), max_length=60)
    union = forms.ChoiceField(label=_("转入的基层工会"))
    reason = forms.CharField(label=_("原因"), max_length=300, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["union"].choices = unions()  # type: ignore[attr-defined]


class OfferForm(Form):
    county = forms.ChoiceField(label=_("对方县级总工会"))
    reason = forms.CharField(label=_("原因"), max_length=300, widget=forms.Textarea)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        low, high = scope.current().scope
        counties = Node.objects.filter(kind=Node.Kind.COUNTY, active=True)
        offered = counties.exclude(path__gte=low, path__lt=high).select_related("parent").order_by("path")
        self.fields["county"].choices = [  # type: ignore[attr-defined]
            ("", "——"),
            *(
                (node.path, f"{node.parent.local_name} · {node.local_name}")
                for node in offered
                if node.parent
            ),
        ]


class AnswerForm(Form):
    """What the other side answers, with the union when it takes a household; or why it is withdrawn."""

    union = forms.ChoiceField(label=_("转入的基层工会"), required=False)
    answer = forms.CharField(
        label=_("答复"), required=False, max_length=300, widget=forms.Textarea,
        help_text=_("拒绝时须写明原因。"),
    )  # fmt: skip

    def __init__(self, *args: Any, under: str, names_union: bool, answers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not answers:
            self.fields["answer"].label, self.fields["answer"].help_text = _("撤回的原因"), ""
        if names_union:
            self.fields["union"].choices = unions(under)  # type: ignore[attr-defined]
        else:
            del self.fields["union"]

"""Acts over the life of a household, one page each; and its facts as of any day."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.forms import Form
from nuanxin.records import services as records
from nuanxin.registry import groups, queries, services
from nuanxin.registry.models import Consent, Household
from nuanxin.registry.permissions import EDIT_HOUSEHOLD, SEE_HOUSEHOLD

from .act_forms import ConsentForm, DeathForm, EndForm, HeadForm, MergeForm, MoveForm, SplitForm, WhyForm
from .forms import HouseholdForm, PersonForm, posted


def _act(
    request: HttpRequest, house: Household, title: Any, form: Form, save: Callable[[Any], Any], note: Any = ""
) -> HttpResponse:
    """An act over a household: done, on to the household it leads to; refused, with the reason."""
    back = reverse("registry:household", args=[house.pk])
    if form.is_valid():
        try:
            with transaction.atomic():  # a refused act keeps no paper
                led_to = save(form)
            messages.success(request, _("已办理。"))
            return redirect("registry:household", led_to.pk if isinstance(led_to, Household) else house.pk)
        except Refused as refusal:
            form.refuse(refusal)
    whose = groups.shown(house.head, "name")
    context = {
        "title": title, "form": form, "back": back, "note": note, "whose": whose, "submit": _("确认办理"),
    }  # fmt: skip
    return render(request, "registry/act.html", context, status=422 if form.errors else 200)


def _live(pk: int) -> Household:
    return get_or_out_of_sight(queries.households(), pk=pk)


def _others(house: Household, *without: int) -> list[Any]:
    return [member for member in queries.members_of(house) if member.person_id not in without]


@needs(EDIT_HOUSEHOLD)
def split(request: HttpRequest, pk: int) -> HttpResponse:
    """Some members leave into a household of their own."""
    house = _live(pk)
    form = SplitForm(posted(request), members=_others(house, house.head_id))

    def save(form: SplitForm) -> Household:
        data = {name: form.cleaned_data[name] for name in ("since", "address", "note")}
        head = form.person("head")
        return services.split_household(household=house, head=head, relations=form.relations(), **data)

    note = _("一起分出的成员组成新的一户，其余的留在本户。现户主不能分出，须先变更户主。")
    return _act(request, house, _("分户"), form, save, note)


@needs(EDIT_HOUSEHOLD)
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """All members move into another household, and this one ends."""
    house = _live(pk)
    form = MergeForm(posted(request), members=_others(house))

    def save(form: MergeForm) -> Household:
        data = form.cleaned_data
        kept = queries.households().filter(pk=data["kept"]).first()
        if kept is None:
            raise Refused(_("您的范围内没有这一户。"), code="no_household", field="kept")
        told = form.relations()
        return services.merge_households(
            kept=kept, gone=house, relations=told, since=data["since"], note=data["note"]
        )

    note = _("本户的人全部并入另一户，本户随之销户，以前的记录都保留。")
    return _act(request, house, _("并到另一户"), form, save, note)


@needs(EDIT_HOUSEHOLD)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the household under another union in scope."""
    house = _live(pk)
    form = MoveForm(posted(request))
    note = _("迁到范围以外的，请用“转到别的县”。")
    return _act(
        request, house, _("迁移到另一工会"), form,
        lambda form: services.move_household(household=house, **form.cleaned_data), note,
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The household ends."""
    house = _live(pk)
    form = EndForm(posted(request))
    return _act(
        request, house, _("销户"), form,
        lambda form: services.end_household(household=house, **form.cleaned_data),
        _("这里已没有人居住时销户，成员关系到这一天为止；误销的可以恢复。"),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """A household ended by mistake lives again."""
    house = get_or_out_of_sight(queries.households(ended=True), pk=pk)
    form = WhyForm(posted(request))
    return _act(
        request, house, _("恢复户"), form,
        lambda form: services.reopen_household(household=house, note=form.cleaned_data["note"]),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def head(request: HttpRequest, pk: int) -> HttpResponse:
    """Another member becomes head."""
    house = _live(pk)
    form = HeadForm(posted(request), members=_others(house), former=house.head_id)

    def save(form: HeadForm) -> Household:
        person, since = form.person("head"), form.cleaned_data["since"]
        return services.change_head(household=house, head=person, relations=form.relations(), since=since)

    return _act(request, house, _("变更户主"), form, save, _("原户主的银行卡将取下，请登记新户主本人的卡。"))


@needs(EDIT_HOUSEHOLD)
def leave(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """A member lives there no more."""
    house = _live(pk)
    member = get_or_out_of_sight(queries.members_of(house), person_id=person)
    title = _("移出 %(name)s") % {"name": groups.shown(member.person, "name")}
    return _act(
        request, house, title, WhyForm(posted(request)),
        lambda form: services.remove_member(
            household=house, person=member.person, note=form.cleaned_data["note"]),
        _("此人不再住在这里、也不在别的户时移出；自成一户的，请用“分户”。"),
    )  # fmt: skip


@needs(EDIT_HOUSEHOLD)
def death(request: HttpRequest, pk: int, person: int) -> HttpResponse:
    """A member died; for a head, who follows."""
    house = _live(pk)
    member = get_or_out_of_sight(queries.members_of(house), person_id=person)
    dies_head = member.person_id == house.head_id
    others = _others(house, member.person_id) if dies_head else []
    form = DeathForm(posted(request), members=others, dies_head=dies_head)

    def save(form: DeathForm) -> None:
        data = {name: form.cleaned_data[name] for name in ("died_on", "note")}
        services.record_death(
            person=member.person, new_head=form.new_head_person(), relations=form.relations(), **data
        )

    title = _("登记 %(name)s 去世") % {"name": groups.shown(member.person, "name")}
    note = _("户籍关系和工会会籍到这一天为止。")
    if dies_head:
        note = _("户籍关系和工会会籍到这一天为止，户主由所选的成员接任；没有别的成员的，本户随之销户。")
    return _act(request, house, title, form, save, note)


@needs(EDIT_HOUSEHOLD)
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what somebody of the household agreed to, with the signed paper."""
    house = _live(pk)
    form = ConsentForm(posted(request), request.FILES or None, members=_others(house))

    def save(form: ConsentForm) -> None:
        paper = form.cleaned_data["paper"]
        kept = records.attach(subject=house, category="consent", upload=paper) if paper else None
        services.record_consent(household=house, evidence=kept, **form.facts())

    return _act(request, house, _("登记授权"), form, save)


@needs(EDIT_HOUSEHOLD)
def withdraw(request: HttpRequest, pk: int, row: int) -> HttpResponse:
    """Take a consent back."""
    house = _live(pk)
    given = get_or_out_of_sight(Consent.objects.filter(household=house), pk=row)
    return _act(
        request, house, _("撤回授权"), WhyForm(posted(request)),
        lambda form: services.withdraw_consent(consent=given, reason=form.cleaned_data["note"]),
    )  # fmt: skip


@needs(SEE_HOUSEHOLD)
def as_of(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole file as it held on a day."""
    house = get_or_out_of_sight(queries.households(ended=True), pk=pk)
    today = timezone.localdate()
    day = min(parse_date(request.GET.get("on", "")) or today, today)
    file = queries.file_as_of(house, day)
    natives = queries.native_places(
        member.person for member in file.members if groups.may_see(member.person, "id_mask")
    )
    context = {
        "house": house,
        "day": day,
        "today": today,
        "facts": _lines(file.facts, HouseholdForm),
        "people": [
            (
                member,
                groups.shown(member.person, "name"),
                natives.get(member.person_id, ""),
                _lines(file.of_members[member.person_id], PersonForm),
            )
            for member in file.members
        ],
    }
    return render(request, "registry/as_of.html", context)


@needs(SEE_HOUSEHOLD)
def fact(request: HttpRequest, pk: int, name: str, person: int | None = None) -> HttpResponse:
    """The history of one fact: what it was, when, by whose word and on what evidence."""
    house = get_or_out_of_sight(queries.households(ended=True), pk=pk)
    subject: Any = house
    if person is not None:
        subject = get_or_out_of_sight(queries.members_of(house), person_id=person).person
    known = services.HOUSEHOLD_FIELDS if person is None else services.PERSON_FIELDS
    if name not in known:
        get_or_out_of_sight(queries.households(), pk=-1)
    may_correct = scope.current().can(EDIT_HOUSEHOLD) and services.keeps_periods(subject, name)
    context = {
        "house": house,
        "name": name,
        "person": person,
        "may_correct": may_correct and groups.may_see(subject, name),
        "title": queries.name_of(type(subject), name),
        "whose": groups.shown(house.head if person is None else subject, "name"),
        "now": groups.shown(subject, name),
        "periods": [
            (period, queries.period_in_words(period)) for period in queries.periods_of(subject, name)
        ],
    }
    return render(request, "registry/fact.html", context)


def _lines(facts: Sequence[queries.FactAsOf], form: Any) -> list[tuple[Any, str, Any, str]]:
    """(what it is called, in words, the period that says so, the field), in the order of the form."""
    order = {name: place for place, name in enumerate(n for group in form.groups for n in group.names)}
    return [
        (queries.name_of(type(fact.subject), fact.name), queries.fact_in_words(fact), fact.period, fact.name)
        for fact in sorted(facts, key=lambda fact: order.get(fact.name, len(order)))
    ]

"""Pages of messages: the list, one message, letters on paper, the wordings, and what a person chose."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from nuanxin.kernel import scope
from nuanxin.kernel.access import needs
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.web.lists import BulkAction, ListPage, Tab
from nuanxin.records import queries as records
from nuanxin.records import services as trail
from nuanxin.records.words import say
from nuanxin.registry.groups import shown
from nuanxin.registry.models import Person

from .. import flow, labels, printing, queries, services
from ..guards import LETTER, TEXT
from ..models import Message
from ..permissions import MANAGE, SEE
from ..providers import Recording, provider
from ..wordings import book
from .forms import ChoiceForm
from .tables import MessageFilter, MessageTable

#: So many letters go on paper at once.
MOST_LETTERS = 200
_TO_POST = Q(state="waiting", channel=LETTER)
_TO_SEND = Q(state="waiting", channel=TEXT)
_NOT_OUT = Q(state__in=["held", "given_up"])
#: What an officer may do with one message, by the move of its flow.
_ACTS: dict[str, tuple[Callable[..., Message], str, Any]] = {
    "cancel": (services.cancel, "", _("已撤销，不再发送。")),
    "again": (services.again, "go", _("已重新排队发送。")),
    "post": (services.post, "go", _("已登记寄出。")),
}


class Messages(ListPage):
    permissions = (SEE,)
    title = _("短信和信函")
    template_name = "messaging/messages.html"
    table_class = MessageTable
    filterset_class = MessageFilter
    export_name = "messaging.messages"
    empty_title = _("没有短信和信函")
    empty_text = _("申请受理、补正、公示、审批、到账等事项会自动生成短信或信函。")
    bulk_actions = (
        BulkAction("print", _("打印信函"), permission=MANAGE),
        BulkAction("post", _("登记寄出"), permission=MANAGE, primary=True),
        BulkAction("again", _("重新发送"), permission=MANAGE),
    )

    def get_queryset(self) -> QuerySet[Message]:
        return queries.messages()

    def get_tabs(self) -> Sequence[Tab]:
        found = Message.objects.aggregate(
            post=Count("pk", filter=_TO_POST),
            failed=Count("pk", filter=_NOT_OUT),
            waiting=Count("pk", filter=_TO_SEND),
        )
        return (
            Tab("all", _("全部")),
            Tab("post", _("待寄信函"), found["post"]),
            Tab("failed", _("未发出"), found["failed"]),
            Tab("waiting", _("待发短信"), found["waiting"]),
            Tab("sent", _("已发送")),
        )

    def in_tab(self, rows: QuerySet[Message], key: str) -> QuerySet[Message]:
        chosen = {"post": _TO_POST, "failed": _NOT_OUT, "waiting": _TO_SEND}
        return rows if key == "all" else rows.filter(chosen.get(key, Q(state=key)))

    def get_actions(self) -> Sequence[dict[str, Any]]:
        return ({"label": _("通知内容"), "url": reverse("messaging:wordings")},)

    def get_context(self) -> dict[str, Any]:
        return {"recording": isinstance(provider(), Recording)}

    def bulk_print(self, rows: QuerySet[Message]) -> HttpResponse | str:
        letters = list(rows.filter(channel=LETTER).exclude(state="cancelled")[:MOST_LETTERS])
        if not letters:
            return gettext("所选的没有信函。")
        return _paper(letters, "letters.pdf")

    def bulk_post(self, rows: QuerySet[Message]) -> str:
        count = services.post_many(messages=rows)
        return gettext("已登记寄出 %(count)s 封。") % {"count": count}

    def bulk_again(self, rows: QuerySet[Message]) -> str:
        count = services.again_many(messages=rows)
        return gettext("已重新排队 %(count)s 条。") % {"count": count}


def _paper(letters: Sequence[Message], name: str) -> HttpResponse:
    """The letters as a PDF; recorded, for a paper goes out of the house."""
    response = HttpResponse(printing.pdf(letters), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    trail.note_each("messaging.printed", subjects={row: {} for row in letters})
    return response


def _find(pk: int) -> Message:
    return get_or_out_of_sight(queries.messages().select_related("recorded", "person", "employer"), pk=pk)


@needs(SEE)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: what it says, what became of it, and what may be done."""
    row = _find(pk)
    may = scope.current().can(MANAGE)
    context = {
        "message": row,
        "title": labels.title(row.wording),
        "tone": labels.STATE_TONES[row.state],
        "about": queries.about_url(row),
        "recorded": getattr(row, "recorded", None),
        "choice": queries.choice_of(row.person_id) if row.person_id else None,
        "may": may,
        "moves": [
            {"name": name, "label": flow.MESSAGE.moves[name].label, "tone": tone}
            for name, (_run, tone, _done) in _ACTS.items()
            if may
            and row.state in flow.MESSAGE.moves[name].sources
            and (name != "post" or row.channel == LETTER)
        ],
        "steps": [(entry, say(entry.action)) for entry in records.timeline(row)],
    }
    return render(request, "messaging/message.html", context)


def _moves(row: Message) -> list[dict[str, Any]]:
    """The acts offered on a message in its state; only letters are posted."""
    names = [name for name in _ACTS if name != "post" or row.channel == LETTER]
    moves = flow.MESSAGE.moves
    return [
        {"name": name, "label": moves[name].label, "tone": _ACTS[name][1]}
        for name in names
        if row.state in moves[name].sources
    ]


@needs(MANAGE)
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Send again, cancel, or mark as posted."""
    if name not in _ACTS:
        raise Http404(name)
    run, _tone, done = _ACTS[name]
    row = _find(pk)
    try:
        run(message=row)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)
    return redirect("messaging:message", pk=pk)


@needs(MANAGE)
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """A letter to be printed and posted."""
    row = get_or_out_of_sight(queries.messages().filter(channel=LETTER), pk=pk)
    return _paper([row], f"letter-{row.pk}.pdf")


@needs(SEE)
def wordings(request: HttpRequest) -> HttpResponse:
    """What people are told, in both languages."""
    context = {"wordings": book().messages.values(), "hours": book().hours, "reader": get_language() or "zh"}
    return render(request, "messaging/wordings.html", context)


@needs(MANAGE)
def choice(request: HttpRequest, pk: int) -> HttpResponse:
    """What a person said about texts."""
    person = get_or_out_of_sight(Person.objects.live(), pk=pk)
    known = queries.choice_of(pk)
    initial = {"texts": "yes" if known.texts else "no", "language": known.language} if known else None
    form = ChoiceForm(request.POST or None, initial=initial)
    if form.is_valid():
        services.choose(person=person, **form.cleaned_data)
        messages.success(request, _("短信意愿已登记。"))
        return redirect("messaging:messages")
    context = {"form": form, "person": person, "name": shown(person, "name"), "known": known}
    return render(request, "messaging/choice.html", context, status=422 if form.errors else 200)

"""What people are told by text and letter: when an application moves, money arrives, a family leaves.

Each message is named by what it tells of, so it is written once however often an event comes. What depends
on the day (visits, papers, the end of a taper) is written by a job, which may run as often as it likes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.db.models import DateField, F, Func, Prefetch, Q
from django.urls import reverse

from nuanxin.kernel.events import subscribe
from nuanxin.kernel.flow import Moved, MovedMany
from nuanxin.kernel.identity import mask_name
from nuanxin.kernel.sets import among
from nuanxin.messaging import queries as messaging
from nuanxin.messaging.services import Draft, write
from nuanxin.messaging.wordings import book
from nuanxin.payments.events import DuesSettled
from nuanxin.payments.models import Due
from nuanxin.policy.programmes import Programme

from . import programmes, queries
from .models import KEPT, Application, Award, Exit, Notice, Taper, Watch
from .permissions import SEE

#: The wording for each move of an application that the people are told of.
TOLD = {
    "submit": "application.received",
    "return": "application.papers",
    "send_back": "application.papers",
    "notice": "application.notice",
    "approve": "application.approved",
    "refuse": "application.refused",
}
#: So many messages of a day's work are worded at once.
CHUNK = 2000
#: A taper that was stopped is told of within so many days.
_STOPPED = timedelta(days=7)

messaging.opens(Application._meta.label, lambda pk: reverse("casework:application", args=[pk]), SEE)
messaging.opens(Award._meta.label, lambda pk: reverse("casework:award", args=[pk]), SEE)
messaging.opens(Exit._meta.label, lambda pk: reverse("casework:exit", args=[pk]), SEE)
messaging.opens(Watch._meta.label, lambda pk: reverse("casework:watch", args=[pk]), SEE)


@subscribe(Moved)
def tell_move(event: Moved) -> None:
    """An application moved, or an exit was approved."""
    _tell_moved(event.kind, event.action, (event.pk,))


@subscribe(MovedMany)
def tell_moves(event: MovedMany) -> None:
    """The same for many in one go."""
    _tell_moved(event.kind, event.action, event.pks)


def _tell_moved(kind: str, action: str, keys: Sequence[int]) -> None:
    if kind == Application._meta.label and action in TOLD:
        write(_of_applications(TOLD[action], keys))
    elif (kind, action) == (Exit._meta.label, "approve"):
        write(_of_exits(keys))


def _of_applications(wording: str, keys: Sequence[int]) -> Iterator[Draft]:
    rows = Application.objects.filter(among(keys)).defer("answers")
    rows = rows.select_related("household__head", "person", "employer", "org", "process")
    up = Notice.objects.filter(withdrawn=False).order_by("-pk")
    found = list(rows.prefetch_related(Prefetch("notices", up, to_attr="up")))
    of = programmes.of_many(found)
    for row in found:
        if whom := _whom(row, of[row.pk]):
            yield _draft(wording, _event(wording, row), row, row.pk, whom, _figures(row, of[row.pk]))


def _event(wording: str, row: Application) -> str:
    """What is told of once: the application, each return of it, each notice."""
    stage = row.process
    rounds = {
        "application.papers": f":{stage.round}" if stage else "",
        "application.notice": f":{stage.round}:{stage.position}" if stage else "",
    }
    return f"{wording}:{row.pk}{rounds.get(wording, '')}"


def _figures(row: Application, programme: Programme) -> dict[str, Any]:
    return {
        "programme": programme.title,
        "who": mask_name(row.who) if programme.subject == "child" else row.who,
        "day": row.decided_on or row.applied_on,
        "reason": row.refused_because or row.returned_because,
        "last": row.up[0].until - timedelta(days=1) if row.up else "",  # type: ignore[attr-defined]
        "money": row.amount,
    }


def _whom(row: Application, programme: Programme | None = None) -> dict[str, Any] | None:
    """To whom a message about an application goes: a child's is the family's, a unit has none."""
    if row.employer:
        return {"employer": row.employer_id, "name": row.employer.name}
    minor = programme is not None and programme.subject == "child"
    person = row.household.head if row.household and (minor or not row.person) else row.person
    return {"person": person.pk, "name": person.name} if person else None


def _draft(
    wording: str, event: str, row: Any, subject: int, whom: dict[str, Any], values: dict[str, Any]
) -> Draft:
    about = {"kind": row._meta.label, "subject": subject}
    return Draft(wording=wording, event=event, org=str(row.org_id), values=values, **about, **whom)


def _of_exits(keys: Sequence[int]) -> Iterator[Draft]:
    rows = Exit.objects.filter(among(keys), taper_months__gt=0)
    for row in rows.select_related("file__household__head"):
        values = {"day": row.decided_on, "months": row.taper_months}
        yield _draft("taper.begins", f"taper.begins:{row.pk}", row, row.pk, _head(row.file.household), values)


def _head(household: Any) -> dict[str, Any]:
    return {"person": household.head_id, "name": household.head.name}


@subscribe(DuesSettled)
def tell_paid(event: DuesSettled) -> None:
    """Money reached the card."""
    dues = Due.objects.filter(among(event.paid), source_kind=Award._meta.label)
    paid = {due.source: due for due in dues.only("source", "amount", "settled_on")}
    awards = Award.objects.filter(among(paid)).defer(*KEPT).select_related(
        "file__household__head", "application__household__head", "application__person",
        "application__employer",
    )  # fmt: skip
    told = (_of_award(award, paid[award.pk]) for award in awards.iterator(chunk_size=CHUNK))
    _write_all(draft for draft in told if draft)


def _of_award(award: Award, due: Due) -> Draft | None:
    whom = _whom(award.application) if award.application else _head(award.file.household)  # type: ignore[union-attr]
    if whom is None:
        return None
    values = {"title": award.title, "money": due.amount, "day": due.settled_on}
    return _draft("money.paid", f"money.paid:{due.pk}", award, award.pk, whom, values)


def remind(day: date) -> None:
    """Write what falls due soon: visits to who is watched, papers to follow money, tapers that end."""
    soon = day + book().ahead
    for drafts in (_visits(day, soon), _papers(day, soon), _tapers(day)):
        _write_all(drafts)


def _write_all(drafts: Iterable[Draft]) -> None:
    """However many, some at a time, so that memory stays flat."""
    left = iter(drafts)
    while chunk := list(islice(left, CHUNK)):
        write(chunk)


def _visits(day: date, soon: date) -> Iterable[Draft]:
    rows = Watch.objects.filter(until__isnull=True, next_on__range=(day, soon))
    for row in rows.select_related("household__head").iterator(chunk_size=CHUNK):
        event = f"visit.due:{row.pk}:{row.next_on}"
        yield _draft("visit.due", event, row, row.pk, _head(row.household), {"day": row.next_on})


def _papers(day: date, soon: date) -> Iterable[Draft]:
    rows = queries.papers_awaited().filter(papers_due_on__range=(day, soon))
    found = list(rows)
    of = programmes.of_many(found)
    for row in found:
        if whom := _whom(row, of[row.pk]):
            values = {"programme": of[row.pk].title, "day": row.papers_due_on}
            yield _draft("papers.due", f"papers.due:{row.pk}:{row.papers_due_on}", row, row.pk, whom, values)


class _Ends(Func):
    """The day after the last month of a taper."""

    template = "(%(expressions)s))::date"
    arg_joiner = " + make_interval(months => "
    output_field = DateField()


def _tapers(day: date) -> Iterable[Draft]:
    """Tapers in their last month, and those stopped lately."""
    last = queries.tapers_running(day).filter(begun=F("months"))
    stopped = Taper.objects.filter(stopped_on__gt=day - _STOPPED, stopped_on__lte=day)
    keys = Q(pk__in=last.order_by().values("pk")) | Q(pk__in=stopped.values("pk"))
    rows = Taper.objects.filter(keys).annotate(ends=_Ends(F("since"), F("months")))
    for row in rows.select_related("exit", "file__household__head").iterator(chunk_size=CHUNK):
        values = {"day": row.stopped_on or row.ends}
        event = f"taper.ends:{row.pk}"
        yield _draft("taper.ends", event, row.exit, row.exit_id, _head(row.file.household), values)

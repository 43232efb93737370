"""What a programme's pack says of applications: any number by one statement, one by the same."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from nuanxin.kernel import scope
from nuanxin.kernel.sets import among
from nuanxin.policy import queries as policy
from nuanxin.policy.programmes import Programme
from nuanxin.policy.queries import Explanation, Pack
from nuanxin.records import services as records

from .. import facts, keeping, programmes, relations, subjects
from ..models import FILING, KEPT, Application, Assessment
from ..permissions import APPLY, REVIEW
from . import double_aid
from .assessments import CHUNK, chunks, determine_and_keep

PREPARING = ("draft", "returned")


@transaction.atomic
def compute(
    *, applications: Iterable[int], as_of: date | None = None, known_on: date | None = None
) -> list[int]:
    """Determine applications still being prepared, by their programmes' packs, and keep the records.

    Each takes its new assessment and, as the amount proposed, what is due but no more than was asked;
    where no pack computes the programme, what was asked. What was submitted stays as it was. The keys of
    the records. Refused when no pack is in force.
    """
    actor = scope.current()
    if not actor.can(REVIEW):
        actor.require(APPLY)
    return compute_and_keep(applications=applications, as_of=as_of, known_on=known_on)


def compute_and_keep(
    *, applications: Iterable[int], as_of: date | None = None, known_on: date | None = None
) -> list[int]:
    """`compute` without asking for the permission: what follows from a change somebody else may make."""
    day = as_of or timezone.localdate()
    known_on = min(known_on or timezone.localdate(), timezone.localdate())
    rows = Application.objects.filter(among(applications), state__in=PREPARING).order_by("pk")
    made: list[int] = []
    for (code, _version), keys in _by_version(rows).items():
        if code == FILING:
            homes = rows.filter(among(keys)).values_list("household", flat=True)
            made += determine_and_keep(households=list(homes), as_of=day, known_on=known_on)
            continue
        programme = programmes.of(Application.objects.get(pk=keys[0]))
        for chunk in chunks(keys, CHUNK):
            made += _computed(programme, chunk, day, known_on)
    return made


def _by_version(rows: Any) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for pk, code, version in rows.values_list("pk", "programme", "programme_version"):
        found[code, version].append(pk)
    return found


def _computed(programme: Programme, keys: Sequence[int], day: date, known_on: date) -> list[int]:
    if not programme.pack:
        _propose(keys, "a.asked", "FROM (SELECT 1) made WHERE true")
        return []
    made = _determine(programme, keys, day, known_on)
    due = "CASE WHEN made.due > 0 THEN least(made.due, coalesce(a.asked, made.due)) END"
    joined = f"FROM {Assessment._meta.db_table} made WHERE made.id = ANY (%(made)s)"
    _propose(keys, due, f"{joined} AND made.application_id = a.id", ", assessment_id = made.id", made)
    kind, path = Assessment._meta.label, scope.current().org_path
    if made:
        records.note_many("assessment.made", kind=kind, pks=tuple(made), org_path=path)
    return made


def _propose(keys: Sequence[int], amount: str, source: str, more: str = "", made: Sequence[int] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Application._meta.db_table} a SET amount = {amount}, changed = %(now)s{more} {source}"
            " AND a.id = ANY (%(keys)s) AND a.state = ANY (%(states)s)",
            {
                "now": timezone.now(),
                "keys": list(keys),
                "made": list(made),
                "states": list(PREPARING),
            },
        )


def _determine(programme: Programme, keys: Sequence[int], day: date, known_on: date) -> list[int]:
    """One statement for each pack in force among the applications; the keys of the records made."""
    given = _given(programme, keys, day, known_on)
    carried = ["application", "household"]
    made: list[int] = []
    for pack, statement in policy.records_sql(programme.code, given.subjects, given.lists, day, carried):
        query = keeping.insert(Assessment, _columns(pack), "FROM made", "RETURNING id")
        made += keeping.run(statement, query, _values(programme, pack, day, known_on))
    return made


def _given(
    programme: Programme,
    keys: Sequence[int],
    day: date,
    known_on: date,
    said: Mapping[str, Any] | None = None,
) -> relations.Given:
    had = subjects.had_anywhere(programme, day.year, subjects.keys(keys))
    given = relations.of_applications(keys, programme, day, known_on, had, said)
    if any(
        double_aid.AIDED_BEFORE in row.checked().facts for row in policy.packs_in_force(day, programme.code)
    ):
        rows = Application.objects.filter(among(keys)).select_related("person")
        given = double_aid.with_aided_before(given, list(rows), day)
    return given


def _columns(pack: Pack) -> dict[str, str]:
    return {
        "org_path": "made.place",
        "programme": "%(programme)s",
        "application_id": "made.application",
        "household_id": "made.household",
        "as_of": "%(day)s::date",
        "known_on": "%(known_on)s::date",
        "pack": "%(pack)s",
        "pack_version": "%(version)s::integer",
        "pack_hash": "%(sha256)s",
        "result": "made.result",
        "monthly_per_head": "NULL::numeric",
        "due": keeping.due(pack),
        "staff_id": "%(staff)s::bigint",
        "created": "%(now)s::timestamptz",
        **{name: f"made.{name}" for name in KEPT},
    }


def _values(programme: Programme, pack: Pack, day: date, known_on: date) -> dict[str, Any]:
    return {
        "programme": programme.code,
        "day": day,
        "known_on": known_on,
        "pack": pack.code,
        "version": pack.version,
        "sha256": pack.sha256,
        "staff": scope.current().staff_id,
        "now": timezone.now(),
    }


def preview(*, application: Application, answers: Mapping[str, Any]) -> Explanation:
    """What the pack would say of an application with these answers (as kept); nothing is written.

    Refused when no pack is in force.
    """
    programme, today = programmes.of(application), timezone.localdate()
    given = _given(programme, [application.pk], today, today, said=answers)
    money = {field.code for field in programme.fields if field.type == "money"}
    found = facts.read(given, "subject", relations.MONEY | money)[application.pk]
    asides = {item.code: item.reason for item in application.overrulings.filter(agreed__isnull=False)}
    return policy.determine(programme.code, found.place, today, found.facts, asides)

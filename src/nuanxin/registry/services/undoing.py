"""Taking a roster back: what it brought goes, and what it changed stands as before.

Only as long as nothing was built on it. A job does it, in one transaction. What a commit wrote is told by
the row history, which carries the time of its transaction, and that time stands in the receipt.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused
from nuanxin.records import jobs
from nuanxin.records.jobs import Progress, told_aside
from nuanxin.records.models import Attachment
from nuanxin.registry import flow
from nuanxin.registry.models import (
    Circumstance,
    Expense,
    Household,
    Likeness,
    Member,
    Person,
    Roster,
    RosterRow,
)
from nuanxin.registry.permissions import IMPORT_ROSTER

from .rosters import locked

#: What a roster writes, in the order in which it can be deleted.
_WRITTEN: tuple[type[models.Model], ...] = (Expense, Member, Household, Person)
_EXAMPLES = 3
#: The states out of which a roster can be taken back.
_STATES = ("checked", "committed")


@transaction.atomic
def undo_roster(*, roster: Roster) -> Roster:
    """Queue the taking back of all commits of a roster; its receipts stay.

    What was built on it is found by the job, whose run then fails with count and examples: a file, an
    application, a visit, a consent, an attachment, a later change by hand or by another roster.
    """
    scope.current().require(IMPORT_ROSTER)
    roster = locked(roster, _STATES)
    if not _moments(roster):
        raise Refused(_("这份花名册没有可以撤销的入库。"), code="nothing_to_undo")
    run = jobs.start(
        "registry.undo_roster",
        title=_("撤销花名册入库 %(name)s") % {"name": roster.name[:80]},
        result_url=reverse("registry:roster", args=[roster.pk]),
        roster=roster.pk,
    )
    Roster.objects.filter(pk=roster.pk).update(job=run)
    roster.job = run
    return roster


def undo(roster_pk: int, actor: Actor, progress: Progress) -> None:
    """The work of the job, in one transaction; a second run finds nothing left to do."""
    with told_aside(progress) as tell, scope.acting(actor):
        undo_now(roster_pk, tell)
    # not told, only recorded with the end of the run: it is too late to stop
    steps = progress.values.get("total", 0)
    progress.values = {"done": steps, "total": steps}


@transaction.atomic
def undo_now(roster_pk: int, tell: Callable[[int, int], None] | None = None) -> None:
    """Take back all commits of a roster. Refused when anything was built on it.

    `tell(done, total)` is called between the steps; what it raises leaves everything as it is.
    """
    roster = Roster.objects.select_for_update().filter(pk=roster_pk, state__in=_STATES).first()
    if roster is None or not (moments := _moments(roster)):
        return
    steps = (_collect, _refuse_changed_later, _refuse_built_on, *_taking_back())
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for number, step in enumerate(steps):
                if tell is not None:
                    tell(number, len(steps))
                step(cursor, moments)
    except IntegrityError as error:
        raise Refused(_("已有别处的记录用到这批家庭，不能撤销。请逐户更正。"), code="built_on") from error
    RosterRow.objects.filter(roster=roster).delete()
    flow.ROSTER.fire(roster, "undo", undone=timezone.now(), ready=0, faulty=0, warned=0)


def _moments(roster: Roster) -> list[str]:
    """The times of its commits, or none when one of them was before they were kept."""
    moments = [receipt.get("moment") for receipt in roster.receipts]
    return [] if None in moments else moments


def _history(model: type[models.Model]) -> str:
    return apps.get_model("registry", f"{model.__name__}History")._meta.db_table


def _collect(cursor: Any, moments: list[str]) -> None:
    """What the commits wrote, in a temporary table: the row, the first time, and whether it was new."""
    parts = " UNION ALL ".join(
        f"SELECT '{model.__name__}' AS kind, pgh_obj_id AS id, min(pgh_created_at) AS moment,"
        f" bool_or(pgh_label = 'insert') AS new FROM {_history(model)}"
        " WHERE pgh_created_at = ANY (%(moments)s::timestamptz[]) GROUP BY pgh_obj_id"
        for model in _WRITTEN
    )
    cursor.execute(f"CREATE TEMPORARY TABLE roster_wrote ON COMMIT DROP AS {parts}", {"moments": moments})
    cursor.execute("ANALYZE roster_wrote")


def _refuse_changed_later(cursor: Any, moments: list[str]) -> None:
    _refuse(line for model in _WRITTEN if (line := _changed_later(cursor, model, moments)))


def _refuse_built_on(cursor: Any, moments: list[str]) -> None:
    found = []
    for model in (Household, Person):
        for link in model._meta.get_fields(include_hidden=True):
            if isinstance(link, models.ManyToOneRel) and (line := _built_on(cursor, model, link)):
                found.append(line)
        found += _attached(cursor, model)
    _refuse(found)


def _refuse(found: Iterable[str]) -> None:
    if what := "；".join(found):
        raise Refused(_("已有后续记录，不能撤销：%(what)s。请逐户更正。") % {"what": what}, code="built_on")


def _changed_later(cursor: Any, model: type[models.Model], moments: list[str]) -> str:
    cursor.execute(
        f"SELECT DISTINCT h.pgh_obj_id FROM {_history(model)} h JOIN roster_wrote w"
        f" ON w.kind = '{model.__name__}' AND w.id = h.pgh_obj_id"
        " WHERE h.pgh_created_at > w.moment AND h.pgh_created_at <> ALL (%s::timestamptz[])",
        [moments],
    )
    return _said(_("后来的更改"), model, [pk for (pk,) in cursor.fetchall()])


def _built_on(cursor: Any, model: type[models.Model], link: Any) -> str:
    """Rows of a table of any app that point at a new household or person; the roster's own do not count."""
    other = link.related_model
    if other in (*_WRITTEN, Circumstance) or other._meta.db_table.endswith("history"):
        return ""
    table, column = other._meta.db_table, link.field.column
    unless = " AND o.state <> 'open'" if other is Likeness else ""
    cursor.execute(
        f"SELECT o.id FROM {table} o JOIN roster_wrote w ON w.id = o.{column}"
        f" WHERE w.new AND w.kind = '{model.__name__}'{unless} ORDER BY o.id"
    )
    return _said(other._meta.verbose_name, other, [pk for (pk,) in cursor.fetchall()])


def _attached(cursor: Any, model: type[models.Model]) -> list[str]:
    cursor.execute(
        f"SELECT a.id FROM {Attachment._meta.db_table} a JOIN roster_wrote w ON w.id = a.subject"
        f" WHERE w.new AND w.kind = '{model.__name__}' AND a.kind = '{model._meta.label}'"
    )
    line = _said(_("附件"), Attachment, [pk for (pk,) in cursor.fetchall()])
    return [line] if line else []


def _said(what: Any, model: type[models.Model], keys: list[int]) -> str:
    """'2 x visit (He Jianguo, He Xiulan)', or nothing."""
    if not keys:
        return ""
    rows = model._default_manager.filter(pk__in=keys[:_EXAMPLES])
    return _("%(what)s %(count)s 条（%(names)s）") % {
        "what": what,
        "count": len(keys),
        "names": "、".join(map(_named, rows)),
    }


def _named(row: Any) -> str:
    """The head or person whom a row is about, or else its number."""
    for way in ("household", "person"):
        if getattr(row, f"{way}_id", None):
            return str(getattr(row, way))
    return str(row) if isinstance(row, Household | Person) else str(row.pk)


_Step = Callable[[Any, list[str]], None]


def _taking_back() -> list[_Step]:
    """The steps after which nothing of the commits is left, the tables in the order of their keys."""
    return [_forget_doubles, *(partial(_take_back, model) for model in _WRITTEN), _bring_periods_back]


def _forget_doubles(cursor: Any, moments: list[str]) -> None:
    cursor.execute(
        "DELETE FROM registry_likeness l USING roster_wrote w"
        " WHERE w.kind = 'Person' AND w.new AND w.id IN (l.left_id, l.right_id)"
    )


def _take_back(model: type[models.Model], cursor: Any, moments: list[str]) -> None:
    cursor.execute(
        f"DELETE FROM {model._meta.db_table} t USING roster_wrote w"
        f" WHERE w.kind = '{model.__name__}' AND w.new AND w.id = t.id"
    )
    cursor.execute(_restored(model))


def _bring_periods_back(cursor: Any, moments: list[str]) -> None:
    for statement in _PERIODS:
        cursor.execute(statement, {"moments": moments})
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    cursor.execute("DROP TABLE roster_wrote")


def _restored(model: type[models.Model]) -> str:
    """Bring the rows that were changed back to what the history says stood there before."""
    names = [f'"{field.column}"' for field in model._meta.concrete_fields if not field.primary_key]
    history = _history(model)
    return f"""
        UPDATE {model._meta.db_table} t SET {", ".join(f"{name} = b.{name}" for name in names)}
        FROM (SELECT DISTINCT ON (h.pgh_obj_id) h.* FROM {history} h
              JOIN roster_wrote w ON w.id = h.pgh_obj_id
              WHERE w.kind = '{model.__name__}' AND NOT w.new AND h.pgh_created_at < w.moment
              ORDER BY h.pgh_obj_id, h.pgh_id DESC) b
        WHERE t.id = b.pgh_obj_id
    """


_MINE = "n.created = ANY (%(moments)s::timestamptz[]) AND n.source = 'roster' AND n.replaced IS NULL"
_SAME = """
    n.fact = c.fact AND n.household_id = c.household_id AND n.person_id IS NOT DISTINCT FROM c.person_id
"""
_LIKE = """
    org_path, household_id, person_id, fact, value, since, until, source, evidence_id, note, staff_id, created
"""
#: The periods a commit began are replaced, and those it ended go on, as rows of their own: a period that was
#: closed is never opened again.
_PERIODS = (
    f"""
    CREATE TEMPORARY TABLE roster_ended ON COMMIT DROP AS
    SELECT DISTINCT c.* FROM registry_circumstance c JOIN registry_circumstance n ON {_SAME}
    WHERE {_MINE} AND n.until IS NULL AND c.created <> ALL (%(moments)s::timestamptz[])
      AND (c.replaced IS NULL AND c.until = n.since OR c.replaced = ANY (%(moments)s::timestamptz[]))
    """,
    """UPDATE registry_circumstance SET replaced = now()
       WHERE replaced IS NULL AND created = ANY (%(moments)s::timestamptz[])""",
    """UPDATE registry_circumstance SET replaced = now()
       WHERE replaced IS NULL AND id IN (SELECT id FROM roster_ended)""",
    f"""INSERT INTO registry_circumstance ({_LIKE})
        SELECT {_LIKE.replace("until", "NULL")} FROM roster_ended""",
    "DROP TABLE roster_ended",
)

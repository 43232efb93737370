"""Reads of the audit trail, jobs and attachments."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Model, Q, QuerySet

from nuanxin.kernel.sets import among

from .models import Attachment, Entry, JobRun


def timeline(*subjects: Model) -> QuerySet[Entry]:
    """What happened to these records, newest first."""
    about = Q()
    for subject in subjects:
        about |= Q(kind=subject._meta.label, subject=subject.pk)
    return Entry.objects.filter(about).select_related("staff", "post__role").order_by("-id")


def line_of_set(action: str, subject: Model, since: datetime) -> Entry | None:
    """The line of a set-based act that a record was part of, by the moment its transaction began."""
    rows = Entry.objects.filter(action=action, kind=subject._meta.label, subject__isnull=True, at__gte=since)
    rows = rows.filter(detail__first__lte=subject.pk, detail__last__gte=subject.pk)
    return rows.select_related("staff").order_by("id").first()


def entries() -> QuerySet[Entry]:
    """The audit trail in scope, newest first."""
    return Entry.objects.select_related("staff", "post__role", "org").order_by("-id")


def attachments_of(*subjects: Model) -> QuerySet[Attachment]:
    """The documents kept with these records, oldest first; removed ones are left out."""
    about = Q(pk__in=[])
    for subject in subjects:
        about |= Q(kind=subject._meta.label, subject=subject.pk)
    return Attachment.objects.filter(about, removed__isnull=True).order_by("id")


def categories_of(kind: type[Model], keys: Iterable[int]) -> set[tuple[int, str]]:
    """Which kinds of documents are kept with the records of these keys: (key, category)."""
    rows = Attachment.objects.filter(among(keys, "subject"), kind=kind._meta.label, removed__isnull=True)
    return set(rows.values_list("subject", "category"))


def running_jobs(staff_id: int | None) -> list[int]:
    """The keys of a person's jobs that have not ended, oldest first."""
    rows = JobRun.objects.filter(staff_id=staff_id, ended__isnull=True).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:3])


@dataclass(frozen=True)
class Break:
    """A place where a chain does not hold."""

    chain: int
    number: int
    why: str


def verify_chains() -> list[Break]:
    """Recompute every chain in scope; an empty list means no line was changed or taken out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT chain, number, CASE
                     WHEN number <> expected THEN 'missing' WHEN digest <> again THEN 'changed'
                     ELSE 'tail' END
            FROM (
                SELECT e.chain, e.number, e.digest,
                       row_number() OVER w AS expected,
                       records_digest(e, coalesce(lag(e.digest) OVER w, ''::bytea)) AS again,
                       last_value(e.number) OVER (PARTITION BY e.chain ORDER BY e.number
                           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_line,
                       h.number AS head
                FROM records_entry e LEFT JOIN records_chainhead h ON h.chain = e.chain
                WINDOW w AS (PARTITION BY e.chain ORDER BY e.number)
            ) lines
            WHERE number <> expected OR digest <> again OR last_line IS DISTINCT FROM head
            ORDER BY chain, number LIMIT 100
            """
        )
        return [Break(*row) for row in cursor.fetchall()]

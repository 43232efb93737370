"""Writes to the audit trail, jobs, attachments and numbering."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused

from . import documents
from .models import Attachment, Entry, JobRun
from .queries import attachments_of


def note(
    action: str,
    *,
    subject: Model | None = None,
    org_path: str | None = None,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add a line to the audit trail as the current actor, in the chain of the row's node.

    Who was handed a row of another union (a task for a department) leaves the line in the own chain.
    """
    path = _chain_of(org_path or getattr(subject, "org_id", None))
    if path:
        Entry.objects.bulk_create([_line(action, path, subject, note, detail)])


def note_each(action: str, *, subjects: Mapping[Model, dict[str, Any]]) -> None:
    """A line for each of the rows with what belongs to it, in the chains of their nodes; one statement."""
    lines = [(_chain_of(getattr(row, "org_id", None)), row, detail) for row, detail in subjects.items()]
    Entry.objects.bulk_create(_line(action, path, row, "", detail) for path, row, detail in lines if path)


def _chain_of(path: str | None) -> str:
    """The node whose chain a line goes into; none for the program acting for the whole tree, whose moves
    carry their rows' paths.
    """
    actor = scope.current()
    low, high = actor.scope
    return path if path and low <= path < high else actor.org_path


def _line(
    action: str, path: str, subject: Model | None, note: str, detail: dict[str, Any] | None = None
) -> Entry:
    actor = scope.current()
    return Entry(
        org_id=path,
        staff_id=actor.staff_id,
        post_id=actor.post_id,
        action=action,
        kind=subject._meta.label if subject is not None else "",
        subject=subject.pk if subject is not None else None,
        note=note,
        detail=detail or {},
        chain=0,
        number=0,
        digest=b"",
    )


def note_many(action: str, *, kind: str, pks: tuple[int, ...], org_path: str, note: str = "") -> None:
    """One line for a set-based act over many rows of a kind; the keys go into the detail."""
    actor = scope.current()
    Entry.objects.bulk_create(
        [
            Entry(
                org_id=org_path or actor.org_path,
                staff_id=actor.staff_id,
                post_id=actor.post_id,
                action=action,
                kind=kind,
                note=note,
                detail={"count": len(pks), "first": min(pks), "last": max(pks)},
                chain=0,
                number=0,
                digest=b"",
            )
        ]
    )


def next_number(series: str) -> int:
    """The next running number of a series, without gaps: the row stays locked until commit."""
    return next_numbers(series, 1)[0]


@transaction.atomic
def next_numbers(series: str, count: int) -> range:
    """So many running numbers of a series at once, without gaps: the row stays locked until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_counter (series, last) VALUES (%s, %s) ON CONFLICT (series)"
            " DO UPDATE SET last = records_counter.last + excluded.last RETURNING last",
            [series, count],
        )
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)


def attach(*, subject: Any, category: str, upload: UploadedFile) -> Attachment:
    """Keep an uploaded document with a record; recorded.

    Refused, and nothing kept, unless it is a sound JPEG, PNG or PDF: see `documents.cleaned`.
    """
    return attach_all(subject=subject, category=category, uploads=[upload])[0]


@transaction.atomic
def attach_all(*, subject: Any, category: str, uploads: Iterable[UploadedFile]) -> list[Attachment]:
    """Keep several documents with a record: all of them, or, when one is refused, none."""
    sound = [(upload.name or "", documents.cleaned(upload)) for upload in uploads]
    return [_attach(subject, category, name[-120:], document) for name, document in sound]


def _attach(subject: Any, category: str, name: str, document: documents.Cleaned) -> Attachment:
    attachment = Attachment.objects.create(
        org_id=subject.org_id,
        kind=subject._meta.label,
        subject=subject.pk,
        category=category,
        name=name,
        sha256=documents.keep(document),
        size=len(document.body),
        content_type=document.content_type,
        staff_id=scope.current().staff_id,
    )
    note("attachment.added", subject=subject, note=name)
    return attachment


@transaction.atomic
def remove_attachment(*, attachment: Attachment, subject: Model, reason: str) -> Attachment:
    """Take a document of the record away, with the reason; the row stays. The caller asks who may.

    Refused without a reason, and when it was removed before.
    """
    reason = reason.strip()
    if not reason:
        raise Refused(_("请写明移除材料的原因。"), code="no_reason", field="reason")
    row = attachments_of(subject).select_for_update().filter(pk=attachment.pk).first()
    if row is None:
        raise Refused(_("该材料已被移除。"), code="removed_already")
    row.removed, row.removed_by_id, row.removed_because = timezone.now(), scope.current().staff_id, reason
    row.save(update_fields=["removed", "removed_by", "removed_because"])
    note("attachment.removed", subject=subject, note=reason, detail={"name": row.name, "attachment": row.pk})
    return row


@transaction.atomic
def cancel_job(*, run: JobRun) -> None:
    """Ask the work to stop at its next step; only who started it may. Refused once it has ended."""
    actor = scope.current()
    if run.staff_id != actor.staff_id:
        raise Refused(_("只能取消自己发起的任务。"), code="not_yours")
    if run.ended is not None:
        raise Refused(_("任务已经结束，无需取消。"), code="ended")
    JobRun.objects.filter(pk=run.pk).update(cancel_asked=True)
    note("job.cancelled", subject=run, note=run.title)

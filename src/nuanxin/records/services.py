"""Writes to the audit trail, jobs, attachments and numbering."""

import hashlib
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused

from .models import Attachment, Entry, JobRun

MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024

#: What an attachment may be, by its first bytes: the name and the browser's word are not trusted.
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}


def _place(digest: str, content_type: str) -> str:
    """Where a document lies in the file store: under the hash of its bytes."""
    return f"{digest[:2]}/{digest}{_ENDINGS[content_type]}"


def place_of(attachment: Attachment) -> str:
    """The name of an attachment's bytes in the file store."""
    return _place(attachment.sha256, attachment.content_type)


def note(
    action: str,
    *,
    subject: Model | None = None,
    org_path: str | None = None,
    note: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add a line to the audit trail as the current actor, in the chain of the row's node."""
    actor = scope.current()
    path = org_path or getattr(subject, "org_id", None) or actor.org_path
    if not path:
        return  # the program acting for the whole tree has no node; its moves carry their rows' paths
    Entry.objects.bulk_create(
        [
            Entry(
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
        ]
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


@transaction.atomic
def next_number(series: str) -> int:
    """The next running number of a series, without gaps: the row stays locked until commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_counter (series, last) VALUES (%s, 1)"
            " ON CONFLICT (series) DO UPDATE SET last = records_counter.last + 1 RETURNING last",
            [series],
        )
        return cursor.fetchone()[0]


@transaction.atomic
def attach(*, subject: Any, category: str, upload: UploadedFile) -> Attachment:
    """Keep an uploaded document with a record, under the hash of its bytes.

    Raises Refused when it is empty, too large, or neither JPEG, PNG nor PDF by its content.
    """
    if not upload.size:
        raise Refused(_("文件是空的，请重新选择。"), code="empty_file", field="upload")
    if upload.size > MAX_ATTACHMENT_BYTES:
        raise Refused(_("文件超过 10 MB，请压缩后再上传。"), code="file_too_large", field="upload")
    body = upload.read()
    content_type = next((kind for signature, kind in _SIGNATURES if body.startswith(signature)), None)
    if content_type is None:
        raise Refused(_("只接受 JPG、PNG 图片和 PDF 文件。"), code="file_type", field="upload")
    digest = hashlib.sha256(body).hexdigest()
    place = _place(digest, content_type)
    if not default_storage.exists(place):
        default_storage.save(place, ContentFile(body))
    attachment = Attachment.objects.create(
        org_id=subject.org_id,
        kind=subject._meta.label,
        subject=subject.pk,
        category=category,
        name=(upload.name or "")[-120:],
        sha256=digest,
        size=len(body),
        content_type=content_type,
        staff_id=scope.current().staff_id,
    )
    note("attachment.added", subject=subject, note=attachment.name)
    return attachment


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

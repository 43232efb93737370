"""Uploaded rosters on their way into the store: a workbook, or the texts that make one."""

import hashlib
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.workbook import WorkbookError, check_kind, glance
from nuanxin.registry.roster.texts import ENDINGS, PACKED, pack

_FOLDER = "incoming"
_MOST_TEXTS = 4
_ZIP = b"PK\x03\x04"


def keep(files: UploadedFile | Sequence[UploadedFile]) -> tuple[str, str, str]:
    """Store an upload until the job has read it: (place in the store, SHA-256, name to call it by).

    One .xlsx, or up to four text files (one table each). Refused at the field for what its size, first
    bytes or directory rule out; what takes longer to see the job finds.
    """
    files = [files] if isinstance(files, UploadedFile) else list(files)
    _check_number_and_size(files)
    name = "、".join(file.name or "" for file in files)[-120:]
    digest = hashlib.sha256()
    for file in files:
        for chunk in file.chunks():
            digest.update(chunk)
    if all(_is_text(file) for file in files):
        for file in files:
            _refuse_at_sight(file)
        with pack((file.name or "", file.chunks()) for file in files) as packed:
            stored = default_storage.save(f"{_FOLDER}/{uuid.uuid4().hex}{PACKED}", File(packed))
        return stored, digest.hexdigest(), name
    if len(files) > 1:
        raise Refused(
            _("请只选一个 .xlsx 文件，或只选家庭、成员两个 CSV 文件。"), code="too_many_files", field="file"
        )
    stored = default_storage.save(f"{_FOLDER}/{uuid.uuid4().hex}.xlsx", files[0])
    try:
        glance(Path(default_storage.path(stored)))
    except WorkbookError as error:
        default_storage.delete(stored)
        raise _refusal(error) from error
    return stored, digest.hexdigest(), name


def _check_number_and_size(files: Sequence[UploadedFile]) -> None:
    if not 0 < len(files) <= _MOST_TEXTS:
        raise Refused(
            _("请只选一个 .xlsx 文件，或只选家庭、成员两个 CSV 文件。"), code="too_many_files", field="file"
        )
    size, limit = sum(file.size or 0 for file in files), settings.MAX_WORKBOOK_BYTES
    if size > limit:
        raise Refused(
            _("文件有 %(size)s MB，最多 %(limit)s MB。请删去图片和无关的工作表，或分成几个文件上传。")
            % {"size": size // 2**20, "limit": limit // 2**20},
            code="too_large",
            field="file",
        )


def _is_text(file: UploadedFile) -> bool:
    """By its name; a workbook somebody renamed is still a workbook."""
    named = PurePath(file.name or "").suffix.casefold() in ENDINGS
    head = next(iter(file.chunks()), b"")[:4]
    return named and head != _ZIP


def _refuse_at_sight(file: UploadedFile) -> None:
    """Pictures, web pages and other formats under the name of a text."""
    with tempfile.NamedTemporaryFile() as copy:
        copy.write(next(iter(file.chunks()), b""))
        copy.flush()
        try:
            check_kind(Path(copy.name), settings.MAX_WORKBOOK_BYTES, text=True)
        except WorkbookError as error:
            raise _refusal(error) from error


def _refusal(error: Any) -> Refused:
    return Refused(f"{error.message} {error.advice}", code=error.code, field="file")

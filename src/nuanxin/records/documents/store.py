"""Where the bytes lie: in Django's default storage, under the hash of what is kept."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from nuanxin.records.models import Attachment

from .intake import Cleaned

_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf"}
_FOLDER = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"([0-9a-f]{64})(-preview)?\.(jpg|png|pdf)")
#: Bytes younger than this are left alone: the upload they came with may not have ended.
GRACE = timedelta(days=1)


def place_of(attachment: Attachment) -> str:
    """The name of a document's bytes in the store."""
    return _place(attachment.sha256, _ENDINGS[attachment.content_type])


def preview_of(attachment: Attachment) -> str:
    """The name of its preview."""
    return _place(attachment.sha256, "-preview.jpg")


def keep(document: Cleaned) -> str:
    """Store the bytes and the preview; the hash they lie under.

    They are written whether or not the store has them, so the time it takes tells nobody that another
    union keeps the same document.
    """
    digest = hashlib.sha256(document.body).hexdigest()
    _lock(digest)
    for ending, body in (
        (_ENDINGS[document.content_type], document.body),
        ("-preview.jpg", document.preview),
    ):
        place = _place(digest, ending)
        stored = default_storage.save(place, ContentFile(body))
        if stored != place:
            default_storage.delete(stored)
    return digest


def sweep() -> int:
    """Delete the bytes that no document refers to any more, and how many files these were.

    A removed document does not refer to its bytes. The caller acts for the whole tree.
    """
    gone = 0
    for digest, place in list(_stored()):
        if default_storage.get_modified_time(place) > timezone.now() - GRACE:
            continue
        with transaction.atomic():
            _lock(digest)
            if not Attachment.objects.filter(sha256=digest, removed__isnull=True).exists():
                default_storage.delete(place)
                gone += 1
    return gone


def _stored() -> Iterator[tuple[str, str]]:
    """(hash, name) of every file of a document in the store."""
    if not default_storage.exists(""):
        return
    for folder in filter(_FOLDER.fullmatch, default_storage.listdir("")[0]):
        for name in default_storage.listdir(folder)[1]:
            if found := _NAME.fullmatch(name):
                yield found[1], f"{folder}/{name}"


def _place(digest: str, ending: str) -> str:
    return f"{digest[:2]}/{digest}{ending}"


def _lock(digest: str) -> None:
    """Until the end of the transaction nobody else stores or sweeps these bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(digest[:15], 16)])

"""Uploads that are too large, met before they fill memory or disk."""

from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class Bounded(FileUploadHandler):
    """Stands before the handlers that keep uploads. Of a file over `settings.MAX_UPLOAD_BYTES` it hands
    nothing more on: the file arrives as its name and true size, without content, so that the form says at
    the field what is wrong and all else that was typed stays."""

    size = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        self.size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Hand a piece on until the file has become too large."""
        self.size = start + len(raw_data)
        return raw_data if self.size <= settings.MAX_UPLOAD_BYTES else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """The empty stand-in for a file too large, else nothing: the next handler has it."""
        if self.size <= settings.MAX_UPLOAD_BYTES:
            return None
        return UploadedFile(
            file=ContentFile(b""),
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
        )

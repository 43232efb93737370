"""The way in: what an uploaded document must be, and the form in which it is kept.

The name and the browser's word are not trusted. A picture is decoded and written anew, smaller and
without anything beside its pixels, so what was hidden in it or behind it is gone. A PDF is looked at in
a process of its own and kept as it came, or refused.
"""

from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused

from . import papers, pictures, scanner

MAX_BYTES = 10 * 1024 * 1024
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
)


@dataclass(frozen=True)
class Cleaned:
    """A document as it is kept: its bytes, their type, and a small JPEG to recognise it by."""

    body: bytes
    content_type: str
    preview: bytes


def cleaned(upload: UploadedFile) -> Cleaned:
    """The document in the form in which it is kept.

    Refused when it is empty, larger than 10 MB, of another type, broken, too large once unpacked, found
    by the malware scanner, or a PDF with a password, scripts or something else inside.
    """
    if not upload.size:
        raise Refused(_("文件是空的，请重新选择。"), code="empty_file", field="upload")
    if upload.size > MAX_BYTES:
        raise Refused(_("文件超过 10 MB，请压缩后再上传。"), code="file_too_large", field="upload")
    upload.seek(0)
    body = upload.read()
    kind = next((kind for signature, kind in _SIGNATURES if body.startswith(signature)), None)
    if kind is None:
        raise Refused(_("只接受 JPG、PNG 图片和 PDF 文件。"), code="file_type", field="upload")
    scanner.scan(body)
    if kind == "application/pdf":
        return Cleaned(body, kind, papers.first_page(body))
    return Cleaned(*pictures.rewritten(body))

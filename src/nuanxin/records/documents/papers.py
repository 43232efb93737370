"""PDF documents: looked at by a process of its own, for a reader of PDF is a large target."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused

from . import reader

_READER = Path(reader.__file__)
SECONDS = 20
_REFUSALS = {
    reader.LOCKED: ("locked", _("PDF 设有密码，请取消密码后再上传。")),
    reader.ACTIVE: ("active", _("PDF 带有脚本或附件，请打印为普通 PDF 后再上传。")),
}


def first_page(body: bytes) -> bytes:
    """The first page as a small JPEG; Refused when the PDF is broken, locked, or more than a document."""
    end = body.rfind(b"%%EOF")
    if end < 0 or body[end + 5 :].strip(b"\r\n\t \0") or zipfile.is_zipfile(BytesIO(body)):
        raise _broken()
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_READER)],
            input=body,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _broken() from error
    if done.returncode in _REFUSALS:
        code, message = _REFUSALS[done.returncode]
        raise Refused(message, code=code, field="upload")
    if done.returncode:
        raise _broken()
    return done.stdout


def _broken() -> Refused:
    message = _("PDF 已损坏，或夹带了其他内容，请重新扫描或打印为 PDF。")
    return Refused(message, code="broken", field="upload")

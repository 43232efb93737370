"""The malware scanner of the house, where there is one: a command that reads the document.

DOCUMENT_SCANNER is its command line, for example `clamdscan --no-summary -`. It ends with 0 for clean,
with 1 for found; anything else is no answer, and without an answer nothing is taken in.
"""

import logging
import shlex
import subprocess

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.refusal import Refused

SECONDS = 60
FOUND = 1
log = logging.getLogger(__name__)


def scan(body: bytes) -> None:
    """Refused when the scanner finds something or does not answer; nothing is asked without one."""
    if not settings.DOCUMENT_SCANNER:
        return
    try:
        command = shlex.split(settings.DOCUMENT_SCANNER)
        code = subprocess.run(
            command, input=body, capture_output=True, timeout=SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        log.exception("the document scanner did not answer")
        code = -1
    if code == FOUND:
        log.warning("the document scanner refused an upload of %d bytes", len(body))
        raise Refused(_("文件被安全扫描拦下，没有保存。"), code="malware", field="upload")
    if code:
        message = _("安全扫描没有应答，文件没有保存，请稍后再试或联系管理员。")
        raise Refused(message, code="no_scan", field="upload")

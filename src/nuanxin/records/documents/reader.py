"""Reads a PDF from its input and writes its first page as a small JPEG.

Run as a program of its own, with little time and memory, so that a document made to break a reader
breaks only this. The exit code says what is wrong with it.
"""

import ctypes
import io
import resource
import sys

BROKEN, LOCKED, ACTIVE = 3, 4, 5
LONGEST = 160
MEMORY, SECONDS = 1 << 30, 15


def main() -> int:
    """Nought when the page was written, else what is wrong."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    import pypdfium2 as pdfium
    from pypdfium2 import raw

    try:
        document = pdfium.PdfDocument(sys.stdin.buffer.read())
    except pdfium.PdfiumError as error:
        return LOCKED if "password" in str(error).lower() else BROKEN
    if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0 or raw.FPDFDoc_GetAttachmentCount(document) > 0:
        return ACTIVE
    try:
        page = document[0]
        scale = LONGEST / max(page.get_size())
        out = io.BytesIO()
        page.render(scale=scale).to_pil().convert("RGB").save(out, "JPEG", quality=80)
    except (pdfium.PdfiumError, IndexError, ArithmeticError, ValueError, MemoryError, ctypes.ArgumentError):
        return BROKEN
    sys.stdout.buffer.write(out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())

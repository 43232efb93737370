"""Pictures: decoded and written anew, at most so large, without place, time or device.

Of a photo nothing is kept but its pixels: where it was taken is a matter of consent and belongs to the
record of the visit, never into a file.
"""

import warnings
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from nuanxin.kernel.refusal import Refused

#: The longest edge in pixels of a picture as kept, where A4 stays readable, and of its preview, where no
#: number does: a look at the preview is not recorded.
LONGEST, PREVIEW = 2400, 160
#: More pixels than this are not unpacked: a small file may hold a huge picture.
MAX_PIXELS = 60_000_000
QUALITY = 85
#: What Pillow raises over pictures that are broken, cut off, or lie about themselves.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError)


def rewritten(body: bytes) -> tuple[bytes, str, bytes]:
    """The picture written anew, its type, and a preview; Refused when it is broken or too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = _decoded(body)
        kind = "PNG" if image.format == "PNG" else "JPEG"
        pixels = _pixels(image)
    except Image.DecompressionBombError as error:
        raise _too_many() from error
    except _BROKEN as error:
        raise Refused(_("图片已损坏，无法打开，请重新拍照或扫描。"), code="broken", field="upload") from error
    return _written(pixels, kind), f"image/{kind.lower()}", preview(pixels)


def preview(image: Image.Image) -> bytes:
    """A small JPEG of the picture on white."""
    small = image.copy()
    small.thumbnail((PREVIEW, PREVIEW))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    return _written(small, "JPEG")


def _decoded(body: bytes) -> Image.Image:
    """The picture, its size known and its pixels not unpacked yet."""
    image = Image.open(BytesIO(body), formats=("JPEG", "PNG"))
    if image.width * image.height > MAX_PIXELS:
        raise _too_many()
    image.draft("RGB", (LONGEST, LONGEST))  # a JPEG can be unpacked at a part of its size
    return image


def _pixels(image: Image.Image) -> Image.Image:
    """The pixels alone, upright, reduced: without the metadata that Pillow would write again."""
    upright = ImageOps.exif_transpose(image)
    clear = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    mode = "RGBA" if clear else "L" if upright.mode in ("1", "L") else "RGB"
    pixels = upright.convert(mode)
    pixels.info = {}
    pixels.thumbnail((LONGEST, LONGEST))
    return pixels


def _written(image: Image.Image, kind: str) -> bytes:
    out = BytesIO()
    plain = image if kind == "PNG" or image.mode != "RGBA" else image.convert("RGB")
    plain.save(out, kind, quality=QUALITY, optimize=True)
    return out.getvalue()


def _too_many() -> Refused:
    return Refused(_("图片的像素太多，请缩小后再上传。"), code="too_many_pixels", field="upload")

"""Opens one photo in a process of its own, and writes it anew: a script that gets bytes and gives bytes, and knows nothing of the service.

Run by `backend.photos.sandbox`, with nothing in its environment and with bounds on memory, time and files that it sets itself before it
looks at a byte. It reads a photo from its input and writes one line of JSON, then the display size, then the thumbnail, both JPEG.
"""

import io
import json
import resource
import sys
import warnings
from typing import Any, Final

MEMORY_BYTES: Final = 1_500_000_000
CPU_SECONDS: Final = 20
# A JPEG is decoded at a fraction of its size, others are not.
MOST_PIXELS: Final = {"JPEG": 150_000_000, "PNG": 50_000_000, "WEBP": 50_000_000}
LONGEST_SIDE: Final = 30_000
DISPLAY: Final = 2_560
THUMBNAIL: Final = 400
_HEIC: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_ORIGINAL_TIME, _ORIGINAL_OFFSET, _EXIF = 0x9003, 0x9011, 0x8769


class RefusedError(Exception):
    """The bytes are no photo that is taken; the text is the reason's name."""


def sniff(content: bytes) -> str:
    """What the bytes begin as: "JPEG", "PNG", "WEBP"; raises `RefusedError`."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        raise RefusedError("heic")
    raise RefusedError("not_a_photo")


def _bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def rewrite(content: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """(what is told of it, display size, thumbnail); raises `RefusedError`."""
    kind = sniff(content)
    try:
        told, shown = _opened(content, kind)
    except RefusedError:
        raise
    except MemoryError as problem:
        raise RefusedError("too_many_pixels") from problem
    except Exception as problem:
        raise RefusedError("broken") from problem
    shown.thumbnail((DISPLAY, DISPLAY))
    return told, _jpeg(shown, 85), _small(shown)


def _opened(content: bytes, kind: str) -> tuple[dict[str, Any], Any]:
    from PIL import Image, ImageOps  # noqa: PLC0415 - loaded behind the bounds

    Image.MAX_IMAGE_PIXELS = None  # our own bound is asked before a pixel is decoded
    with Image.open(io.BytesIO(content), formats=[kind] if kind != "JPEG" else ["JPEG", "MPO"]) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS[kind] or max(width, height) > LONGEST_SIDE:
            raise RefusedError("too_many_pixels")
        # Telephones put several pictures into one JPEG: the first is the photo.
        if kind != "JPEG" and getattr(opened, "n_frames", 1) > 1:
            raise RefusedError("animated")
        taken = _taken(opened)
        opened.draft("RGB", (DISPLAY, DISPLAY))
        turned = ImageOps.exif_transpose(opened)
        sideways = width != height and (turned.width > turned.height) != (width > height)
        told = {"kind": kind, "width": height if sideways else width, "height": width if sideways else height, "taken": taken}
        return told, _srgb(turned)


def _small(shown: Any) -> bytes:
    thumb = shown.copy()
    thumb.thumbnail((THUMBNAIL, THUMBNAIL))
    return _jpeg(thumb, 80)


def _jpeg(image: Any, quality: int) -> bytes:
    """Pixels alone: no EXIF, no profile, no comment."""
    from PIL import Image  # noqa: PLC0415 - loaded behind the bounds

    bare = Image.new("RGB", image.size)
    bare.paste(image)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _srgb(image: Any) -> Any:
    """The same colours without a profile, on white where it is transparent."""
    from PIL import Image, ImageCms  # noqa: PLC0415 - loaded behind the bounds

    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA", "PA", "P") or "transparency" in image.info:
        over = image.convert("RGBA")
        under = Image.new("RGBA", over.size, "white")
        under.alpha_composite(over)
        image = under.convert("RGB")
    elif image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if profile and image.mode in ("RGB", "CMYK"):
        try:
            source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image.convert("RGB")


def _taken(image: Any) -> str | None:
    """When its camera says that it was taken: the camera's own clock, with its offset where that is told."""
    try:
        told = image.getexif().get_ifd(_EXIF)
        at, offset = str(told.get(_ORIGINAL_TIME, "")), str(told.get(_ORIGINAL_OFFSET, ""))
    except Exception:
        # A broken block of metadata isn't a broken photo.
        return None
    digits = at.replace(":", "").replace(" ", "")
    if len(at) != len("2026:03:02 08:00:00") or not (digits.isascii() and digits.isdigit()):
        return None
    known = len(offset) == len("+08:00") and offset[0] in "+-" and (offset[1:3] + offset[4:]).isdigit() and offset.isascii()
    return at[:10].replace(":", "-") + "T" + at[11:] + (offset if known else "")


def main() -> int:
    """0 when a photo was written, 3 with a reason when it was refused."""
    _bounded()
    warnings.simplefilter("ignore")
    out = sys.stdout.buffer
    try:
        told, display, thumb = rewrite(sys.stdin.buffer.read())
    except RefusedError as refusal:
        out.write(json.dumps({"refused": str(refusal)}).encode() + b"\n")
        return 3
    out.write(json.dumps(told | {"display": len(display), "thumbnail": len(thumb)}).encode() + b"\n" + display + thumb)
    return 0


if __name__ == "__main__":
    sys.exit(main())

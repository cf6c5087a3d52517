"""Photos of the tests' own, good ones and poisoned ones."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS = {1: "N", 2: (31.0, 14.0, 3.0), 3: "E", 4: (121.0, 28.0, 9.0)}


def picture(width: int = 640, height: int = 480) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, form: str = "JPEG", **options: Any) -> bytes:
    """As a file."""
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def with_metadata(width: int = 640, height: int = 480, orientation: int = 1) -> bytes:
    """A JPEG with a place, a time, a camera and a comment."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "SECRET CAMERA"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011] = "2026:03:02 08:15:00", "+08:00"
    exif.get_ifd(0x8825).update(GPS)
    return encoded(picture(width, height), exif=exif, comment=b"SECRET COMMENT")


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size; its pixels are zeros, packed to nearly nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width + 1)) for _ in range(min(height, 20_000))) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated(form: str) -> bytes:
    """Two frames."""
    return encoded(picture(64, 64), form, save_all=True, append_images=[Image.new("RGB", (64, 64), "green")], duration=100)


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

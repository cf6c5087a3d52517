"""What happens to the bytes of a photo: written anew without a word of metadata, or refused; nothing harms whoever asks."""

import asyncio
import io
import os
from pathlib import Path

import pytest
from PIL import Image

from backend.photos import decoding
from backend.photos.sandbox import Refused, Rewritten, rewrite
from tests.photos import pictures
from tests.photos.pictures import encoded, picture, with_metadata


async def kept(content: bytes) -> Rewritten:
    found = await rewrite(content)
    assert isinstance(found, Rewritten), found
    return found


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["JPEG"])


async def test_nothing_of_the_metadata_is_left_and_the_time_is_kept() -> None:
    content = with_metadata()
    assert b"SECRET" in content
    found = await kept(content)
    assert found.taken_at == "2026-03-02T08:15:00+08:00"
    for written in (found.display, found.thumbnail):
        image = opened(written)
        assert dict(image.getexif()) == {}
        assert not image.info.keys() & {"exif", "icc_profile", "comment", "xmp", "photoshop"}
        assert b"SECRET" not in written
        assert b"Exif" not in written


@pytest.mark.parametrize(("orientation", "size", "left_is_red"), [(1, (640, 480), True), (3, (640, 480), False), (6, (480, 640), None)])
async def test_it_is_turned_as_it_was_taken(orientation: int, size: tuple[int, int], *, left_is_red: bool | None) -> None:
    found = await kept(with_metadata(orientation=orientation))
    image = opened(found.display)
    assert (image.size, (found.width, found.height)) == (size, size)
    pixel = image.getpixel((10, image.height // 2))
    assert isinstance(pixel, tuple)
    if left_is_red is not None:
        assert (pixel[0] > pixel[2]) is left_is_red


async def test_sizes_are_bounded_and_the_originals_are_told() -> None:
    found = await kept(encoded(picture(5_000, 3_000), quality=70))
    assert (found.width, found.height) == (5_000, 3_000)
    assert opened(found.display).size == (2_560, 1_536)
    assert opened(found.thumbnail).size == (400, 240)
    small = await kept(encoded(picture(100, 50)))
    assert opened(small.display).size == opened(small.thumbnail).size == (100, 50)


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGB"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "I;16"), ("WEBP", "RGBA"),
                                            ("JPEG", "CMYK"), ("JPEG", "L")])  # fmt: skip
async def test_every_kind_of_pixel_is_taken(form: str, mode: str) -> None:
    image = Image.new("I;16", (64, 64), 40_000) if mode == "I;16" else picture(64, 64).convert(mode)
    found = await kept(encoded(image, form))
    assert (found.kind, opened(found.display).mode) == (form, "RGB")


async def test_what_is_transparent_lies_on_white() -> None:
    found = await kept(encoded(Image.new("RGBA", (10, 10), (0, 0, 0, 0)), "PNG"))
    assert opened(found.display).getpixel((5, 5)) == (255, 255, 255)


async def test_what_is_appended_is_lost() -> None:
    found = await kept(encoded(picture()) + b"PK\x03\x04" + pictures.HTML)
    assert b"script" not in found.display
    assert b"PK\x03\x04" not in found.display


POISONED = {
    "too_many_pixels": [pictures.png_of(60_000, 60_000), pictures.png_of(20_000, 20_000), pictures.png_of(31_000, 1)],
    "animated": [pictures.animated("PNG"), pictures.animated("WEBP")],
    "heic": [pictures.HEIC],
    "not_a_photo": [pictures.SVG, pictures.HTML, pictures.PDF, b"", b"\0" * 1_000, encoded(picture(8, 8), "GIF"), encoded(picture(8, 8), "BMP"),
                    encoded(picture(8, 8), "TIFF"), b"GIF89a" + encoded(picture(8, 8)), b"%!PS\n"],
    "broken": [with_metadata()[:3_000], encoded(picture(), "PNG")[:200], encoded(picture(), "WEBP")[:100], b"\xff\xd8\xff\xe0 not really",
               b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"RIFF\0\0\0\0WEBPVP8 ", pictures.png_of(5_000, 9_000)[:400]],
}  # fmt: skip


@pytest.mark.parametrize(("why", "number"), [(why, number) for why, several in POISONED.items() for number in range(len(several))])
async def test_a_poisoned_file_is_refused_with_its_reason(why: str, number: int) -> None:
    assert await rewrite(POISONED[why][number]) == Refused(why)


async def test_a_process_that_takes_too_long_is_ended() -> None:
    assert await rewrite(with_metadata(), seconds=0.01) == Refused("too_long")


async def test_a_process_that_dies_means_a_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "dies.py"
    script.write_text("import os\nos.abort()\n")
    monkeypatch.setattr("backend.photos.sandbox._SCRIPT", str(script))
    assert await rewrite(with_metadata()) == Refused("broken")


async def test_the_process_has_bounds_and_nothing_of_ours_in_its_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SUYUAN_SECRET", "x")
    assert os.environ["SUYUAN_SECRET"]
    script = tmp_path / "tells.py"
    script.write_text(
        f"""import importlib.util, json, os, resource, sys
spec = importlib.util.spec_from_file_location("decoding", {decoding.__file__!r})
decoding = importlib.util.module_from_spec(spec)
spec.loader.exec_module(decoding)
decoding._bounded()
bounded = "no bound"
try:
    bytearray(decoding.MEMORY_BYTES)
except MemoryError:
    bounded = "bounded"
secrets = [name for name in os.environ if "SUYUAN" in name]
sys.stdout.write(json.dumps({{"refused": f"{{bounded}} {{secrets}} {{resource.getrlimit(resource.RLIMIT_FSIZE)[0]}}"}}) + "\\n")
sys.stdout.flush()
os._exit(3)
"""
    )
    monkeypatch.setattr("backend.photos.sandbox._SCRIPT", str(script))
    assert await rewrite(b"x") == Refused("bounded [] 0")


async def test_many_at_once_do_not_mix() -> None:
    found = await asyncio.gather(*(kept(encoded(picture(100 + number, 50))) for number in range(4)))
    assert [one.width for one in found] == [100, 101, 102, 103]

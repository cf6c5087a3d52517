"""The body of a capture: a short one in memory, a long one on the disk, never more of it than is announced."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from litestar import Request

from backend.bulk.documents import count_events
from backend.bulk.opened import bounds_of, too_many
from backend.bulk.raw_file import GZIP, closed_on_failure, scratch, too_large
from backend.bulk.spans import CHUNK
from backend.events.errors import UnsupportedEncodingError
from backend.events.faults import DocumentFaults, Fault
from backend.events.jobs import ErrorBehaviour
from backend.events.reader import is_xml
from infra.settings import Settings

# About what is read in two milliseconds, in bytes.
SHORT: Final = 100_000
_UNPACKING: Final = 31
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_MARKS: Final = {True: (b"eventTime>", 2), False: (b'"eventTime"', 1)}


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it came. `content` is bytes where they are few and not packed, or could be unpacked to few."""

    content: bytes | BinaryIO
    content_type: str
    content_encoding: str | None = None


async def receive(request: Request[Any, Any, Any], settings: Settings, behaviour: ErrorBehaviour) -> Body:
    """Read the body. Raises `CaptureLimitError` as soon as it is too long, or holds too many events, and for unknown types and encodings."""
    content_type = request.headers.get("content-type") or "application/json"
    xml = is_xml(content_type)
    encoding = _encoding(request)
    most_events, most_bytes = bounds_of(settings, behaviour)
    if int(request.headers.get("content-length") or 0) > most_bytes:
        raise too_large(most_bytes)
    content = await _read(request, most_bytes)
    with closed_on_failure(content):
        _require_sense(content, xml=xml, packed=encoding is not None)
    if encoding is None:
        if not isinstance(content, bytes) and behaviour is ErrorBehaviour.ROLLBACK:
            with closed_on_failure(content):
                await asyncio.to_thread(_require_few, content, content_type, xml, most_events)
        return Body(content, content_type)
    if isinstance(content, bytes) and (plain := _unpacked(content)) is not None:
        return Body(plain, content_type)
    return Body(content, content_type, GZIP)


def _require_sense(content: bytes | BinaryIO, *, xml: bool, packed: bool) -> None:
    """Refuse at once what its first characters show to be something else: a long body is looked at by the worker only."""
    if isinstance(content, bytes):
        return
    content.seek(0)
    head = content.read(SHORT)
    if packed:
        begins = head.startswith(_GZIP_MAGIC)
    else:
        begins = head.removeprefix(_BOM).lstrip(b" \t\r\n\x00\xff\xfe").startswith((b"<",) if xml else (b"{", b"["))
    if not begins:
        what = "gzip" if packed else "XML" if xml else "JSON"
        fault = Fault("$", "EPCIS 2.0 §12.6", f"The body doesn't begin as {what} does.", "Send a document of the type that Content-Type names.")
        raise DocumentFaults([fault])


def _encoding(request: Request[Any, Any, Any]) -> str | None:
    named = request.headers.get("content-encoding", "").strip().lower()
    if named in ("", "identity"):
        return None
    if named not in (GZIP, "x-gzip"):
        raise UnsupportedEncodingError(f"The Content-Encoding “{named[:40]}” can't be read. Send gzip, or none.", field="Content-Encoding")
    return GZIP


async def _read(request: Request[Any, Any, Any], most: int) -> bytes | BinaryIO:
    short = bytearray()
    chunks = request.stream()
    async for chunk in chunks:
        short += chunk
        if len(short) > SHORT:
            return await _read_long(short, chunks, most)
    if len(short) > most:
        raise too_large(most)
    return bytes(short)


async def _read_long(begun: bytearray, chunks: AsyncIterator[bytes], most: int) -> BinaryIO:
    long, size = scratch(), len(begun)
    with closed_on_failure(long):
        long.write(begun)
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise too_large(most)
            long.write(chunk)
        if size > most:
            raise too_large(most)
    return long


def _unpacked(packed: bytes) -> bytes | None:
    """The content where it is short; None where it is long, or can't be unpacked, which the worker finds out and tells."""
    unpacker = zlib.decompressobj(_UNPACKING)
    try:
        plain = unpacker.decompress(packed, SHORT)
    except zlib.error:
        return None
    return plain if unpacker.eof else None


def _require_few(file: BinaryIO, content_type: str, xml: bool, most: int) -> None:
    """Count exactly only where the name of a field that each event has stands more often than there may be events."""
    mark, each = _MARKS[xml]
    seen, tail = 0, b""
    file.seek(0)
    while chunk := file.read(CHUNK):
        seen += (tail + chunk).count(mark)
        # Of a mark that is cut in two the first part is kept, of a whole one nothing.
        tail = chunk[-(len(mark) - 1) :]
    if seen > most * each and (total := count_events(file, content_type)) > most:
        raise too_many(total, most)

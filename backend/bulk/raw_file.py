"""A staged document on this machine's disk while it is captured: unpacked, and in an encoding that can be cut."""

import codecs
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from backend.bulk.spans import CHUNK
from backend.events.errors import CaptureLimitError
from backend.events.faults import DocumentFaults, Fault

GZIP: Final = "gzip"
_DECLARED: Final = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["'][^>]{0,200}?\?>""")
_NATIVE: Final = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "ascii"})
_UNPACKING: Final = 31


def scratch() -> BinaryIO:
    """A file that nobody else sees and that is gone with its process."""
    return tempfile.TemporaryFile()


@contextmanager
def closed_on_failure(file: bytes | BinaryIO) -> Iterator[None]:
    """Give the disk back at once where what is done with the file fails."""
    try:
        yield
    except BaseException:
        if not isinstance(file, bytes):
            file.close()
        raise


def unpacked(file: BinaryIO, *, limit: int) -> BinaryIO:
    """The content of a gzip file, in a file of its own. Raises `CaptureLimitError` beyond `limit` bytes and `DocumentFaults` for what is none."""
    target = scratch()
    with closed_on_failure(target):
        _unpack(file, target, limit)
    return target


def _unpack(file: BinaryIO, target: BinaryIO, limit: int) -> None:
    file.seek(0)
    unpacker, taken, broken = zlib.decompressobj(_UNPACKING), 0, ""
    try:
        while (chunk := unpacker.unconsumed_tail or file.read(CHUNK)) and not unpacker.eof:
            piece = unpacker.decompress(chunk, CHUNK)
            taken += len(piece)
            if taken > limit:
                raise too_large(limit)
            target.write(piece)
    except zlib.error as problem:
        broken = str(problem)
    if broken or not unpacker.eof:
        message = f"The body can't be unpacked: {broken or 'it ends too early'}."
        raise DocumentFaults([Fault("$", "RFC 1952 gzip", message, "Send all of it, or without Content-Encoding.")])


def too_large(limit: int) -> CaptureLimitError:
    """The refusal of a document that is longer than what is announced."""
    return CaptureLimitError(f"The document is larger than {limit} bytes. Send it in parts.", field="Content-Length")


def in_unicode(file: BinaryIO) -> BinaryIO:
    """An XML document whose encoding the cutter doesn't know, such as GB 18030, again in UTF-8; any other as it is."""
    file.seek(0)
    head = file.read(512)
    declared = _DECLARED.match(head)
    if declared is None:
        return file
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name)
    except LookupError:
        fault = Fault("$", "XML 1.0 §4.3.3", f"The encoding {name} is not known.", "Send the document in UTF-8.")
        raise DocumentFaults([fault]) from None
    if codec.name in _NATIVE:
        return file
    target = scratch()
    with closed_on_failure(target):
        _transcode(file, declared.end(), codec, target)
    return target


def _transcode(file: BinaryIO, begin: int, codec: codecs.CodecInfo, target: BinaryIO) -> None:
    target.write(b'<?xml version="1.0" encoding="UTF-8"?>')
    file.seek(begin)
    decoder = codec.incrementaldecoder()
    try:
        while chunk := file.read(CHUNK):
            target.write(decoder.decode(chunk).encode())
        target.write(decoder.decode(b"", True).encode())
    except UnicodeError:
        fault = Fault("$", "XML 1.0 §4.3.3", f"The document says that it is in {codec.name}, and isn't.", "Send it in UTF-8.")
        raise DocumentFaults([fault]) from None

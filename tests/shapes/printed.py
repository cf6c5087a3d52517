"""Reads of a PDF what tests ask: its objects, whether they are compressed or not, and which characters its text stands for."""

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_MAPPED = re.compile(rb"<[0-9a-fA-F]+> <([0-9a-fA-F]+)>")


def opened(pdf: bytes) -> bytes:
    """All objects, with whatever was compressed in plain."""
    parts = [pdf]
    for found in _STREAM.finditer(pdf):
        try:
            parts.append(zlib.decompress(found[1]))
        except zlib.error:
            continue
    return b"\n".join(parts)


def characters(pdf: bytes) -> set[str]:
    """What the glyphs of its fonts are copied and read aloud as."""
    found: set[str] = set()
    for part in opened(pdf).split(b"beginbfchar")[1:]:
        for code in _MAPPED.findall(part.partition(b"endbfchar")[0]):
            found |= set(bytes.fromhex(code.decode()).decode("utf-16-be"))
    return found

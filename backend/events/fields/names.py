"""The names of fields as numbers: short in the table, and the same for whoever writes and whoever asks."""

import hashlib
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import Final


class Scope(StrEnum):
    """Where an extension field stands (EPCIS 2.0 §8.2.7.1). The texts are part of what is stored and never change."""

    STANDARD = "standard"
    TOP = "top"
    ILMD = "ilmd"
    ERROR_DECLARATION = "errorDeclaration"
    SENSOR_ELEMENT = "sensorElement"
    SENSOR_METADATA = "sensorMetadata"
    SENSOR_REPORT = "sensorReport"
    READ_POINT = "readPoint"
    BIZ_LOCATION = "bizLocation"


class Dimension(IntEnum):
    """Of what the vocabulary in use is kept; the numbers are stored and never change."""

    BIZ_STEP = 1
    DISPOSITION = 2
    BIZ_LOCATION = 3
    READ_POINT = 4


LONGEST_TEXT: Final = 240
_MARKS: Final = dict.fromkeys(map(ord, "#/:"))


@lru_cache(maxsize=16_384)
def field_code(scope: Scope, name: str, *, inner: bool = False) -> int:
    """The number of a field by its full name.

    XML's names are a namespace and a word, which parameters join by #; JSON-LD's are one text. Without marks both are one.
    """
    told = f"{scope}{'.inner' if inner else ''}\0{name.translate(_MARKS)}"
    return int.from_bytes(hashlib.blake2b(told.encode(errors="replace"), digest_size=8).digest(), signed=True)


@lru_cache(maxsize=4_096)
def standard(name: str, kind: str = "") -> int:
    """The number of one of the standard's own fields; `kind` is what its parameter names besides: a type, a unit."""
    return field_code(Scope.STANDARD, f"{name}\0{kind}")


def stored_text(text: str) -> str:
    """A text as it is kept and compared: a long one by its beginning, which orders it, and its digest."""
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\x01{hashlib.sha256(text.encode(errors='replace')).hexdigest()}"

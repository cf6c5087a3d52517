"""The hash of what a document says: SHA-256 over its data in one canonical form, printed in the document, which can't hold its own file's."""

import hashlib
from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

import msgspec

from infra.clock import isoformat


def digest_of(data: Any) -> str:
    """SHA-256, hexadecimal, of data made of mappings, sequences, sets, texts, numbers, times, UUIDs, enumerations and dataclasses.

    The same for the same content, whatever the order of keys; times count by their instant, decimals by their value.
    """
    return hashlib.sha256(msgspec.json.encode(canonical(data), order="sorted")).hexdigest()


def canonical(value: Any) -> Any:
    """The value as JSON can say it."""
    if value is None or (isinstance(value, str | bool | int) and not isinstance(value, Enum)):
        return value
    for kind, write in _SCALARS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: canonical(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(canonical(key)): canonical(inner) for key, inner in value.items()}
    if isinstance(value, Set):
        return sorted((canonical(inner) for inner in value), key=lambda inner: msgspec.json.encode(inner, order="sorted"))
    return [canonical(inner) for inner in value]


def _decimal(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"


_SCALARS: Final[tuple[tuple[type[Any], Callable[[Any], str]], ...]] = (
    (Enum, lambda value: value.name), (Decimal, _decimal), (datetime, isoformat), (date, str), (UUID, str), (float, repr), (bytes, bytes.hex),
)  # fmt: skip

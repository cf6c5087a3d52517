"""Public identifiers: UUID version 7 (RFC 9562 §5.7), made here because PostgreSQL 15 has no uuidv7()."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, 12 bits of their fraction (§6.2, method 3), 62 random bits. One made later sorts later."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80
    value |= 0x7 << 76
    value |= (rest * 4_096 // 1_000_000) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(os.urandom(8), "big") & 0x3FFFFFFFFFFFFFFF
    return UUID(int=value)


def least_uuid7(moment: datetime) -> UUID:
    """Before all that were made from a moment on: where to begin to read what is ordered by its ids."""
    return UUID(int=int(moment.timestamp() * 1_000) << 80)

"""Public identifiers: UUID version 7 (RFC 9562 §5.7), made here because PostgreSQL 15 has no uuidv7()."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A fresh UUIDv7: 48 bits of milliseconds, then random bits, so that new rows land at the end of an index."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFFFFFFFFFF) << 80
    value |= 0x7 << 76
    value |= (random >> 64 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= random & 0x3FFFFFFFFFFFFFFF
    return UUID(int=value)

"""The text of an API key: `sy_live_…` or `sy_test_…`, whose checksum tells a slip of the pen before anything is looked up.

Behind the prefix stand 92 letters and digits: the tenant's public id, the secret's id and 256 random bits (64 bytes in 86 characters
of base 62), then the CRC-32 of all that stands before in 6 more. A scanner finds keys by `sy_(live|test)_[0-9A-Za-z]{92}`.
"""

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID, uuid4

PREFIX: Final = "sy_"
LIVE: Final = "sy_live_"
TEST: Final = "sy_test_"
HINT_LENGTH: Final = 4
_ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_BYTES: Final = 16 + 16 + 32
_DIGITS: Final = 86
_CHECK_DIGITS: Final = 6
_TEXT: Final = re.compile(rf"(sy_live_|sy_test_)([0-9A-Za-z]{{{_DIGITS}}})([0-9A-Za-z]{{{_CHECK_DIGITS}}})")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is formed as ours are; whether it is one of ours is another question."""

    sandbox: bool
    tenant_public_id: UUID
    secret_id: UUID
    random: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID, *, sandbox: bool) -> Self:
        """A fresh key of a tenant."""
        return cls(sandbox, tenant_public_id, uuid4(), secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a key as it was handed out; None for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None or _checksum(found[1] + found[2]) != found[3]:
            return None
        number = _decoded(found[2])
        if number >> (8 * _BYTES):
            return None
        raw = number.to_bytes(_BYTES, "big")
        return cls(found[1] == TEST, UUID(bytes=raw[:16]), UUID(bytes=raw[16:32]), raw[32:])

    @property
    def sha256(self) -> bytes:
        """What is stored of the key: of its whole text, so that another prefix makes another key."""
        return hashlib.sha256(str(self).encode()).digest()

    @property
    def hint(self) -> str:
        """The end of the text, by which people tell their keys apart."""
        return str(self)[-HINT_LENGTH:]

    def __str__(self) -> str:
        raw = self.tenant_public_id.bytes + self.secret_id.bytes + self.random
        body = (TEST if self.sandbox else LIVE) + _encoded(int.from_bytes(raw, "big"), _DIGITS)
        return body + _checksum(body)


def _checksum(body: str) -> str:
    return _encoded(zlib.crc32(body.encode()), _CHECK_DIGITS)


def _encoded(number: int, digits: int) -> str:
    text = ""
    for _ in range(digits):
        number, value = divmod(number, 62)
        text = _ALPHABET[value] + text
    return text


def _decoded(text: str) -> int:
    number = 0
    for character in text:
        number = number * 62 + _VALUES[character]
    return number

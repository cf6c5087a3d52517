"""The token in a guest's link: it names the company that gave it, opens one thing, and is stored hashed."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self
from uuid import UUID

from backend.guests.errors import LinkOpensNothingError

_SECRET: Final = 32
_LENGTH: Final = 16 + _SECRET
# 48 bytes are 64 characters, without padding.
_TEXT: Final = 64
MOST_LINK: Final = 2_000


@dataclass(frozen=True, slots=True)
class GuestToken:
    """The company's public id and the secret. Each kind has its own prefix, path, and error for what opens nothing."""

    PREFIX: ClassVar[str]
    PATH: ClassVar[str]
    INVALID: ClassVar[type[LinkOpensNothingError]]

    tenant_public_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """A token that nobody can guess."""
        return cls(tenant_public_id, secrets.token_bytes(_SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was handed out; raises the kind's error for anything else."""
        if not text.startswith(cls.PREFIX) or len(text) != len(cls.PREFIX) + _TEXT:
            raise cls.INVALID
        try:
            raw = base64.b64decode(text.removeprefix(cls.PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise cls.INVALID from None
        if len(raw) != _LENGTH:
            raise cls.INVALID
        return cls(UUID(bytes=raw[:16]), raw[16:])

    @classmethod
    def in_link(cls, text: str) -> Self:
        """Read a token out of what somebody pastes: the token alone, or the whole link. Raises the kind's error."""
        given = text.strip()
        if len(given) > MOST_LINK:
            raise cls.INVALID
        return cls.parse(given.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2])

    @property
    def sha256(self) -> bytes:
        """What is stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def link(self, public_url: str) -> str:
        """The link."""
        return f"{public_url.rstrip('/')}{self.PATH}/{self}"

    def __str__(self) -> str:
        return self.PREFIX + base64.urlsafe_b64encode(self.tenant_public_id.bytes + self.secret).decode()

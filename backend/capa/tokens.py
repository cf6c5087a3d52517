"""The token in a guest's link: it names the tenant, opens one request, and is stored hashed."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from backend.capa.errors import GuestLinkInvalidError

PREFIX: Final = "syq_"
_SECRET: Final = 32
_LENGTH: Final = 16 + _SECRET
# 48 bytes are 64 characters, without padding.
TEXT_LENGTH: Final = len(PREFIX) + 64


@dataclass(frozen=True, slots=True)
class GuestToken:
    """The tenant's public id and the secret."""

    tenant_public_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """A token that nobody can guess."""
        return cls(tenant_public_id, secrets.token_bytes(_SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was handed out; raises `GuestLinkInvalidError` for anything else."""
        if not text.startswith(PREFIX) or len(text) != TEXT_LENGTH:
            raise GuestLinkInvalidError
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise GuestLinkInvalidError from None
        if len(raw) != _LENGTH:
            raise GuestLinkInvalidError
        return cls(UUID(bytes=raw[:16]), raw[16:])

    @property
    def sha256(self) -> bytes:
        """What is stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def __str__(self) -> str:
        return PREFIX + base64.urlsafe_b64encode(self.tenant_public_id.bytes + self.secret).decode()

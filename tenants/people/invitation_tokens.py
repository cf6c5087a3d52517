"""The token in an invitation's link: it names the tenant, opens one invitation once, and is stored hashed."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from tenants.people.errors import InvitationInvalidError

PREFIX: Final = "syi_"
_SECRET: Final = 32
_LENGTH: Final = 16 + _SECRET


@dataclass(frozen=True, slots=True)
class InvitationToken:
    """The tenant's public id and the secret."""

    tenant_public_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """A token that nobody can guess."""
        return cls(tenant_public_id, secrets.token_bytes(_SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was handed out; raises `InvitationInvalidError` for anything else."""
        if not text.startswith(PREFIX) or len(text) > 100:
            raise InvitationInvalidError
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvitationInvalidError from None
        if len(raw) != _LENGTH:
            raise InvitationInvalidError
        return cls(UUID(bytes=raw[:16]), raw[16:])

    @property
    def sha256(self) -> bytes:
        """What is stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def __str__(self) -> str:
        # 48 bytes are 64 characters, without padding.
        return PREFIX + base64.urlsafe_b64encode(self.tenant_public_id.bytes + self.secret).decode()

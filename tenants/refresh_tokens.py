"""Refresh tokens: opaque, stored hashed, each good for one rotation; a repeated one ends its whole family."""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Self
from uuid import UUID

from tenants.errors import SessionEndedError

PREFIX: Final = "syr_"
GRACE: Final = timedelta(seconds=10)
_LENGTH: Final = 16 + 16 + 32


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """The tenant's public id, the family's selector and the secret of this one token."""

    tenant_public_id: UUID
    selector: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """The first token of a new family."""
        return cls(tenant_public_id, secrets.token_bytes(16), secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was handed out; raises `SessionEndedError` for anything else."""
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX) + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise SessionEndedError from None
        if len(raw) != _LENGTH or not text.startswith(PREFIX):
            raise SessionEndedError
        return cls(UUID(bytes=raw[:16]), raw[16:32], raw[32:])

    @property
    def sha256(self) -> bytes:
        """What is stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def successor(self, key: bytes) -> Self:
        """The token that replaces this one. It is derived, so that a client whose answer was lost gets the same one again."""
        secret = hmac.digest(key, b"refresh token successor" + self.secret, "sha256")
        return type(self)(self.tenant_public_id, self.selector, secret)

    def __str__(self) -> str:
        raw = self.tenant_public_id.bytes + self.selector + self.secret
        return PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Family:
    """What a session row knows of its refresh tokens."""

    token_sha256: bytes
    previous_sha256: bytes | None
    rotated_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None


class Rotation(Enum):
    """What a presented refresh token leads to."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    REUSED = "reused"
    ENDED = "ended"


def decide_rotation(family: Family, presented: bytes, moment: datetime) -> Rotation:
    """Rotate the current token; repeat the last answer within the grace; anything else is an old token in someone's hands.

    The selector is known only to who has held a token of the family, so a hash that matches nothing is a reuse and no guess.
    """
    if family.ended_at is not None or family.expires_at <= moment:
        return Rotation.ENDED
    if hmac.compare_digest(presented, family.token_sha256):
        return Rotation.ROTATE
    if (
        family.previous_sha256 is not None
        and family.rotated_at is not None
        and hmac.compare_digest(presented, family.previous_sha256)
        and moment - family.rotated_at <= GRACE
    ):
        return Rotation.REPEAT
    return Rotation.REUSED

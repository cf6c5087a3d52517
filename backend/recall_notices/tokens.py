"""The token in a customer's link: it names the sender's company, opens one notice, and is stored hashed."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Final, Self
from uuid import UUID

from backend.recall_notices.errors import RecallLinkInvalidError

PREFIX: Final = "syr_"
PATH: Final = "/recall"
_SECRET: Final = 32
_LENGTH: Final = 16 + _SECRET
# 48 bytes are 64 characters, without padding.
TEXT_LENGTH: Final = len(PREFIX) + 64
MOST_LINK: Final = 2_000


@dataclass(frozen=True, slots=True)
class NoticeToken:
    """The sender's public id and the secret."""

    tenant_public_id: UUID
    secret: bytes = field(repr=False)

    @classmethod
    def new(cls, tenant_public_id: UUID) -> Self:
        """A token that nobody can guess."""
        return cls(tenant_public_id, secrets.token_bytes(_SECRET))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a token as it was handed out; raises `RecallLinkInvalidError` for anything else."""
        if not text.startswith(PREFIX) or len(text) != TEXT_LENGTH:
            raise RecallLinkInvalidError
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise RecallLinkInvalidError from None
        if len(raw) != _LENGTH:
            raise RecallLinkInvalidError
        return cls(UUID(bytes=raw[:16]), raw[16:])

    @classmethod
    def in_link(cls, text: str) -> Self:
        """Read a token out of what somebody pastes: the token alone, or the whole link. Raises `RecallLinkInvalidError`."""
        given = text.strip()
        if len(given) > MOST_LINK:
            raise RecallLinkInvalidError
        return cls.parse(given.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2])

    @property
    def sha256(self) -> bytes:
        """What is stored of the token."""
        return hashlib.sha256(self.secret).digest()

    def __str__(self) -> str:
        return PREFIX + base64.urlsafe_b64encode(self.tenant_public_id.bytes + self.secret).decode()


def address_of(public_url: str, token: NoticeToken) -> str:
    """The link."""
    return f"{public_url.rstrip('/')}{PATH}/{token}"

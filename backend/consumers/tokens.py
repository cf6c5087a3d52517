"""What consumers hold in their links and forms: made with the service's own keys, stored nowhere; and the sealing of their addresses.

A link names tenant, request and what it may do. Whoever changes a sign of it has no link any more.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

from backend.consumers.errors import LinkInvalidError
from infra.settings import Settings
from tenants.sealing import Sealer, UnreadableError
from tenants.tokens import signing_secret

PREFIX: Final = "syw_"
_MAC: Final = 15
_LENGTH: Final = 16 + 16 + 1 + _MAC
# 48 bytes are 64 characters, without padding.
TEXT_LENGTH: Final = len(PREFIX) + 64
FORM_HOURS: Final = 2
# How long somebody may take to confirm, and how long he is told afterwards.
PENDING: Final = timedelta(days=2)
KEPT: Final = timedelta(days=730)
_SEALING: Final = b"suyuan addresses of consumers"
_SIGNING: Final = b"suyuan links of consumers"


class LinkUse(IntEnum):
    """What a link does; the numbers stand in links that are out."""

    CONFIRM = 1
    STOP = 2


@dataclass(frozen=True, slots=True)
class Link:
    """A link that is ours."""

    tenant_public_id: UUID
    watch_id: UUID
    use: LinkUse


class ConsumerKeys(Sealer):
    """Seals addresses, finds them again by digest, and signs links and forms. The keys serve for nothing else."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, _SEALING)
        given = [settings.encryption_key, *settings.encryption_retired_keys]
        self._signing = [hmac.digest(signing_secret(key.get_secret_value()), _SIGNING, "sha256") for key in given]

    def digests(self, tenant_id: int, email: str) -> list[str]:
        """Under which an address may be known: by the current key first, then by those that were."""
        told = b"address\x00" + tenant_id.to_bytes(8, "big") + email.lower().encode()
        return [hmac.digest(key, told, "sha256").hex() for key in self._signing]

    def opened(self, tenant_id: int, watch_id: UUID, key_id: str, sealed: bytes) -> str | None:
        """An address; None where no known key opens it."""
        try:
            return self.open(tenant_id, watch_id, key_id, sealed)
        except UnreadableError:
            return None

    def link(self, link: Link) -> str:
        """As it stands in a mail."""
        told = link.tenant_public_id.bytes + link.watch_id.bytes + bytes([link.use])
        return PREFIX + base64.urlsafe_b64encode(told + _mac(self._signing[0], b"link\x00" + told)).decode()

    def read_link(self, text: str) -> Link:
        """Raises `LinkInvalidError` for anything that isn't ours."""
        if not text.startswith(PREFIX) or len(text) != TEXT_LENGTH:
            raise LinkInvalidError
        try:
            raw = base64.b64decode(text.removeprefix(PREFIX), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise LinkInvalidError from None
        told, mac = raw[:-_MAC], raw[-_MAC:]
        if len(raw) != _LENGTH or not any(hmac.compare_digest(mac, _mac(key, b"link\x00" + told)) for key in self._signing):
            raise LinkInvalidError
        return Link(UUID(bytes=told[:16]), UUID(bytes=told[16:32]), LinkUse(told[32]))

    def form(self, tenant_id: int, key: str, at: datetime) -> str:
        """What stands in the form about goods that is opened at a moment."""
        return _mac(self._signing[0], _form(tenant_id, key, _hour(at))).hex()

    def is_form(self, text: str, tenant_id: int, key: str, at: datetime) -> bool:
        """Whether a form was opened here, about these goods, and not long ago."""
        hours = [_hour(at) - back for back in range(FORM_HOURS + 1)]
        known = (_mac(each, _form(tenant_id, key, hour)).hex() for each in self._signing for hour in hours)
        return any(hmac.compare_digest(text.encode(), each.encode()) for each in list(known))


def _mac(key: bytes, told: bytes) -> bytes:
    return hmac.digest(key, told, "sha256")[:_MAC]


def _form(tenant_id: int, key: str, hour: int) -> bytes:
    return b"form\x00" + tenant_id.to_bytes(8, "big") + hour.to_bytes(8, "big") + key.encode()


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // 3_600

"""Seals what channels send with and where browsers are told, each under its tenant and channel or registration."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

import msgspec

from infra.settings import Settings
from tenants.sealing import Sealer

_PURPOSE: Final = b"suyuan secrets of notifications"


class NotificationSealer(Sealer):
    """The keys for notifications, which serve for nothing else."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, _PURPOSE)

    def seal_all(self, tenant_id: int, owner: UUID, secrets: Mapping[str, str]) -> bytes:
        """Several secrets as one."""
        return self.seal(tenant_id, owner, msgspec.json.encode(secrets, order="sorted").decode())

    def open_all(self, tenant_id: int, owner: UUID, key_id: str | None, sealed: bytes | None) -> dict[str, str]:
        """The same again; none where nothing was sealed. Raises `UnreadableError`."""
        if sealed is None or key_id is None:
            return {}
        return msgspec.json.decode(self.open(tenant_id, owner, key_id, sealed), type=dict[str, str])

"""Seals the secrets of webhooks, each under its tenant and endpoint."""

from typing import Final

from infra.settings import Settings
from tenants.sealing import Sealer

_PURPOSE: Final = b"suyuan secrets of webhooks"


class SecretSealer(Sealer):
    """The keys for webhooks' secrets, which serve for nothing else."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, _PURPOSE)

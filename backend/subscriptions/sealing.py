"""Seals subscribers' secrets, each under its tenant and subscription."""

from typing import Final

from infra.settings import Settings
from tenants.sealing import Sealer, UnreadableError

_PURPOSE: Final = b"suyuan signature tokens of subscriptions"
TokenUnreadableError = UnreadableError


class TokenSealer(Sealer):
    """The keys for signature tokens, which serve for nothing else."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings, _PURPOSE)

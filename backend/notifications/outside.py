"""Mail to people who are no members of the company, such as customers: by the company's own e-mail channel, under the same guards."""

from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from backend.notifications import settings_repository
from backend.notifications.configurations import stored
from backend.notifications.kinds import ChannelKind
from backend.notifications.sealing import NotificationSealer
from backend.notifications.senders import mail
from backend.notifications.senders.letters import Letter, OpenChannel, Outcome
from infra.database import TenantTransaction
from infra.logging import get_logger
from infra.outward import Outward, OutwardFailedError, OutwardRefusedError
from infra.settings import Settings
from tenants.sealing import UnreadableError

__all__ = ["Letter", "OpenChannel", "Outcome", "Post"]

_log = get_logger(__name__)
_NO_CHANNEL: Final = "The company has no e-mail channel in use. Set one up under notifications, then send again."
_UNREADABLE: Final = "The secrets of the e-mail channel can't be read at the moment. Enter them again, then send again."


class Post:
    """For one process. `channel` inside of a transaction, `send` outside of any."""

    def __init__(self, settings: Settings, *, outward: Outward | None = None) -> None:
        self._outward = outward or Outward.of(settings)
        self._sealer = NotificationSealer(settings)
        self._host = urlsplit(settings.public_url).hostname or "suyuan.invalid"

    async def channel(self, tx: TenantTransaction) -> OpenChannel | str:
        """The oldest e-mail channel in use, opened for the moment of sending; or why there is none, in words."""
        for row in await settings_repository.channels(tx):
            if row["active"] and row["kind"] == ChannelKind.EMAIL:
                channel_id: UUID = row["channel_id"]
                try:
                    secrets = self._sealer.open_all(tx.tenant_id, channel_id, row["key_id"], row["secrets"])
                except UnreadableError:
                    return _UNREADABLE
                return OpenChannel(tx.tenant_id, channel_id, ChannelKind.EMAIL, stored(ChannelKind.EMAIL, row["settings"]), secrets)
        return _NO_CHANNEL

    async def send(self, letter: Letter, channel: OpenChannel) -> Outcome:
        """Hand a letter to the company's mail server; its Message-ID is made of `letter.delivery_id`. Never raises but for cancellation."""
        try:
            return await mail.send(letter, channel, self._outward, self._host)
        except OutwardRefusedError as problem:
            return Outcome(False, problem.message, hopeless=True)
        except OutwardFailedError as problem:
            return Outcome(False, str(problem))
        except Exception as problem:
            _log.exception("letter_not_sent", tenant_id=channel.tenant_id, delivery_id=str(letter.delivery_id))
            return Outcome(False, f"The message couldn't be written for this channel ({type(problem).__name__}).")

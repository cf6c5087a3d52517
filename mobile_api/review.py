"""Facts that couldn't be taken as they are: kept whole for a person, once, under the key that their event would have."""

from typing import Final

from backend.events import review
from backend.events.projection import Source
from infra.database import TenantTransaction
from mobile_api import rules
from mobile_api.batch import Received, plain

LONGEST_REASON: Final = 2_000


async def keep(tx: TenantTransaction, received: Received, reason: str) -> None:
    """Put the entry as it came into the review queue; the same content again changes nothing."""
    named = f"e:{rules.event_id(received.client_id)}" if received.client_id else f"mobile:{received.content_sha256.hex()}"
    await review.keep(
        tx,
        event_key=named,
        content_sha256=received.content_sha256,
        raw=plain(received.raw.decode("utf-8", "backslashreplace")),
        reason=plain(reason)[:LONGEST_REASON],
        source=Source.MOBILE,
    )

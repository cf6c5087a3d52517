"""What a phone told that couldn't be taken as it is: kept whole for a person, once, under the key that its event would have."""

from typing import Final
from uuid import UUID

from backend.events import review
from backend.events.projection import Source
from backend.events.review import ReviewKind
from infra.database import TenantTransaction
from mobile_api import rules
from mobile_api.batch import Received, Understood, plain
from tenants.permissions import Permission
from tenants.principal import Principal

LONGEST_REASON: Final = 2_000


async def keep(tx: TenantTransaction, received: Received, reason: str, *, revoked_device: UUID | None = None, place: str | None = None) -> bool:
    """Put the entry as it came into the review queue; the same content again changes nothing, and gives False."""
    named = f"e:{rules.event_id(received.client_id)}" if received.client_id else f"mobile:{received.content_sha256.hex()}"
    event = received.event if isinstance(received, Understood) else None
    text = plain(received.raw.decode("utf-8", "backslashreplace"))
    kind = ReviewKind.NOT_TAKEN if event else ReviewKind.UNREADABLE
    return await review.keep(
        tx,
        kind=ReviewKind.REVOKED_DEVICE if revoked_device is not None else kind,
        event_key=named,
        content_sha256=received.content_sha256,
        raw=text,
        raw_bytes=None if text.encode() == received.raw else received.raw,
        reason=plain(reason)[:LONGEST_REASON],
        source=Source.MOBILE,
        event=event,
        place=place,
        device_id=revoked_device,
    )


def place_of(principal: Principal) -> str | None:
    """Where what a phone tells belongs if it can't be read: the phone's site. None for somebody who isn't at one alone."""
    sites = principal.sites.get(Permission.MOBILE_SYNC, frozenset())
    return next(iter(sites)) if len(sites) == 1 else None

"""The review queue: facts that can't be taken as they are wait for a person, whole and once; nothing that was told is lost."""

from backend.events import repository
from backend.events.canonical import CanonicalEvent
from backend.events.json_text import write_json
from backend.events.projection import Source
from infra import clock
from infra.database import TenantTransaction

OTHER_CONTENT = "an event with the same key and other content is stored"


async def keep(tx: TenantTransaction, *, event_key: str, content_sha256: bytes, raw: str, reason: str, source: Source) -> None:
    """Keep what came in; the same content under the same key again changes nothing."""
    await repository.insert_review(
        tx, event_key=event_key, content_sha256=content_sha256, raw=raw, reason=reason, source=source, received_at=clock.now()
    )


async def keep_conflict(tx: TenantTransaction, event: CanonicalEvent, *, source: Source) -> None:
    """Keep a good event whose key is taken by other content."""
    raw = write_json({"@context": event.context, **event.body}).decode()
    await keep(tx, event_key=event.event_key, content_sha256=event.content_sha256, raw=raw, reason=OTHER_CONTENT, source=source)

"""The review queue: facts that can't be taken as they are wait for a person, whole and once; nothing that was told is lost.

What a person can do about an entry depends on its kind:

- CONFLICT: another event has its id. It is taken under an id of its own, as a second fact, or corrected, or dismissed. An error
  declaration can't have another id than the event that it corrects, so it is dismissed or declared anew.
- UNREADABLE: it takes somebody who knows what happened to write the event; that one is captured in its place.
- NOT_TAKEN: it is a good event that the sender might not tell, or at which we stumbled. It is taken as it is, or corrected.
- REVOKED_DEVICE: a phone delivered it after it was revoked. If it can be read, it is taken as it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import Sites, sites_of
from backend.events import repository, review_repository
from backend.events.canonical import CanonicalEvent
from backend.events.commands import read_command
from backend.events.errors import (
    ReviewEntryNotFoundError,
    ReviewEntryResolvedError,
    ReviewNeedsEventError,
    ReviewNeedsNewIdError,
    ReviewOfDeclarationError,
)
from backend.events.json_text import read_json, write_json
from backend.events.projection import Source
from backend.events.reporting import require_inside
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

OTHER_CONTENT: Final = "an event with the same key and other content is stored"
_NAMED: Final = "e:"


class ReviewKind(StrEnum):
    """Why an entry waits."""

    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    NOT_TAKEN = "not_taken"
    REVOKED_DEVICE = "revoked_device"


class Resolution(StrEnum):
    """What a person decided."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """An entry as stored. `raw` is what came, as text; `event` the EPCIS event in it, as JSON, where it could be read and isn't `raw`."""

    review_id: UUID
    received_at: datetime
    source: Source
    kind: ReviewKind
    event_key: str
    raw: str
    reason: str
    event: str | None
    device_id: UUID | None
    resolved_at: datetime | None
    resolution: Resolution | None
    resolved_by_name: str | None
    resolution_reason: str | None
    accepted_as: UUID | None


async def keep(
    tx: TenantTransaction,
    *,
    kind: ReviewKind,
    event_key: str,
    content_sha256: bytes,
    raw: str,
    reason: str,
    source: Source,
    raw_bytes: bytes | None = None,
    event: CanonicalEvent | None = None,
    place: str | None = None,
    device_id: UUID | None = None,
) -> bool:
    """Keep what came in; the same content under the same key again changes nothing, and gives False.

    `raw_bytes` are the bytes that came where `raw` doesn't give them back; `place` is where it belongs for who sees some sites only.
    """
    return await review_repository.insert(
        tx,
        {
            "review_id": uuid7(), "received_at": clock.now(), "source": source, "kind": str(kind), "event_key": event_key,
            "content_sha256": content_sha256, "raw": raw, "raw_bytes": raw_bytes, "reason": reason,
            "event": _written(event) if event else None, "place": _place(event) or place, "device_id": device_id,
        },
    )  # fmt: skip


async def keep_conflict(tx: TenantTransaction, event: CanonicalEvent, *, source: Source) -> None:
    """Keep a good event whose key is taken by other content."""
    await keep(
        tx, kind=ReviewKind.CONFLICT, event_key=event.event_key, content_sha256=event.content_sha256, raw=_written(event), reason=OTHER_CONTENT,
        source=source, place=_place(event),
    )  # fmt: skip


async def visible_entry(tx: TenantTransaction, principal: Principal, review_id: UUID | None) -> ReviewEntry:
    """One entry where the caller reviews, open or not. Raises `ReviewEntryNotFoundError`."""
    sites = await sites_of(tx, principal, Permission.EVENTS_REVIEW)
    found = await entries_by_id(tx, [review_id], sites) if review_id is not None else {}
    if review_id not in found:
        raise ReviewEntryNotFoundError
    return found[review_id]


async def entries_by_id(tx: TenantTransaction, review_ids: Collection[UUID], sites: Sites | None) -> dict[UUID, ReviewEntry]:
    """Those of these entries that there are at the sites."""
    return {row["review_id"]: _entry(row) for row in await review_repository.entries_by_ids(tx, review_ids, sites=sites)}


async def stored_under(tx: TenantTransaction, event_keys: Collection[str]) -> dict[str, UUID]:
    """Public ids of the events that are stored under these keys."""
    return {key: public_id for key, (public_id, _) in (await repository.stored_contents(tx, event_keys)).items()}


async def list_entries(
    tx: TenantTransaction,
    *,
    sites: Sites | None,
    open_only: bool | None = None,
    kind: ReviewKind | None = None,
    source: Source | None = None,
    device_id: UUID | None = None,
    cursor: UUID | None = None,
    backward: bool = False,
    limit: int,
) -> list[ReviewEntry]:
    """Entries at the sites, newest first."""
    rows = await review_repository.entries(
        tx, open_only=open_only, kind=kind, source=source, device_id=device_id, sites=sites, cursor=cursor, backward=backward, limit=limit
    )
    return [_entry(row) for row in rows]


def event_to_accept(entry: ReviewEntry, *, correction: dict[str, Any] | None, under_new_id: bool) -> CanonicalEvent:
    """The event that accepting an entry captures: the corrected one, else the one that came, with the entry's id where a new one is due.

    A correction without an eventID takes the place of what came, with its id. Raises `ReviewNeedsEventError`, `ReviewNeedsNewIdError`,
    `ReviewOfDeclarationError`, and `EventInvalidError` for a correction that is no event.
    """
    told = correction if correction is not None else _told(entry)
    names_itself = not told.keys().isdisjoint(("eventID", "id"))
    if under_new_id:
        if told.get("errorDeclaration") is not None:
            raise ReviewOfDeclarationError
        told = {**{name: value for name, value in told.items() if name != "id"}, "eventID": f"urn:uuid:{entry.review_id}"}
    elif entry.kind is ReviewKind.CONFLICT and (correction is None or not names_itself):
        raise ReviewOfDeclarationError if told.get("errorDeclaration") is not None else ReviewNeedsNewIdError
    elif not names_itself and entry.event_key.startswith(_NAMED):
        told = {**told, "eventID": entry.event_key.removeprefix(_NAMED)}
    return read_command(told)


async def open_entry(tx: TenantTransaction, principal: Principal, review_id: UUID) -> ReviewEntry:
    """The entry, to be decided in this transaction. Raises `ReviewEntryNotFoundError`, and `ReviewEntryResolvedError` where it was."""
    sites = await sites_of(tx, principal, Permission.EVENTS_REVIEW)
    row = await review_repository.lock_entry(tx, review_id, sites=sites)
    if row is None:
        raise ReviewEntryNotFoundError
    if row["resolved_at"] is not None:
        raise ReviewEntryResolvedError
    return _entry(row)


async def require_acceptable(tx: TenantTransaction, principal: Principal, event: CanonicalEvent) -> None:
    """Raise `EventsOutsideSitesError` where the reviewer's permission doesn't count at the event's places."""
    await require_inside(tx, principal, [event], Permission.EVENTS_REVIEW)


async def mark_accepted(
    tx: TenantTransaction, principal: Principal, entry: ReviewEntry, *, event: CanonicalEvent, public_id: UUID, reason: str
) -> None:
    """Close the entry: its event is captured in this transaction, or was before with the same content."""
    await _resolve(tx, principal, entry, reason, accepted_as=public_id)
    told = {"event": str(public_id), "eventKey": event.event_key, "kind": entry.kind}
    await audit.record(tx, principal, "review.accepted", f"review:{entry.review_id}", before=_before(entry), after=told, reason=reason)


async def dismiss(tx: TenantTransaction, principal: Principal, review_id: UUID, *, reason: str) -> None:
    """Close an entry without its event; it stays to be read. `reason` is text that was checked."""
    entry = await open_entry(tx, principal, review_id)
    await _resolve(tx, principal, entry, reason, accepted_as=None)
    await audit.record(tx, principal, "review.dismissed", f"review:{entry.review_id}", before=_before(entry), reason=reason)


async def _resolve(tx: TenantTransaction, principal: Principal, entry: ReviewEntry, reason: str, *, accepted_as: UUID | None) -> None:
    resolution = Resolution.DISMISSED if accepted_as is None else Resolution.ACCEPTED
    await review_repository.resolve(
        tx, entry.review_id, resolution=str(resolution), by=principal.actor_id, by_name=principal.display_name, reason=reason,
        accepted_as=accepted_as, moment=clock.now(),
    )  # fmt: skip


def _before(entry: ReviewEntry) -> dict[str, Any]:
    device = {"device": str(entry.device_id)} if entry.device_id else {}
    return {"kind": entry.kind, "eventKey": entry.event_key, "why": entry.reason[:500], **device}


def _told(entry: ReviewEntry) -> dict[str, Any]:
    """The event that came."""
    text = entry.raw if entry.kind is ReviewKind.CONFLICT else entry.event
    if text is None:
        raise ReviewNeedsEventError
    value: dict[str, Any] = read_json(text.encode()).value
    return value


def _written(event: CanonicalEvent) -> str:
    return write_json({"@context": event.context, **event.body}).decode()


def _place(event: CanonicalEvent | None) -> str | None:
    return event.biz_location or event.read_point if event else None


def _entry(row: Record) -> ReviewEntry:
    return ReviewEntry(
        row["review_id"], row["received_at"], Source(row["source"]), ReviewKind(row["kind"]), row["event_key"], row["raw"], row["reason"],
        row["event"], row["device_id"], row["resolved_at"], Resolution(row["resolution"]) if row["resolution"] else None, row["resolved_by_name"],
        row["resolution_reason"], row["accepted_as"],
    )  # fmt: skip

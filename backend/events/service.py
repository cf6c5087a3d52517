"""Capture: the one way in. Every phone, file, machine, partner and command ends here, inside one tenant transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from backend.events import moments, repository, review
from backend.events.canonical import CanonicalEvent
from backend.events.errors import EventConflictError
from backend.events.projection import Batch, Projection, Source, StoredEvent, Superseded
from backend.objects import service as objects
from infra import clock
from infra.database import Gate, Record, TenantTransaction
from infra.outbox import enqueue

CAPTURED = "events.captured"


class OutcomeStatus(StrEnum):
    """What became of one event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One event's answer; `public_id` is None for a conflict that went to the review queue."""

    status: OutcomeStatus
    event_key: str
    public_id: UUID | None
    event_id: int | None = None


async def stored_contents(tx: TenantTransaction, event_keys: Collection[str]) -> dict[str, tuple[UUID, bytes]]:
    """Public id and content digest of those events that are stored, by key."""
    return await repository.stored_contents(tx, event_keys)


def gate_for(events: Sequence[CanonicalEvent]) -> Gate:
    """The gate a transaction that captures these events must have passed: a correction shuts it for the moment (MODEL: Holds)."""
    return Gate.EXCLUSIVE if any(event.error_declaration for event in events) else Gate.SHARED


class CaptureService:
    """Stores events and brings every projection up to them. `projections` run in their order."""

    def __init__(self, projections: Sequence[Projection]) -> None:
        self._projections = tuple(projections)

    async def capture(
        self,
        tx: TenantTransaction,
        events: Sequence[CanonicalEvent],
        *,
        source: Source,
        job_id: UUID | None = None,
        command: bool = False,
    ) -> list[Outcome]:
        """Store `events` and answer each one, in their order. The caller's transaction must have passed `gate_for(events)`.

        A key that is stored with the same content is a duplicate and a success. With other content, a command raises
        `EventConflictError`; a reported fact goes to the review queue and is answered as a conflict.
        """
        needed = gate_for(events)
        if tx.gate is not needed and tx.gate is not Gate.EXCLUSIVE:
            raise RuntimeError(f"capture needs the gate {needed.name}; the transaction passed {tx.gate.name}")
        if not events:
            return []
        recorded_at = clock.now()
        first_by_key: dict[str, CanonicalEvent] = {}
        for event in events:
            first_by_key.setdefault(event.event_key, event)
        rows = await repository.insert_events(
            tx, [first_by_key[key] for key in sorted(first_by_key)], source=source, job_id=job_id, recorded_at=recorded_at
        )
        inserted = {row["event_key"]: row for row in rows}
        known = first_by_key.keys() - inserted.keys()
        stored = await repository.stored_contents(tx, known) if known else {}
        outcomes = [await self._answer(tx, event, first_by_key, inserted, stored, source=source, command=command) for event in events]
        new_keys = [key for key in first_by_key if key in inserted]
        if new_keys:
            new = [StoredEvent(inserted[key]["event_id"], first_by_key[key]) for key in new_keys]
            born_superseded = {inserted[key]["event_id"] for key in new_keys if inserted[key]["superseded_by"] is not None}
            await self._project(tx, new, born_superseded, recorded_at, own=source is Source.SERVICE)
        return _mark_repeats(outcomes)

    async def _answer(
        self,
        tx: TenantTransaction,
        event: CanonicalEvent,
        first_by_key: dict[str, CanonicalEvent],
        inserted: dict[str, Record],
        stored: dict[str, tuple[UUID, bytes]],
        *,
        source: Source,
        command: bool,
    ) -> Outcome:
        key = event.event_key
        if key in inserted:
            public_id, content = inserted[key]["public_id"], first_by_key[key].content_sha256
        else:
            public_id, content = stored[key]
        if content != event.content_sha256:
            if command:
                raise EventConflictError(key)
            await review.keep_conflict(tx, event, source=source)
            return Outcome(OutcomeStatus.CONFLICT, key, None)
        if key in inserted:
            return Outcome(OutcomeStatus.ACCEPTED, key, public_id, inserted[key]["event_id"])
        return Outcome(OutcomeStatus.DUPLICATE, key, public_id)

    async def _project(self, tx: TenantTransaction, new: list[StoredEvent], born_superseded: set[int], recorded_at: datetime, *, own: bool) -> None:
        identifiers = [participation.identifier for item in new for participation in item.event.participations]
        for projection in self._projections:
            for item in new:
                identifiers += projection.identifiers(item.event)
        object_ids = dict(await objects.resolve(tx, identifiers))
        await self.begin_deriving(tx)
        await repository.insert_participations(tx, new, object_ids)
        declarations = [(repository.base_key(item.event), item.event_id) for item in new if item.event.error_declaration]
        superseded = await repository.supersede(tx, declarations) if declarations else []
        out_of_force = born_superseded | {row["event_id"] for row in superseded} | {event_id for _, event_id in declarations}
        new_ids = {item.event_id for item in new}
        batch = Batch(
            recorded_at=recorded_at,
            applied=[item for item in new if item.event_id not in out_of_force],
            superseded=[Superseded(row["event_id"], row["superseded_by"]) for row in superseded if row["event_id"] not in new_ids],
            object_ids=object_ids,
            recorded=new,
            own=own,
        )
        await self.derive(tx, batch)
        await enqueue(tx, CAPTURED, [{"event_ids": [item.event_id for item in new], "superseded": batch.superseded_ids}])
        await repository.number(tx, [item.event_id for item in new])

    async def begin_deriving(self, tx: TenantTransaction) -> None:
        """Two writers that derive at once could each miss what the other has not committed yet."""
        await moments.begin(tx)

    async def derive(self, tx: TenantTransaction, batch: Batch) -> None:
        """Bring every projection up to a batch, also to one that no event made, as an alias does; after `begin_deriving`."""
        for projection in self._projections:
            await projection.project(tx, batch)


def _mark_repeats(outcomes: list[Outcome]) -> list[Outcome]:
    """A key that stands twice in one batch was accepted once."""
    seen: set[str] = set()
    answers = []
    for outcome in outcomes:
        if outcome.status is OutcomeStatus.ACCEPTED and outcome.event_key in seen:
            answers.append(Outcome(OutcomeStatus.DUPLICATE, outcome.event_key, outcome.public_id))
        else:
            answers.append(outcome)
        seen.add(outcome.event_key)
    return answers

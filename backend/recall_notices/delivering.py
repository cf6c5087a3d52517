"""To whom a notice goes and how: contacts with an e-mail address, and companies of the service that have agreed to take it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.recall_notices import bells
from backend.recall_notices import connection_repository as connections
from backend.recall_notices import delivery_repository as repository
from backend.recall_notices.kinds import Direction, SendState, Way
from backend.recall_notices.stored import Contact
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue

RINGS: Final = {Way.EMAIL: bells.MAIL, Way.COMPANY: bells.HAND_OVER}


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told: an address, or a connection by its id."""

    way: Way
    address: str
    name: str
    language: str


async def receivers_of(tx: TenantTransaction, parties: Collection[str], by_party: Mapping[str, Sequence[Contact]]) -> dict[str, list[Receiver]]:
    """Everybody who is told at these customers; who has nobody is missing. An address that several contacts share is written to once."""
    found: dict[str, list[Receiver]] = defaultdict(list)
    for party, several in by_party.items():
        written: set[str] = set()
        for contact in several:
            if contact.email and contact.email.lower() not in written:
                written.add(contact.email.lower())
                found[party].append(Receiver(Way.EMAIL, contact.email, contact.name, contact.language))
    for row in await connections.of_parties(tx, int(Direction.CUSTOMER), parties):
        found[row["party"]].append(Receiver(Way.COMPANY, str(row["connection_id"]), row["other_name"], "zh"))
    return dict(found)


async def deliver(
    tx: TenantTransaction, sending: Sequence[tuple[UUID, Sequence[Receiver]]], *, occasion: str, drill: bool, at: datetime | None = None
) -> int:
    """Write what is to be sent of each notice to whom, and ring for it; gives how much is new. A drill writes it, and rings for nothing."""
    moment = at or clock.now()
    state = SendState.WOULD_SEND if drill else SendState.QUEUED
    rows = [
        (uuid7(), notice_id, occasion, int(to.way), to.address, to.name, to.language, int(state), None if drill else moment)
        for notice_id, several in sending
        for to in several
    ]
    written = await repository.insert(tx, rows, at=clock.now())
    if not drill:
        for way, topic in RINGS.items():
            payloads = [{"delivery_id": str(row["delivery_id"]), "due_at": moment.isoformat()} for row in written if row["way"] == way]
            await enqueue(tx, topic, payloads, due_at=moment)
    return len(written)

"""Puts a message on its way to all who want its kind, in the transaction of what it tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.webhooks import delivery_repository, repository
from backend.webhooks.kinds import KINDS, TEST, VERSION
from backend.webhooks.rules import MOST_BYTES
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue

DUE: Final = "webhook.due"
_OFF: Final = "The endpoint was switched off, so nothing was sent. It can be replayed."


async def publish(tx: TenantTransaction, *, kind: str, subject: str, data: Mapping[str, Any], at: datetime | None = None) -> UUID | None:
    """Tell all endpoints that want this kind, from the commit on; None where none does, which costs one look-up.

    `subject` is the public key or URI of what it is about, `data` holds ids and keys (`KINDS`): whoever wants more asks the API. For an
    endpoint that is switched off the message is kept, to be replayed.
    """
    if kind not in KINDS:
        raise ValueError(f"no webhooks of kind {kind}")
    wanting = await repository.subscribed(tx, kind)
    if not wanting:
        return None
    message_id, moment = await _message(tx, kind, subject, data, at)
    enabled = [endpoint_id for endpoint_id, is_enabled in wanting if is_enabled]
    await _send(tx, message_id, enabled, kind=kind, subject=subject, moment=moment)
    disabled = [endpoint_id for endpoint_id, is_enabled in wanting if not is_enabled]
    if disabled:
        await delivery_repository.insert_deliveries(tx, message_id, disabled, kind=kind, subject=subject, at=moment, failure=_OFF)
    return message_id


async def publish_to(tx: TenantTransaction, endpoint_id: UUID, *, kind: str, subject: str, data: Mapping[str, Any]) -> UUID | None:
    """Tell one endpoint alone, whatever it has subscribed to; gives the delivery's id, None where there is no such endpoint in service."""
    if kind not in KINDS and kind != TEST:
        raise ValueError(f"no webhooks of kind {kind}")
    endpoint = await repository.by_id(tx, endpoint_id)
    if endpoint is None or not endpoint.enabled:
        return None
    message_id, moment = await _message(tx, kind, subject, data, None)
    [delivery_id] = await _send(tx, message_id, [endpoint_id], kind=kind, subject=subject, moment=moment)
    return delivery_id


async def ring(tx: TenantTransaction, endpoint_ids: Sequence[UUID], at: datetime | None = None) -> None:
    """Have endpoints looked at after the commit, or then."""
    await enqueue(tx, DUE, [{"endpoint_id": str(endpoint_id)} for endpoint_id in endpoint_ids], due_at=at)


async def _message(tx: TenantTransaction, kind: str, subject: str, data: Mapping[str, Any], at: datetime | None) -> tuple[UUID, datetime]:
    message_id, moment = uuid7(), clock.now()
    body = body_of(kind, subject, data, at or moment)
    await delivery_repository.insert_message(tx, message_id, kind=kind, subject=subject, body=body, at=moment)
    return message_id, moment


async def _send(tx: TenantTransaction, message_id: UUID, endpoints: Sequence[UUID], *, kind: str, subject: str, moment: datetime) -> list[UUID]:
    if not endpoints:
        return []
    ids = await delivery_repository.insert_deliveries(tx, message_id, endpoints, kind=kind, subject=subject, at=moment)
    await ring(tx, endpoints)
    return ids


def body_of(kind: str, subject: str, data: Mapping[str, Any], at: datetime) -> str:
    """The payload as it is stored, signed and sent; what would be too large for receivers is told by its subject alone."""
    message = {"type": kind, "version": VERSION, "timestamp": clock.isoformat(at), "data": {"subject": subject, **data}}
    body = msgspec.json.encode(message)
    if len(body) > MOST_BYTES:
        body = msgspec.json.encode(message | {"data": {"subject": subject, "shortened": True}})
    return body.decode()

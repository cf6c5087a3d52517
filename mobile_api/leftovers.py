"""What a revoked phone still held: set aside whole for a person, neither dropped nor taken."""

import asyncio
from typing import Final

from backend.services import Services
from infra.database import TenantTransaction
from mobile_api import review
from mobile_api.batch import NotUnderstood, Received, in_order, read_batch
from mobile_api.entries import Mode
from mobile_api.schemas import EntryAnswer, EntryStatus, SyncAnswer
from tenants.devices.administration import count_leftovers
from tenants.devices.errors import DeviceRevokedError
from tenants.principal import Principal

_KEPT: Final = "This phone was revoked. What it told is kept, and somebody will look at it."
_REFUSED: Final = "This phone was revoked, so nothing was done. What it asked for is kept, and somebody will look at it."


async def set_aside(services: Services, device: Principal, body: bytes) -> SyncAnswer:
    """Keep every entry of a batch once, in one transaction. Raises for a body that is no batch, and `QuarantineFullError`; nothing is kept then."""
    received = await asyncio.to_thread(read_batch, body)

    async def use_case(tx: TenantTransaction) -> None:
        new = [
            item
            for item in in_order(received)
            if await review.keep(tx, item, _reason(item), revoked_device=device.actor_id, place=review.place_of(device))
        ]
        if new:
            await count_leftovers(tx, device, entries=len(new), size=sum(len(item.raw) for item in new))

    await services.in_tenant(device.tenant_id, use_case)
    return SyncAnswer([_answer(item) for item in received])


def _reason(item: Received) -> str:
    """Beside the phone, whatever else is wrong with the entry."""
    asked = " It was asked for, not told as done." if item.mode is Mode.COMMAND else ""
    unreadable = f" {item.problem.code}: {item.problem.message}" if isinstance(item, NotUnderstood) else ""
    return f"{DeviceRevokedError.code}: the phone was revoked before it delivered this.{asked}{unreadable}"


def _answer(item: Received) -> EntryAnswer:
    if item.mode is Mode.COMMAND:
        return EntryAnswer(item.client_id, EntryStatus.REFUSED, code=DeviceRevokedError.code, message=_REFUSED)
    return EntryAnswer(item.client_id, EntryStatus.NEEDS_REVIEW, code=DeviceRevokedError.code, message=_KEPT)

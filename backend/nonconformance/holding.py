"""The holds of nonconformances: placed when one is opened, and let go as far as a decision says. The one place that asks holds for it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from backend.holds import query_service as holds_read
from backend.holds import service as holds
from backend.nonconformance import repository
from backend.objects import service as objects
from infra.database import TenantTransaction
from tenants.principal import Principal
from tenants.signatures.service import Signature


async def place(tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, *, keys: Sequence[str], reason: str, number: str) -> list[UUID]:
    """Hold the goods, behind the exclusive gate; what was made of them is held with them."""
    placed = [(await holds.place_hold(tx, principal, key=key, reason=reason, note=number)).hold_id for key in keys]
    await repository.link_holds(tx, nonconformance_id, placed)
    return placed


async def release(
    tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, object_ids: Collection[int], *, reason: str, signature: Signature
) -> None:
    """Let these goods go from the nonconformance's own holds, behind the exclusive gate; holds for other causes stay."""
    named = await objects.load(tx, object_ids)
    linked = [row["hold_id"] for row in await repository.holds_of(tx, [nonconformance_id])]
    for hold_id, listed in (await holds_read.holds_by_id(tx, linked)).items():
        if not listed.hold.active:
            continue
        keys = [named[object_id].key for object_id in sorted(named) if object_id == listed.object_id] or [
            thing.key for _, thing in sorted(named.items()) if await _made_of(tx, thing.object_id, listed.object_id)
        ]
        if keys:
            await holds.release_hold(tx, principal, hold_id=hold_id, reason=reason, signature=signature, keys=keys)


async def _made_of(tx: TenantTransaction, object_id: int, source_id: int) -> bool:
    from backend.genealogy import reach  # noqa: PLC0415 - only where something was reworked

    return source_id in await reach.ancestors(tx, [object_id])

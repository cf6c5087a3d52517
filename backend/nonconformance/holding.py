"""The holds of nonconformances: placed when one is opened, and let go as far as a decision says. The one place that asks holds for it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from backend.holds import query_service as holds_read
from backend.holds import service as holds
from backend.nonconformance import repository
from backend.objects import service as objects
from infra.database import TenantTransaction
from tenants.principal import Principal


async def place(
    tx: TenantTransaction, principal: Principal | None, nonconformance_id: UUID, *, keys: Sequence[str], reason: str, number: str
) -> UUID:
    """Hold the goods, behind the exclusive gate; what was made of them is held with them."""
    origin = holds.HoldOrigin(holds.HoldCauseKind.NONCONFORMANCE, f"nonconformance:{nonconformance_id}")
    placed = await holds.place(tx, principal, scope=holds.Scope.of_objects(*keys), origin=origin, reason=reason, note=number)
    await repository.link_holds(tx, nonconformance_id, [placed.hold_id])
    return placed.hold_id


async def release(
    tx: TenantTransaction, principal: Principal, nonconformance_id: UUID, object_ids: Collection[int], *, reason: str, signature_id: UUID
) -> None:
    """Let these goods go from the nonconformance's holds, behind the exclusive gate; holds for other causes stay.

    Name all that it has let go so far: a hold ends with the last of what it stands on.
    """
    keys = sorted(thing.key for thing in (await objects.load(tx, object_ids)).values())
    linked = [row["hold_id"] for row in await repository.holds_of(tx, [nonconformance_id])]
    for hold_id, listed in sorted((await holds_read.holds_by_id(tx, linked)).items()):
        if listed.hold.active:
            await holds.release_for(tx, principal, hold_id=hold_id, keys=keys, reason=reason, signature_id=signature_id)

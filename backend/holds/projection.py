"""What captured facts do to holds: held goods that were shipped all the same raise an alert; corrections free nothing by themselves."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from backend.alerts import service as alerts
from backend.events.canonical import CanonicalEvent
from backend.events.projection import Batch
from backend.genealogy import reach as genealogy
from backend.genealogy.containment import outer_containers
from backend.holds import goods, reach, repository, root_repository, roots
from backend.holds.errors import HoldCause
from backend.holds.placing import announce
from backend.holds.root_repository import RootRow
from backend.holds.scopes import falling
from backend.holds.stakes import Act, act_of, at_stake
from backend.identifiers import Identifier, ObjectKind
from backend.objects import service as objects
from backend.shipments import service as shipments
from infra.database import TenantTransaction

# Why an event is marked; the numbers are stored and never change.
HELD_GOODS_SHIPPED = 1
HELD_GOODS_USED = 2


class HoldMemory:
    """Runs before every other projection: remembers what is held before a correction takes links away."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Nothing."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Keep each hold's reach as it is before the correction."""
        if not batch.superseded:
            return
        holds = await reach.holds_reaching(tx)
        members = await genealogy.members_taught_by(tx, batch.superseded_ids) if holds else []
        for hold_id, (standing_on, cuts) in holds.items():
            held = await reach.held_by(tx, standing_on, cuts)
            # Units without links of their own are held through their lot; a correction may take that membership away.
            batch.held_before[hold_id] = held | {unit for unit, lot in members if lot in held}


class HoldWatch:
    """Runs last: goods that lost their path to a held root become pending; shipments of held goods raise alerts."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Nothing."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Compare the reach before and after corrections, then look at every shipment that the batch made or changed."""
        if not await repository.any_active(tx):
            return
        # Before what these events themselves bring under a hold.
        await self._alert_of_acts(tx, batch)
        await self._take_roots(tx, batch)
        if batch.held_before:
            await self._keep_pending(tx, batch)
        await goods.tell_grown(tx, nodes=batch.nodes, units=batch.units, containers=batch.containers)
        affected = batch.shipments | await self._newly_held(tx, batch)
        if affected:
            await self._alert(tx, affected)

    async def _alert_of_acts(self, tx: TenantTransaction, batch: Batch) -> None:
        """Held goods that were used up, packed or sold all the same, as facts tell."""
        done = {
            item.event_id: (item, act, [batch.object_id(each) for each in at_stake(item.event)])
            for item in batch.applied
            if (act := act_of(item.event)) not in (None, Act.SHIPPED)
        }
        concerned = {object_id for _, _, ids in done.values() for object_id in ids}
        if not concerned or not await reach.any_held(tx, await genealogy.inside(tx, concerned)):
            return
        for item, act, ids in done.values():
            causes = await reach.causes(tx, ids)
            for cause in causes:
                await self._raise(tx, f"held_goods_{act}", item.event.event_key, cause, {"event": item.event.event_key})
            if causes:
                await repository.mark_anomaly(tx, [item.event_id], HELD_GOODS_USED)

    async def _raise(self, tx: TenantTransaction, kind: str, act_key: str, cause: HoldCause, more: dict[str, Any]) -> None:
        detail = {**more, "reason": cause.reason, "held": cause.held_uri, "root": cause.root_uri, "hold": str(cause.hold_id)}
        await alerts.raise_alert(
            tx, kind=kind, severity=alerts.Severity.CRITICAL, subject=cause.held_uri, detail=detail,
            dedupe_key=f"{kind}:{act_key}:{cause.hold_id}:{cause.held_key}", cause_key=f"hold:{cause.hold_id}",
        )  # fmt: skip

    async def _take_roots(self, tx: TenantTransaction, batch: Batch) -> None:
        """What falls into the scopes of holds, told late or in a window that still runs, is held from this transaction on."""
        if batch.superseded:
            await root_repository.supersede(tx, batch.superseded_ids, batch.superseded_by)
        # What the service tells itself is no fact about goods: a published hold would bring itself under a hold on its step.
        watched = await roots.watched(tx) if batch.applied and not batch.own else []
        fallen = falling(watched, [(item.event_id, item.event) for item in batch.applied]) if watched else []
        rows = await roots.rows_of_events(tx, watched, fallen) if fallen else []
        if not rows:
            return
        added = await root_repository.add_roots(tx, rows, batch.recorded_at)
        # They were free when this batch's links and shipments were looked at by others: look at them here.
        batch.nodes |= {object_id for _, object_id in added}
        by_hold: dict[UUID, list[RootRow]] = defaultdict(list)
        for row in rows:
            by_hold[row[0]].append(row)
        for hold_id, of_hold in by_hold.items():
            await announce(tx, hold_id, of_hold, batch.recorded_at)

    async def _newly_held(self, tx: TenantTransaction, batch: Batch) -> set[int]:
        """Shipments of what the batch's new links, or new contents of held containers, put under a hold."""
        changed = set(batch.nodes)
        if batch.containers:
            outer = await outer_containers(tx, batch.containers)
            if await repository.standing_in(tx, outer):
                changed |= await genealogy.ever_inside(tx, batch.containers)
        if not changed or not await reach.any_held(tx, changed):
            return set()
        return await shipments.naming(tx, await genealogy.descendants(tx, changed))

    async def _keep_pending(self, tx: TenantTransaction, batch: Batch) -> None:
        declaration = batch.superseded[0].by
        pending: set[tuple[UUID, int, int]] = set()
        for hold_id, (standing_on, cuts) in (await reach.holds_reaching(tx)).items():
            now = await reach.held_by(tx, standing_on, cuts)
            lost = batch.held_before.get(hold_id, set()) - now
            if lost:
                await goods.begin(tx, [hold_id], anew=True)
            still = {unit for unit, lot in await genealogy.lots_of(tx, lost) if lot in now}
            pending |= {(hold_id, object_id, declaration) for object_id in await _things(tx, lost - still)}
        if pending:
            await repository.insert_pending(tx, sorted(pending))

    async def _alert(self, tx: TenantTransaction, affected: set[int]) -> None:
        carried = await shipments.goods_by_shipment(tx, affected)
        for shipped in await shipments.load(tx, carried):
            causes = await reach.causes_in_shipment(tx, carried[shipped.shipment_id])
            for cause in causes:
                more = {"shipment": str(shipped.public_id), "toParty": shipped.to_party, "document": shipped.document}
                await self._raise(tx, "held_goods_shipped", str(shipped.public_id), cause, more)
            if causes:
                await repository.mark_anomaly(tx, [shipped.shipment_id], HELD_GOODS_SHIPPED)


async def _things(tx: TenantTransaction, nodes: set[int]) -> set[int]:
    """Without the genealogy's own nodes, which nobody could release; a step stays, so that goods which are told of it late wait too."""
    return {node for node, thing in (await objects.load(tx, nodes)).items() if thing.kind not in (ObjectKind.CONTAINER_STATE, ObjectKind.POOL)}

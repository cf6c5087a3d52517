"""The projection that keeps links, memberships, class inputs and movements equal to the events in force."""

from collections.abc import Iterable

from backend.events.canonical import CanonicalEvent, Role
from backend.events.projection import Batch
from backend.genealogy import repository, rules
from backend.genealogy.containment import CONTAINERS, relink_used_up
from backend.genealogy.rules import Certainty, LinkKind
from backend.identifiers import Identifier, ObjectKind
from infra.database import TenantTransaction


class GenealogyProjection:
    """Runs after containment: what was in a container that was used up gets its links there."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Transformation nodes, and lots that are named only beside a serial."""
        links = rules.stated_links(event)
        named = [identifier for link in links for identifier in (link.parent, link.child)]
        if rules.class_inputs(event):
            named.append(rules.transformation_node(event))
        return [*named, *(lot for _, lot in rules.memberships(event))]

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Insert what the new events state, mark what the superseded ones stated, then bring the derived links up."""
        stale, moved = await self._supersede(tx, batch) if batch.superseded else (set(), set())
        links = self._links(batch)
        if links:
            await repository.insert_links(tx, links)
            batch.nodes |= {row[0] for row in links} | {row[1] for row in links}
        members = [
            (batch.object_id(unit), batch.object_id(lot), item.event_id) for item in batch.applied for unit, lot in rules.memberships(item.event)
        ]
        if members:
            await repository.insert_memberships(tx, members)
            batch.units |= {row[0] for row in members}
        before, contents = await self._used_up(tx, batch, stale)
        units = batch.units | self._units_named(batch) | contents
        await self._derive(tx, units, stale | (before - contents), {row[0] for row in links if row[3] == LinkKind.INPUT})
        batch.nodes |= contents
        # A shipment counts a unit by itself only while it has links of its own, so those that have lost some count too.
        batch.units |= units | stale | before
        moved |= await self._move(tx, batch)
        await self._class_inputs(tx, batch, moved)

    async def _supersede(self, tx: TenantTransaction, batch: Batch) -> tuple[set[int], set[int]]:
        """Nodes and units that lost something, and objects that were moved by what is out of force."""
        units = await repository.members_taught_by(tx, batch.superseded_ids)
        nodes = await repository.supersede(tx, batch.superseded_ids, batch.superseded_by)
        batch.units |= units
        batch.nodes |= nodes
        return units | nodes, await repository.moved_by(tx, batch.superseded_ids)

    async def _used_up(self, tx: TenantTransaction, batch: Batch, stale: set[int]) -> tuple[set[int], set[int]]:
        """What lay in containers that went in as a whole: (linked before, linked now), for the containers that the batch concerns."""
        used = {
            batch.object_id(participation.identifier)
            for item in batch.applied
            for participation in item.event.participations
            if participation.role is Role.INPUT and participation.identifier.kind in CONTAINERS
        }
        concerned = batch.containers | used | stale
        return await relink_used_up(tx, concerned) if concerned else (set(), set())

    async def _derive(self, tx: TenantTransaction, units: set[int], stale: set[int], lots: set[int]) -> None:
        """Member edges and shares, as functions of the links and memberships in force."""
        if stale:
            lots = lots | await repository.forget_derived(tx, stale)
        if units or stale:
            lots = lots | await repository.link_members(tx, units | stale)
        if lots:
            await repository.link_shares(tx, lots)

    def _links(self, batch: Batch) -> list[repository.LinkRow]:
        return [
            (
                batch.object_id(link.parent), batch.object_id(link.child), item.event_id, int(link.kind), item.event.event_time,
                link.quantity, link.uom, int(Certainty.CERTAIN),
            )
            for item in batch.applied
            for link in rules.stated_links(item.event)
        ]  # fmt: skip

    def _units_named(self, batch: Batch) -> set[int]:
        """Units that a transformation names: they have links of their own now."""
        return {
            batch.object_id(identifier)
            for item in batch.applied
            for link in rules.stated_links(item.event)
            for identifier in (link.parent, link.child)
            if identifier.kind is ObjectKind.UNIT
        }

    async def _move(self, tx: TenantTransaction, batch: Batch) -> set[int]:
        rows = [
            (
                batch.object_id(stated.identifier), item.event_id, line, stated.place, item.event.event_time, stated.delta, stated.uom,
                stated.counterparty,
            )
            for item in batch.applied
            for line, stated in enumerate(rules.movements(item.event))
        ]  # fmt: skip
        if rows:
            await repository.insert_movements(tx, rows)
        return {
            batch.object_id(stated.identifier)
            for item in batch.applied
            for stated in rules.movements(item.event)
            if stated.identifier.kind is ObjectKind.LOT
        }

    async def _class_inputs(self, tx: TenantTransaction, batch: Batch, moved: set[int]) -> None:
        rows = [
            (
                item.event_id, batch.object_id(rules.transformation_node(item.event)), batch.object_id(product), product.gtin or product.key,
                item.event.biz_location or item.event.read_point, item.event.event_time,
            )
            for item in batch.applied
            for product in rules.class_inputs(item.event)
        ]  # fmt: skip
        if rows:
            await repository.insert_class_inputs(tx, rows)
        events = {row[0] for row in rows}
        if moved:
            events |= set(await repository.class_inputs_touched(tx, moved))
        if events:
            batch.nodes |= await repository.relink_candidates(tx, events)

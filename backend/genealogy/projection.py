"""The projection that keeps links, memberships, class inputs and movements equal to the events in force."""

from collections.abc import Iterable

from backend.events.canonical import CanonicalEvent
from backend.events.projection import Batch
from backend.genealogy import repository, rules
from backend.genealogy.candidates import settle_candidates
from backend.genealogy.members import settle_members, settle_pools
from backend.genealogy.rules import Certainty, LinkKind
from backend.genealogy.states import insert_states, settle_states
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
        moved |= await self._move(tx, batch)
        changed = await self._class_inputs(tx, batch, moved) | await self._states(tx, batch, stale)
        batch.nodes |= changed
        # A shipment counts a unit by itself only while it has links of its own, so those that have lost some count too.
        batch.units |= self._units_named(batch) | changed | stale
        lots = await settle_members(tx, batch.units) if batch.units else set()
        used = changed | {batch.object_id(lot) for lot in self._lots_used(batch)}
        batch.nodes |= await settle_pools(tx, lots | stale, used)

    async def _supersede(self, tx: TenantTransaction, batch: Batch) -> tuple[set[int], set[int]]:
        """Nodes and units that lost something, and objects that were moved by what is out of force."""
        units = await repository.members_taught_by(tx, batch.superseded_ids)
        nodes = await repository.supersede(tx, batch.superseded_ids, batch.superseded_by)
        batch.units |= units
        batch.nodes |= nodes
        return units | nodes, await repository.moved_by(tx, batch.superseded_ids)

    async def _states(self, tx: TenantTransaction, batch: Batch, stale: set[int]) -> set[int]:
        """What lay in containers as they were used, for the containers that the batch concerns. Returns the nodes whose links changed."""
        states = [(item, *state) for item in batch.applied for state in rules.container_states(item.event)]
        rows = [
            (batch.object_id(state), batch.object_id(container), item.event_id, item.event.event_time, filled)
            for item, state, container, filled in states
        ]
        if rows:
            await insert_states(tx, rows)
        concerned = batch.containers | {container for _, container, _, _, filled in rows if not filled}
        return await settle_states(tx, concerned, stale) if concerned or stale else set()

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

    def _lots_used(self, batch: Batch) -> list[Identifier]:
        return [
            link.parent
            for item in batch.applied
            for link in rules.stated_links(item.event)
            if link.kind is LinkKind.INPUT and link.parent.kind is ObjectKind.LOT
        ]

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

    async def _class_inputs(self, tx: TenantTransaction, batch: Batch, moved: set[int]) -> set[int]:
        """Products that went in without their lot. Returns the nodes whose links changed."""
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
        return await settle_candidates(tx, events) if events else set()

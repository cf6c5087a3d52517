"""The product's answers in the reference's words: captured through the capture use case, asked through its services."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from backend.aliases import service as aliases
from backend.events import moments
from backend.events.commands import read_command
from backend.events.projection import Source
from backend.genealogy import reach
from backend.genealogy.rules import Certainty, transformation_node
from backend.holds import reach as hold_reach
from backend.holds import service as holds
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.services import Services
from backend.trace import query_service
from backend.trace import service as traces
from backend.trace.reached_shipments import shipments_of
from backend.trace.rules import Direction
from backend.trace.starts import find_starts, seeds_of
from infra.database import Gate, TenantTransaction
from tests.firms import Firm
from tests.reference.shipping import Carried
from tests.reference.told import Body, name_of
from tests.signing import signature_of


@dataclass(frozen=True)
class ProductLink:
    """One link as the product tells it, in keys; `why` as in the reference."""

    parent: str
    child: str
    why: str
    at: datetime
    event: str
    amount: Decimal | None
    uom: str | None
    certain: bool


@dataclass(frozen=True)
class ProductAnswer:
    """A trace as the product tells it."""

    reached: dict[str, bool]
    links: set[ProductLink]
    gaps: frozenset[tuple[str, str]]


@dataclass
class Product:
    """One tenant that is told a story and asked about it."""

    services: Services
    firm: Firm
    # What the product calls events and transformations, in the reference's words.
    names: dict[str, str] = field(default_factory=dict)
    # The tenant's last moment after each batch: by it one asks what was known then.
    moments: list[datetime] = field(default_factory=list)

    async def tell(self, batches: Iterable[Sequence[Body]]) -> None:
        """Each batch in a transaction of its own."""
        for batch in batches:
            events = [read_command(body) for body in batch]
            for body, event in zip(batch, events, strict=True):
                name = name_of(body)
                self.names[event.event_key] = name
                self.names[transformation_node(event).key] = f"transformation {body.get('transformationID') or name}"
            take = partial(self.services.capture.capture, events=events, source=Source.EPCIS)
            await self.services.capturing(self.firm.tenant_id, events, take)
            async with self.services.database.tenant(self.firm.tenant_id) as tx:
                self.moments += [moment] if (moment := await moments.last(tx)) else []

    def name(self, key: str) -> str:
        return self.names.get(key, key)

    async def events(self, tx: TenantTransaction) -> dict[int, str]:
        """The log's ids and the events' names."""
        return {row["event_id"]: self.name(row["event_key"]) for row in await tx.fetch("select event_id, event_key from event where tenant_id = $1")}

    async def trace(self, tx: TenantTransaction, key: str, *, forward: bool, **asked: Any) -> ProductAnswer:
        """The whole answer, what stands for a container's use shown as the container."""
        found = await traces.trace(tx, key, Direction.FORWARD if forward else Direction.BACKWARD, **asked)
        events = await self.events(tx)
        # A state is shown as its container; a pool, which nobody knows, as links alone.
        shown = {node: self.name(stand_in.thing.key) for node, stand_in in found.stands_for.items()}
        things = {node.thing.object_id: shown.get(node.thing.object_id, self.name(node.thing.key)) for node in found.nodes}
        reached: dict[str, bool] = {}
        for node in found.nodes:
            if node.thing.kind is not ObjectKind.POOL:
                name = things[node.thing.object_id]
                reached[name] = reached.get(name, False) or node.certainty is Certainty.CERTAIN
        links = {
            ProductLink(
                things[link.parent_id], things[link.child_id], link.kind.name.lower(), link.occurred_at, events.get(link.event_id, ""),
                link.quantity, link.uom, link.certainty is Certainty.CERTAIN,
            )
            for link in found.links
        }  # fmt: skip
        return ProductAnswer(reached, links, frozenset((things[gap.node_id], gap.product.key) for gap in found.gaps))

    async def contents(self, tx: TenantTransaction, key: str, at: datetime) -> dict[tuple[str, str, str | None], tuple[Decimal | None, datetime]]:
        """(container, content, unit of measure) → how much in all, since when."""
        found: dict[tuple[str, str, str | None], tuple[Decimal | None, datetime]] = {}
        for each in await query_service.contents(tx, key, at):
            place = (each.container.key, self.name(each.content.key), each.uom)
            amount, since = found.get(place, (None, each.since))
            total = each.quantity if amount is None else amount + (each.quantity or 0)
            found[place] = (total, min(since, each.since))
        return found

    async def shipments(self, tx: TenantTransaction, key: str, known_at: datetime | None = None) -> set[Carried]:
        """What shipments carried of a thing and of all that was made from it."""
        events = await self.events(tx)
        starts = await find_starts(tx, key, None)
        seeds = await seeds_of(tx, starts, None, known_at)
        return {
            Carried(events[each.shipment.shipment_id], self.name(lot.lot.key), lot.quantity, lot.uom, lot.certainty is Certainty.CERTAIN)
            for each in await shipments_of(tx, starts, seeds, known_at=known_at)
            for lot in each.lots
        }

    async def carried(self, tx: TenantTransaction) -> set[Carried]:
        """The whole rollup."""
        rows = await tx.fetch(
            """select e.event_key, o.key, l.quantity, l.uom, l.certainty from lot_shipment l
               join event e on e.tenant_id = $1 and e.event_id = l.shipment_id
               join traceable_object o on o.tenant_id = $1 and o.object_id = l.lot_id where l.tenant_id = $1"""
        )
        return {Carried(self.name(row["event_key"]), self.name(row["key"]), row["quantity"], row["uom"], row["certainty"] == 1) for row in rows}

    async def things(self, tx: TenantTransaction) -> dict[int, str]:
        """All objects that people know, by id."""
        rows = await tx.fetch("select object_id, key, kind from traceable_object where tenant_id = $1")
        return {row["object_id"]: self.name(row["key"]) for row in rows if row["kind"] <= ObjectKind.OTHER}

    async def pairs(self, tx: TenantTransaction, things: dict[int, str]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """(thing, what is made from it) as the product finds it going forward, and as it finds it going backward."""
        units = await tx.fetch("select unit_id, lot_id from unit_membership where tenant_id = $1 and superseded_by is null")
        down, up = set(), set()
        for thing, name in things.items():
            found = await reach.descendants(tx, [thing])
            found |= {row["unit_id"] for row in units if row["lot_id"] in found}
            down |= {(name, things[other]) for other in found if other in things}
            up |= {(things[other], name) for other in await reach.ancestors(tx, [thing]) if other in things}
        return down, up

    async def hold(self, key: str) -> UUID:
        """Place a hold; its id."""

        async def place(tx: TenantTransaction) -> UUID:
            return (await holds.place_hold(tx, self.firm.principal, key=key, reason="salmonella")).hold_id

        return await self.services.in_tenant(self.firm.tenant_id, place, gate=Gate.EXCLUSIVE)

    async def release(self, hold_id: UUID, keys: Sequence[str]) -> None:
        """Let some of the held goods go."""

        async def let_go(tx: TenantTransaction) -> None:
            signature = signature_of(self.firm.principal)
            await holds.release_hold(tx, self.firm.principal, hold_id=hold_id, reason="tested", signature=signature, keys=keys)

        await self.services.in_tenant(self.firm.tenant_id, let_go, gate=Gate.EXCLUSIVE)

    async def same_as(self, key: str, other: str) -> UUID:
        """Declare two things the same; the alias's id."""

        async def declare(tx: TenantTransaction) -> UUID:
            told = await aliases.assert_alias(
                tx, self.firm.principal, self.services.capture, key=key, same_as=other, cause=aliases.AliasCause.RELABELLED, reason="relabelled"
            )
            return told.alias_id

        return await self.services.in_tenant(self.firm.tenant_id, declare, gate=Gate.SHARED)

    async def not_the_same(self, alias_id: UUID) -> None:
        """Take such a declaration back."""

        async def revoke(tx: TenantTransaction) -> None:
            await aliases.revoke_alias(tx, self.firm.principal, self.services.capture, alias_id=alias_id, reason="mistaken")

        await self.services.in_tenant(self.firm.tenant_id, revoke, gate=Gate.EXCLUSIVE)

    async def held(self, tx: TenantTransaction) -> dict[UUID, set[str]]:
        """What each hold reaches, units under their lots included."""
        things = await self.things(tx)
        members = await tx.fetch("select unit_id, lot_id from unit_membership where tenant_id = $1 and superseded_by is null")
        reached: dict[UUID, set[str]] = {}
        for hold_id, (roots, cuts) in (await hold_reach.holds_reaching(tx)).items():
            ids = await hold_reach.held_by(tx, roots, cuts)
            ids |= {row["unit_id"] for row in members if row["lot_id"] in ids and row["unit_id"] not in cuts}
            reached[hold_id] = {things[each] for each in ids if each in things}
        return reached

    async def is_held(self, tx: TenantTransaction, key: str) -> bool:
        """Whether a command would be refused to ship it, or anything in it."""
        thing = await objects.find(tx, key)
        return bool(await holds.why_held(tx, [thing.object_id]))

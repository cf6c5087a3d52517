"""Asks the product for recalls' scopes of a story or a simulation, and compares them with what is so: frozen rows, not only answers."""

from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.identifiers import ObjectKind
from backend.recall_scope import service as scopes
from backend.recall_scope.service import Bounds, Source
from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.ids import uuid7
from tests.firms import Firm
from tests.reference.containers import contents
from tests.reference.genealogy import Alias, Genealogy
from tests.reference.product import Product
from tests.reference.shipping import shipments_reached
from tests.reference.stories import Story
from tests.reference.told import CONTAINERS
from tests.reference.trace import closure, starts, trace

GOODS = (ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK)


@dataclass
class Told:
    """A scope as it was frozen: goods and units under them, each with whether it is certain; what went in which shipment."""

    goods: dict[str, bool] = field(default_factory=dict)
    units: dict[str, bool] = field(default_factory=dict)
    carried: set[tuple[str, str, Decimal, str]] = field(default_factory=set)
    parties: set[str | None] = field(default_factory=set)

    @property
    def every(self) -> dict[str, bool]:
        """Goods and units together; certain where either way is."""
        return self.goods | {unit: certain or self.goods.get(unit, False) for unit, certain in self.units.items()}


async def frozen_scope(services: Services, firm: Firm, key: str, bounds: Bounds = scopes.NO_BOUNDS) -> Told:
    """The scope of one object, frozen, and read from its rows page by page."""
    case_id = uuid7()

    async def use(tx: TenantTransaction) -> scopes.FrozenScope:
        await scopes.put_sources(tx, case_id, [Source.of_object(key)], bounds)
        return await scopes.freeze(tx, case_id, signature_id=None, principal=None)

    frozen = await services.in_tenant(firm.tenant_id, use)
    async with services.database.tenant(firm.tenant_id) as tx:
        told = await _read(tx, frozen)
        assert await scopes.digest_of_rows(tx, frozen) == frozen.digest
        assert frozen.counts.affected == len(told.goods)
        assert frozen.counts.certain == sum(told.goods.values())
    return told


async def _read(tx: TenantTransaction, frozen: scopes.FrozenScope) -> Told:
    told, position = Told(), 0
    while page := await scopes.items(tx, frozen.case_id, frozen.version, after=position, limit=7, role=scopes.Role.AFFECTED):
        position = page[-1].position
        for item in page:
            told.goods[item.key] = item.certainty is Certainty.CERTAIN
            after = ""
            while units := await scopes.units_of_item(tx, frozen, item, after=after, limit=50):
                after = units[-1][0]
                for unit, certainty in units:
                    told.units[unit] = told.units.get(unit, False) or certainty is Certainty.CERTAIN
    shipments = await _names(tx)
    for part in await scopes.customers(tx, frozen.case_id):
        told.parties.add(part.party)
        for lot in part.lots:
            told.carried |= {(shipments[shipment], lot.key, lot.quantity, lot.uom) for shipment in lot.shipment_ids}
    return told


async def _names(tx: TenantTransaction) -> dict[UUID, str]:
    rows = await tx.fetch("select e.public_id, e.event_key from event e where e.tenant_id = $1")
    return {row["public_id"]: row["event_key"] for row in rows}


def is_goods(genealogy: Genealogy, thing: str) -> bool:
    """Whether it can be recalled. What only an alias names any more, the events that told of it being declared wrong, its key tells."""
    return genealogy.kinds.get(thing) in GOODS if thing in genealogy.kinds else "/10/" in thing or "/21/" in thing


def right_goods(genealogy: Genealogy, key: str) -> dict[str, bool]:
    """What the reference says: every lot, unit and container that is affected, units under their lots included, with whether it is certain."""
    answer = trace(genealogy, key, forward=True)
    kinds = genealogy.kinds
    # What only holds others, as it was used, stands between goods: a container is blocked, and not affected itself.
    itself = closure(starts(genealogy, key, clock.now()), genealogy.links, forward=True)
    found = {thing: sure for thing, sure in answer.reached.items() if is_goods(genealogy, thing) and thing in itself}
    inside = [stay.content for stay in contents(genealogy.stays, key, clock.now(), residues=True)] if kinds.get(key) in CONTAINERS else []
    sure_inside = {stay.content for stay in contents(genealogy.stays, key, clock.now())} if kinds.get(key) in CONTAINERS else set()
    found |= {thing: thing in sure_inside or found.get(thing, False) for thing in inside if is_goods(genealogy, thing)}
    # What is only in a tank's residue carries on what is made of it, possibly.
    for node in closure(set(inside) - sure_inside, genealogy.links, forward=True):
        if isinstance(node, str) and is_goods(genealogy, node):
            found.setdefault(node, False)
    for unit, lots in genealogy.lots_of_units.items():
        reached = [lot for lot in lots if lot in found]
        if reached:
            found[unit] = found.get(unit, False) or (len(lots) == 1 and found[reached[0]])
    return found


async def tell_with_aliases(product: Product, story: Story) -> Genealogy:
    """Tell a story, declare some things the same in the middle of it and take one such word back at the end; the reference knows of it."""
    chance, half = Random(f"aliased scopes {story.seed}"), (len(story.batches) + 1) // 2
    await product.tell(story.batches[:half])
    async with product.services.database.tenant(product.firm.tenant_id) as tx:
        known = await tx.fetch("select key, kind from traceable_object where tenant_id = $1 and kind in (1, 2) order by key")
    declared: list[tuple[Alias, UUID]] = []
    for kind in (ObjectKind.LOT, ObjectKind.LOT, ObjectKind.UNIT):
        things = [row["key"] for row in known if row["kind"] == kind]
        if len(things) >= 2:
            one, other = chance.sample(things, 2)
            if {one, other} not in [{alias.one, alias.other} for alias, _ in declared]:
                declared.append((Alias(one, other), await product.same_as(one, other)))
    await product.tell(story.batches[half:])
    if len(declared) > 1:
        _, revoked = declared.pop(chance.randrange(len(declared)))
        await product.not_the_same(revoked)
    return Genealogy(story.arrivals, [alias for alias, _ in declared])


async def differences(services: Services, product: Product, genealogy: Genealogy, *, seed: int, most: int) -> list[str]:
    """Where frozen scopes of some things differ from the reference: missed, too many, wrongly certain, or certain and told as possible."""
    chance = Random(f"scopes {seed}")
    things = sorted(thing for thing, kind in genealogy.kinds.items() if kind in GOODS)
    found: list[str] = []
    for key in chance.sample(things, min(most, len(things))):
        told, right = await frozen_scope(services, product.firm, key), right_goods(genealogy, key)
        found += compare(key, told.every, right)
        shipped = {(each.shipment, each.thing) for each in shipments_reached(genealogy, key, clock.now())}
        ours = {(product.name(shipment), product.name(thing)) for shipment, thing, _, _ in told.carried}
        if shipped - ours or (ours - shipped and not _residue(genealogy, key)):
            found.append(f"{key}: shipments missed {sorted(shipped - ours)}, too many {sorted(ours - shipped)}")
    return found


def _residue(genealogy: Genealogy, key: str) -> bool:
    """Whether something is in it only possibly: the reference's shipments don't follow that."""
    return any(stay.residue for stay in contents(genealogy.stays, key, clock.now(), residues=True))


def compare(key: str, told: dict[str, bool], right: dict[str, bool]) -> list[str]:
    """What is wrong about one scope."""
    wrong = {
        "missed": right.keys() - told.keys(),
        "not affected": told.keys() - right.keys(),
        "called certain": {thing for thing, sure in told.items() if sure and not right.get(thing, False)},
        "called possible": {thing for thing, sure in told.items() if not sure and right.get(thing, False)},
    }
    return [f"{key}: {what} {sorted(things)[:6]}" for what, things in wrong.items() if things]


def keys_of(goods: Collection[str], part: str) -> set[str]:
    """Those of these keys that are lots ("/10/") or units ("/21/")."""
    return {key for key in goods if part in key}

"""The demo's last act: the contaminated lot forward to its customers and one sold unit backward, as trees in the terminal."""

import time
from collections import defaultdict
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from backend.catalog import service as catalog
from backend.demo.loading import Customer
from backend.genealogy import query_service as genealogy
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from backend.trace.service import ReachedShipment, Trace

WIDEST = 6


@dataclass(frozen=True, slots=True)
class Names:
    """What to call things."""

    products: dict[str, catalog.Product]
    partners: dict[str, catalog.Partner]
    suppliers: dict[int, str]

    def thing(self, thing: TraceableObject) -> str:
        """Product in both languages, and the lot or serial."""
        product = self.products.get(thing.gtin or "")
        word = {ObjectKind.LOT: "lot", ObjectKind.UNIT: "unit", ObjectKind.LOGISTIC_UNIT: "pallet"}.get(thing.kind, thing.kind.name.lower())
        name = f"{product.names.get('zh', '')} {product.names.get('en', '')}" if product else ""
        supplier = self.suppliers.get(thing.object_id)
        return f"{escape(name)} [dim]{word}[/] [bold]{escape(thing.code)}[/]" + (f" [cyan]← {escape(self.party(supplier))}[/]" if supplier else "")

    def party(self, party: str | None) -> str:
        """A partner's names, or its identifier."""
        found = self.partners.get(party or "")
        return f"{found.names.get('zh', '')} {found.names.get('en', '')}" if found else (party or "?").rsplit("/", 1)[-1]


async def tell(services: Services, console: Console, tenant_id: int, *, contaminated: str, sold_unit: str) -> None:
    """Trace both and print them with the time that the database took."""
    started = time.perf_counter()
    async with services.database.tenant(tenant_id) as tx:
        forward = await trace.trace(tx, contaminated, Direction.FORWARD)
        shipments = await trace.shipments_reached(tx, contaminated)
    forward_ms = (time.perf_counter() - started) * 1000
    started = time.perf_counter()
    async with services.database.tenant(tenant_id) as tx:
        backward = await trace.trace(tx, sold_unit, Direction.BACKWARD)
    backward_ms = (time.perf_counter() - started) * 1000
    names = await _names(services, tenant_id, forward, backward, shipments)
    console.print()
    console.rule("[bold]Where did the contaminated lot go?[/]", align="left")
    console.print(_tree(forward, names, shipments))
    customers = {item.shipment.to_party for item in shipments}
    finished = {node.thing.object_id for node in forward.nodes if node.thing.kind is ObjectKind.LOT}
    counts = f"[bold]{len(finished) - 1}[/] lots, [bold]{len(shipments)}[/] shipments, [bold]{len(customers)}[/] customers"
    console.print(f"{counts}: [green]{forward_ms:.0f} ms[/]\n")
    console.rule("[bold]Where did this sold unit come from?[/]", align="left")
    console.print(_tree(backward, names, []))
    suppliers = {names.suppliers[node.thing.object_id] for node in backward.nodes if node.thing.object_id in names.suppliers}
    console.print(f"[bold]{len(backward.nodes)}[/] steps and objects, [bold]{len(suppliers)}[/] suppliers: [green]{backward_ms:.0f} ms[/]\n")


_QUESTION = """query ($key: String!) {
  trace(key: $key, direction: FORWARD) { nodeCount linkCount shipments(first: 100) { nodes { shipment { id } } } }
}"""


async def ask_over_http(console: Console, contaminated: str) -> None:
    """Ask the first question again as a customer's program does: signed in, through GraphQL and HTTP."""
    async with Customer("owner@suwei.example") as customer:
        await customer.ask(_QUESTION, {"key": contaminated})
        started = time.perf_counter()
        answer = await customer.ask(_QUESTION, {"key": contaminated})
        milliseconds = (time.perf_counter() - started) * 1000
    found = answer.raise_for_status().json()["data"]["trace"]
    told = f"{found['nodeCount']} steps and objects, {len(found['shipments']['nodes'])} shipments"
    console.print(f"The first question again, through GraphQL and HTTP: {told}: [green]{milliseconds:.0f} ms[/]\n")


async def _names(services: Services, tenant_id: int, forward: Trace, backward: Trace, shipments: list[ReachedShipment]) -> Names:
    things = [node.thing for found in (forward, backward) for node in found.nodes]
    parties = {item.shipment.to_party for item in shipments if item.shipment.to_party}
    async with services.database.tenant(tenant_id) as tx:
        received = await genealogy.suppliers_of(tx, [thing.object_id for thing in things if thing.kind is ObjectKind.LOT])
        suppliers = {object_id: parties[0] for object_id, parties in received.items()}
        return Names(
            await catalog.products_by_gtin(tx, {thing.gtin for thing in things if thing.gtin}),
            await catalog.partners_by_party(tx, parties | set(suppliers.values())),
            suppliers,
        )


@dataclass(frozen=True, slots=True)
class Branches:
    """How a trace unfolds: from each node to the next, and which shipments carried it."""

    things: dict[int, TraceableObject]
    onward: dict[int, list[int]]
    carried: dict[int, list[ReachedShipment]]
    names: Names

    def following(self, here: int) -> list[int]:
        """The next objects; the steps between them are passed over."""
        found: dict[int, None] = {}
        for step in self.onward.get(here, []):
            is_step = self.things[step].kind is ObjectKind.TRANSFORMATION
            found.update(dict.fromkeys(self.onward.get(step, []) if is_step else [step]))
        found.pop(here, None)
        return list(found)

    def label(self, there: int) -> str:
        """Its name, and where it was shipped."""
        label = self.names.thing(self.things[there])
        if customers := {item.shipment.to_party for item in self.carried.get(there, [])}:
            told = ", ".join(sorted(self.names.party(customer) for customer in customers))
            many = len(self.carried[there])
            label += f" [yellow]→ {many} shipment{'s' if many > 1 else ''} to {escape(told)}[/]"
        return label


def _tree(found: Trace, names: Names, shipments: list[ReachedShipment]) -> Tree:
    onward: dict[int, list[int]] = defaultdict(list)
    for link in found.links:
        here, there = (link.parent_id, link.child_id) if found.direction is Direction.FORWARD else (link.child_id, link.parent_id)
        if there not in onward[here]:
            onward[here].append(there)
    carried: dict[int, list[ReachedShipment]] = defaultdict(list)
    for shipment in shipments:
        for lot in shipment.lots:
            carried[lot.lot.object_id].append(shipment)
    start = found.start.object_id
    if found.start.kind is ObjectKind.UNIT:
        known = {there for theres in onward.values() for there in theres} | {start}
        onward[start] += [node.thing.object_id for node in found.nodes if node.steps == 0 and node.thing.object_id not in known]
    branches = Branches({node.thing.object_id: node.thing for node in found.nodes}, onward, carried, names)
    root = Tree(names.thing(found.start))
    _grow(root, start, branches, {start})
    return root


def _grow(tree: Tree, here: int, branches: Branches, shown: set[int]) -> None:
    """Hang the next objects under `here`; what was shown before is counted and not shown again."""
    following = branches.following(here)
    fresh = [there for there in following if there not in shown]
    shown.update(fresh[:WIDEST])
    for there in fresh[:WIDEST]:
        _grow(tree.add(branches.label(there)), there, branches, shown)
    left = [f"{len(fresh) - WIDEST} more"] if len(fresh) > WIDEST else []
    if seen := len(following) - len(fresh):
        left.append(f"{seen} shown above")
    if left:
        tree.add(f"[dim]… and {', '.join(left)}[/]")

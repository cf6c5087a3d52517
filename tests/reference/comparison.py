"""Asks the product and the reference the same questions about one story, and tells where they differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from backend.identifiers import ObjectKind
from infra import clock
from infra.database import TenantTransaction
from tests.reference.containers import contents
from tests.reference.genealogy import Genealogy, Link
from tests.reference.product import Product, ProductLink
from tests.reference.shipping import carried, shipments, shipments_reached
from tests.reference.told import CONTAINERS
from tests.reference.trace import Answer, thing_of, trace
from tests.reference.trace import closure as closure_of

# Links that an event states, or that lead to one thing each; what lay in containers is compared by what it reaches.
TOLD_ALIKE = frozenset({"input", "output", "member", "candidate"})


@dataclass
class Differences:
    """What was asked, and where the answers differ: (question, only the product's, only the reference's)."""

    asked: int = 0
    found: list[tuple[str, list[str], list[str]]] = field(default_factory=list)

    def compare(self, question: str, product: Iterable[Any], reference: Iterable[Any]) -> None:
        """Two answers, as sets."""
        ours, right = set(product), set(reference)
        self.asked += 1
        if ours != right:
            self.found.append((question, sorted(map(str, ours - right)), sorted(map(str, right - ours))))

    def text(self) -> str:
        lines = []
        for question, ours, right in self.found[:12]:
            lines += [question, *(f"  only the product: {line}" for line in ours[:12]), *(f"  only the reference: {line}" for line in right[:12])]
        return "\n".join(lines)


async def compare(product: Product, tx: TenantTransaction, genealogy: Genealogy, *, seed: int, most: int = 12, by_time: bool = True) -> Differences:
    """Everything but holds, which are acts; of the traces those from at most so many things."""
    chance = Random(f"questions {seed}")
    found = Differences()
    known = sorted(genealogy.kinds)
    things = [thing for thing in known if genealogy.kinds[thing] not in (ObjectKind.TRANSFORMATION, ObjectKind.PRODUCT_CLASS)]
    for thing in chance.sample(things, min(most, len(things))):
        for forward in (True, False):
            for as_of in (None, moment_of(genealogy, chance)) if by_time else (None,):
                await compare_trace(found, product, tx, genealogy, thing, forward, as_of)
        reached = shipments_reached(genealogy, thing, clock.now())
        found.compare(f"shipments of {thing}", await product.shipments(tx, thing), reached)
    for container in sorted(thing for thing in things if genealogy.kinds[thing] in CONTAINERS):
        for at in [moment_of(genealogy, chance) for _ in range(3)]:
            answer = await product.contents(tx, container, at)
            found.compare(f"contents of {container} at {at}", answer.items(), _contents(genealogy, container, at).items())
    found.compare("rollup", await product.carried(tx), {each for shipment in shipments(genealogy) for each in carried(genealogy, shipment)})
    await _pairs(found, product, tx, genealogy)
    return found


def moment_of(genealogy: Genealogy, chance: Random) -> datetime:
    """A moment to ask about: often just when something was told, or just before."""
    times = sorted(event.at for event in genealogy.told) or [datetime(2026, 3, 2, tzinfo=UTC)]
    return chance.choice(times) + timedelta(minutes=chance.choice([0, 0, -1, 1, 60, 1_440]))


async def compare_trace(
    found: Differences,
    product: Product,
    tx: TenantTransaction,
    genealogy: Genealogy,
    thing: str,
    forward: bool,
    as_of: datetime | None,
    known_at: datetime | None = None,
) -> None:
    """One trace: what it reaches, how surely, by which links, with which gaps."""
    question = f"{'forward' if forward else 'backward'} from {thing}"
    question += "".join(f" {word} {moment}" for word, moment in (("as of", as_of), ("known at", known_at)) if moment)
    ours = await product.trace(tx, thing, forward=forward, as_of=as_of, known_at=known_at)
    right = trace(genealogy, thing, forward, as_of=as_of)
    found.compare(f"{question}: things", ours.reached, right.reached)
    found.compare(f"{question}: certain", _certain(ours.reached), _certain(right.reached))
    found.compare(f"{question}: links", (link for link in ours.links if link.why in TOLD_ALIKE), _links(right))
    found.compare(f"{question}: gaps", ours.gaps, right.gaps)


def _certain(reached: dict[str, bool]) -> set[str]:
    return {thing for thing, certain in reached.items() if certain}


def _links(answer: Answer) -> set[ProductLink]:
    return {_told(link) for link in answer.links if link.why in TOLD_ALIKE}


def _told(link: Link) -> ProductLink:
    return ProductLink(thing_of(link.parent), thing_of(link.child), link.why, link.at, link.event, link.amount, link.uom, link.certain)


def _contents(genealogy: Genealogy, container: str, at: datetime) -> dict[tuple[str, str, str | None], tuple[Decimal | None, datetime]]:
    found: dict[tuple[str, str, str | None], tuple[Decimal | None, datetime]] = {}
    for stay in contents(genealogy.stays, container, at):
        place = (stay.container, stay.content, stay.uom)
        amount, since = found.get(place, (None, stay.since))
        found[place] = (stay.amount if amount is None else amount + (stay.amount or 0), min(since, stay.since))
    return found


async def _pairs(found: Differences, product: Product, tx: TenantTransaction, genealogy: Genealogy) -> None:
    """Forward and backward agree: b is downstream of a if and only if a is upstream of b, for all pairs."""
    ids = {number: name for number, name in (await product.things(tx)).items() if genealogy.kinds.get(name, ObjectKind.OTHER) not in CONTAINERS}
    known = {number: name for number, name in ids.items() if genealogy.kinds.get(name) not in (None, ObjectKind.PRODUCT_CLASS)}
    down, up = await product.pairs(tx, known)
    found.compare("downstream if and only if upstream", down, up)
    found.compare("who is downstream of whom", down, pairs(genealogy))


def pairs(genealogy: Genealogy) -> set[tuple[str, str]]:
    """(thing, what came of it) for all but containers; units under their lots included."""
    asked = {thing for thing, kind in genealogy.kinds.items() if kind not in CONTAINERS and kind is not ObjectKind.PRODUCT_CLASS}
    found: set[tuple[str, str]] = set()
    for thing in asked:
        down = closure_of({thing}, genealogy.links, forward=True)
        down |= {unit for unit, lots in genealogy.lots_of_units.items() if down & lots.keys()}
        found |= {(thing, thing_of(other)) for other in down if other in asked}
    return found

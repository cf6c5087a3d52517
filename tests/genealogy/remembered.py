"""What a tenant's readers are answered, at one moment or by what was known at it: for tests that compare the two."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from backend.events import moments
from backend.events.projection import Source
from backend.genealogy import containment, known, query_service, reach, windows
from backend.genealogy.windows import Way
from backend.services import Services
from backend.shipments import service as shipments
from infra.database import TenantTransaction
from tests.factories import canonical
from tests.firms import Firm
from tests.orders.stories import Event

Answers = dict[str, Any]
PAST: Final = ("lot_link_past", "containment_past", "lot_shipment_past", "shipment_past")
EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
MANY: Final = 10_000

_FORCE: Final = "superseded_by is null"
_LINKS: Final = "parent_id, child_id, event_id, kind, occurred_at, quantity, uom, certainty"
_STAYS: Final = "content_id, container_id, valid_from, valid_to, opened_by, quantity, uom"
_ROLLUP: Final = "lot_id, shipment_id, quantity, uom, certainty"
_SHIPMENTS: Final = "shipment_id, shipped_at, from_place, to_party, document"
# The whole of each table: as it stands, and as it was known.
_NOW: Final = {
    "events": f"select event_id from event where tenant_id = $1 and {_FORCE}",
    "links": f"select {_LINKS} from lot_link where tenant_id = $1 and {_FORCE}",
    "members": f"select unit_id, lot_id, event_id from unit_membership where tenant_id = $1 and {_FORCE}",
    "class inputs": f"select event_id, node_id, product_id, place from class_input where tenant_id = $1 and {_FORCE}",
    "movements": f"select object_id, event_id, line, place, delta from movement where tenant_id = $1 and {_FORCE}",
    "stays": f"select {_STAYS} from containment where tenant_id = $1",
    "rollup": f"select {_ROLLUP} from lot_shipment where tenant_id = $1",
    "shipments": f"select {_SHIPMENTS} from shipment where tenant_id = $1 and {_FORCE}",
}
_THEN: Final = {
    "events": f"select e.event_id from event e where e.tenant_id = $1 and {known.EVENT_THEN}",
    "links": f"select {_LINKS} from {known.LINKS_THEN} l",
    "members": f"select unit_id, lot_id, event_id from unit_membership where tenant_id = $1 and {known.STATED_THEN}",
    "class inputs": f"select event_id, node_id, product_id, place from class_input where tenant_id = $1 and {known.STATED_THEN}",
    "movements": f"select object_id, event_id, line, place, delta from movement where tenant_id = $1 and {known.STATED_THEN}",
    "stays": f"select {_STAYS} from {known.STAYS_THEN} c",
    "rollup": f"select {_ROLLUP} from {known.ROLLUP_THEN} r",
    "shipments": f"select {_SHIPMENTS} from shipment where tenant_id = $1 and {known.STATED_THEN}",
}


def _sorted(rows: Iterable[Iterable[Any]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in rows), key=repr)


async def tables(tx: TenantTransaction, known_at: datetime | None = None) -> Answers:
    """Every derived table, whole."""
    if known_at is None:
        return {name: _sorted(await tx.fetch(query)) for name, query in _NOW.items()}
    return {name: _sorted(await tx.fetch(query, known_at)) for name, query in _THEN.items()}


async def answers(tx: TenantTransaction, object_id: int, known_at: datetime | None = None) -> Answers:
    """All that can be asked about an object."""
    asked = [object_id]
    carried = await shipments.carrying(tx, asked, known_at=known_at)
    perhaps = await shipments.perhaps_carrying(tx, asked, known_at=known_at)
    rolled_up = await reach.lots_and_shipments(tx, asked, known_at=known_at)
    all_shipments = {shipment for _, shipment in [*carried, *perhaps]} | {row["shipment_id"] for row in rolled_up}
    return {
        "up": _sorted(await reach.links_up(tx, asked, MANY, known_at=known_at)),
        "down": _sorted(await reach.links_down(tx, asked, MANY, known_at=known_at)),
        "lots": _sorted(await reach.lots_of(tx, asked, known_at=known_at)),
        "rolled up": _sorted(rolled_up),
        "carried": sorted(carried),
        "perhaps": perhaps,
        "shipments": await shipments.load(tx, all_shipments, known_at=known_at),
        "goods": await shipments.goods_by_shipment(tx, all_shipments, known_at=known_at),
        "contents": _sorted(await containment.contents(tx, object_id, EVER, MANY, known_at=known_at)),
        "positions": await query_service.positions(tx, asked, EVER, known_at=known_at),
        "units": await query_service.unit_counts(tx, asked, known_at=known_at),
        "suppliers": {key: sorted(names) for key, names in (await query_service.suppliers_of(tx, asked, known_at=known_at)).items()},
        **{f"counts {way}": await windows.closure_counts(tx, asked, way, known_at=known_at) for way in Way},
        **{f"window {way}": _sorted(await windows.window(tx, asked, way, MANY, known_at=known_at)) for way in Way},
    }


class Memory:
    """What was answered, by the moment of the last that was known then."""

    def __init__(self, services: Services, firm: Firm) -> None:
        self.services = services
        self.firm = firm
        self.then: dict[datetime, tuple[Answers, dict[int, Answers]]] = {}

    async def tell(self, *events: Event) -> None:
        """One transaction."""
        group = canonical(*events)
        await self.services.capturing(self.firm.tenant_id, group, partial(self.services.capture.capture, events=group, source=Source.EPCIS))

    async def remember(self, asked: Collection[int] | None = None) -> None:
        """What is answered now: of the whole, and of these objects, or of all there are."""
        asked = await self.objects() if asked is None else asked
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            moment = await moments.last(tx)
            if moment is not None:
                self.then[moment] = (await tables(tx), {object_id: await answers(tx, object_id) for object_id in asked})

    async def objects(self) -> list[int]:
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            rows = await tx.fetch("select object_id from traceable_object where tenant_id = $1 order by object_id")
        return [row["object_id"] for row in rows]

    async def check(self, label: str = "", *, between: bool = True) -> None:
        """Ask again by every moment, and, unless there were others `between`, just before the next one came."""
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            ordered = sorted(self.then)
            for moment, following in zip(ordered, [*ordered[1:], None], strict=True):
                until = following - timedelta(microseconds=1) if following else moment + timedelta(days=1)
                for asked_at in (moment, until) if between else (moment,):
                    told, by_object = self.then[moment]
                    assert await tables(tx, asked_at) == told, (label, moment)
                    for object_id, expected in by_object.items():
                        assert await answers(tx, object_id, asked_at) == expected, (label, moment, object_id)

    async def past(self) -> int:
        async with self.services.database.tenant(self.firm.tenant_id) as tx:
            counts = [await tx.fetchval(f"select count(*) from {table} where tenant_id = $1") for table in PAST]
        return sum(counts)

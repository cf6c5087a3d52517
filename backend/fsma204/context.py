"""What is known around a page of events: their goods, what was told of the lots before, products, places. Loaded in a fixed number of statements.

One context serves a whole walk over many pages; what it keeps of earlier ones is bounded.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.catalog import service as catalog
from backend.catalog.master_data import attributes_of
from backend.catalog.sites import Sites
from backend.events.canonical import Action, EventType, Role
from backend.events.json_text import read_json
from backend.events.query_service import RecordedEvent, recorded
from backend.fsma204 import reading, repository, spellings
from backend.fsma204.describing import Food, food_of, place_of
from backend.fsma204.elements import Cte
from backend.fsma204.foods import Listed, Listing
from backend.fsma204.values import Amount, Place, Product, filled
from backend.identifiers import DIGITAL_LINK_ROOT, ObjectKind
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from infra.database import Record, TenantTransaction

KEPT: Final = 5_000
MOST_GOODS: Final = 100_000
# Of a lot's own story: it is made, harvested, cooled, packed and received a few times, whatever happens to it later.
MOST_TOLD: Final = 12
_LEVELS: Final = 6
_CONTAINERS: Final = frozenset({ObjectKind.LOGISTIC_UNIT, ObjectKind.ASSET, ObjectKind.TANK})
K = TypeVar("K")
V = TypeVar("V")


class Cache(Generic[K, V]):
    """The newest of what was loaded."""

    def __init__(self) -> None:
        self._held: OrderedDict[K, V] = OrderedDict()

    def lacking(self, keys: Iterable[K]) -> list[K]:
        """Those that aren't kept."""
        return [key for key in dict.fromkeys(keys) if key not in self._held]

    def keep(self, found: Mapping[K, V]) -> None:
        """Add these, and drop the oldest beyond what is kept; a page's own keys are never so many."""
        self._held.update(found)
        while len(self._held) > KEPT + len(found):
            self._held.popitem(last=False)

    def get(self, key: K) -> V | None:
        """What is known of it."""
        return self._held.get(key)


@dataclass(frozen=True, slots=True)
class Good:
    """How much of a lot an event names. `kind` other than LOT: a unit without a lot, a product without one, a container of unknown contents."""

    object_id: int
    kind: ObjectKind
    role: Role
    amount: Amount


@dataclass(frozen=True, slots=True)
class Told:
    """What an event told of a lot. `makes`: it came to be there; `transformed`: out of others."""

    event_id: int
    cte: Cte | None
    makes: bool
    transformed: bool
    at: datetime
    offset: str
    place: str | None
    told: Mapping[str, str]
    source: str | None
    amount: Amount


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the page, with its goods."""

    event: RecordedEvent
    body: Mapping[str, Any]
    told: Mapping[str, str]
    inbound: bool
    goods: tuple[Good, ...]


_NOBODY: Final = Food(Product(), Listing(Listed.UNDETERMINED, None, "Nothing is told about the food."), None, None)


class Context:
    """Of one walk, for one caller's sites and languages."""

    def __init__(self, sites: Sites | None, languages: tuple[str, ...]) -> None:
        self._sites = sites
        self._languages = languages
        self._things: Cache[int, TraceableObject] = Cache()
        self._lots: Cache[int, tuple[Told, ...]] = Cache()
        self._inputs: Cache[int, tuple[int, ...]] = Cache()
        self._foods: Cache[str, Food] = Cache()
        self._places: Cache[str, Place] = Cache()
        self._zones: Cache[str, str] = Cache()
        self._references: Cache[str, str] = Cache()

    async def load(self, tx: TenantTransaction, event_ids: Collection[int]) -> list[Seen]:
        """The events of a page with everything that its records need, oldest first."""
        rows = await repository.events(tx, event_ids, self._sites)
        goods = await self._goods(tx, rows)
        seen = []
        for row in rows:
            event = recorded(row)
            body = event.body
            seen.append(Seen(event, body, spellings.told_in(body), row["inbound"], tuple(goods.get(event.event_id, ()))))
        lots = {good.object_id for one in seen for good in one.goods}
        await self._load_lots(tx, lots)
        await self._load_inputs(tx, [one.event.event_id for one in seen if one.event.type is EventType.TRANSFORMATION])
        things = self._things.lacking(lots)
        self._things.keep(await objects.load(tx, things))
        await self._load_foods(tx, {thing.gtin for lot in lots if (thing := self._things.get(lot)) and thing.gtin})
        await self._load_places(tx, self._named(seen, lots))
        return seen

    def thing(self, object_id: int) -> TraceableObject | None:
        """A lot of the page."""
        return self._things.get(object_id)

    def story(self, lot_id: int) -> tuple[Told, ...]:
        """What was told of a lot, oldest first."""
        return self._lots.get(lot_id) or ()

    def inputs(self, event_id: int) -> tuple[int, ...]:
        """The lots that a transformation used."""
        return self._inputs.get(event_id) or ()

    def food(self, object_id: int) -> Food:
        """What a lot is of."""
        thing = self._things.get(object_id)
        return (self._foods.get(thing.gtin) if thing and thing.gtin else None) or _NOBODY

    def place(self, uri: str | None) -> Place | None:
        """The description of a place or party; a text that is no identifier is taken for its name."""
        if not uri:
            return None
        key = reading.place_key(uri)
        return (self._places.get(key) or Place(uri=key)) if key else Place(name=uri[:200])

    def reference(self, uri: str | None) -> str:
        """The lot code source reference that is told of a place."""
        return (self._references.get(uri) or "") if uri else ""

    def day(self, at: datetime, offset: str, place: str | None) -> tuple[date, datetime, str]:
        """The day and time of an event as the place's clocks showed it, and the zone; as the event's own offset says where none is known."""
        zone = self._zones.get(place) if place else None
        if zone:
            local = at.astimezone(ZoneInfo(zone))
            return local.date(), local, zone
        local = reading.in_offset(at, offset)
        return local.date(), local, offset

    async def _goods(self, tx: TenantTransaction, rows: Collection[Record]) -> dict[int, list[Good]]:
        if not rows:
            return {}
        direct: dict[int, list[Good]] = defaultdict(list)
        held: dict[int, list[tuple[int, Good]]] = defaultdict(list)
        for row in await repository.goods_of(tx, [row["event_id"] for row in rows]):
            good = _good(row, Role(row["role"]))
            (held[row["event_id"]].append((row["object_id"], good)) if good.kind in _CONTAINERS else direct[row["event_id"]].append(good))
        moving = (Cte.SHIPPING, Cte.RECEIVING)
        moved = {
            row["event_id"]: row["event_time"]
            for row in rows
            if spellings.step_of(row["biz_step"], {}) in moving or row["event_type"] == EventType.AGGREGATION
        }
        inside = await self._inside(tx, {event: held[event] for event in moved if event in held}, moved)
        for event_id, containers in held.items():
            known = inside.get(event_id)
            # Of a pallet nobody told what is on it: it stands for itself, and its lots are lacking.
            direct[event_id] += known if known else [good for _, good in containers if event_id in moved and good.role in (Role.SUBJECT, Role.PARENT)]
        return direct

    async def _inside(self, tx: TenantTransaction, held: Mapping[int, list[tuple[int, Good]]], at: Mapping[int, datetime]) -> dict[int, list[Good]]:
        pairs = [(event, container, at[event]) for event, containers in held.items() for container, _ in containers]
        found: dict[int, list[Good]] = defaultdict(list)
        if not pairs:
            return found
        for row in await repository.carried(tx, list(held), MOST_GOODS):
            found[row["event_id"]].append(_good(row, Role.SUBJECT))
        rest = [pair for pair in pairs if pair[0] not in found]
        for row in await repository.contents_of(tx, rest, MOST_GOODS) if rest else ():
            found[row["event_id"]].append(_good(row, Role.SUBJECT))
        return found

    async def _load_lots(self, tx: TenantTransaction, lots: Collection[int]) -> None:
        wanted = self._lots.lacking(lots)
        if not wanted:
            return
        found: dict[int, list[Told]] = {lot: [] for lot in wanted}
        for row in await repository.history_of(tx, wanted, MOST_TOLD, self._sites):
            found[row["lot_id"]].append(_told(row))
        self._lots.keep({lot: tuple(told) for lot, told in found.items()})

    async def _load_inputs(self, tx: TenantTransaction, events: Collection[int]) -> None:
        wanted = self._inputs.lacking(events)
        if not wanted:
            return
        found: dict[int, list[int]] = {event: [] for event in wanted}
        for row in await repository.inputs_of(tx, wanted):
            found[row["event_id"]].append(row["object_id"])
        self._inputs.keep({event: tuple(lots) for event, lots in found.items()})

    async def _load_foods(self, tx: TenantTransaction, gtins: Collection[str]) -> None:
        wanted = self._foods.lacking(gtins)
        if not wanted:
            return
        known = await catalog.products_by_gtin(tx, wanted)
        told = await attributes_of(tx, [f"{DIGITAL_LINK_ROOT}01/{gtin}" for gtin in wanted])
        own = {row["gtin"]: row for row in await repository.products(tx, wanted)}
        self._foods.keep(
            {
                gtin: food_of(gtin, known.get(gtin), told.get(f"{DIGITAL_LINK_ROOT}01/{gtin}", {}), own=own.get(gtin), languages=self._languages)
                for gtin in wanted
            }
        )

    def _named(self, seen: Collection[Seen], lots: Collection[int]) -> set[str]:
        """Every place and party that the page's events, and the stories of its lots, name."""
        found: set[str | None] = set()
        for one in seen:
            found |= {one.event.read_point, one.event.biz_location, *reading.parties(one.body), *reading.places_told(one.told)}
        for lot in lots:
            for told in self.story(lot):
                found |= {told.place, told.source, *reading.places_told(told.told)}
        return {key for uri in found if uri and (key := reading.place_key(uri))}

    async def _load_places(self, tx: TenantTransaction, uris: Collection[str]) -> None:
        wanted = self._places.lacking(uris)
        if not wanted:
            return
        chains, locations = await self._above(tx, wanted)
        everywhere = {uri for chain in chains.values() for uri in chain}
        partners = await catalog.partners_by_party(tx, everywhere)
        told = await attributes_of(tx, everywhere)
        own = {row["place"]: row for row in await repository.places(tx, everywhere)}
        for uri in wanted:
            hidden = self._sites is not None and uri not in locations and uri not in partners
            place, reference, zone = Place(uri=uri), "", ""
            for above in chains[uri] if not hidden else ():
                described = place_of(
                    above, locations.get(above), partners.get(above), told.get(above, {}), own=own.get(above), languages=self._languages
                )
                place, reference = filled(place, described.place), reference or described.reference
                zone = zone or (_zone(locations[above].time_zone) if above in locations and not locations[above].undetermined else "")
            self._places.keep({uri: place})
            self._zones.keep({uri: zone})
            self._references.keep({uri: reference})

    async def _above(self, tx: TenantTransaction, uris: Collection[str]) -> tuple[dict[str, list[str]], dict[str, catalog.Location]]:
        """Each place with those that it lies in, the nearest first: a dock is described by its plant."""
        locations: dict[str, catalog.Location] = {}
        chains = {uri: [uri] for uri in uris}
        for _ in range(_LEVELS):
            heads = {chain[-1] for chain in chains.values()} - locations.keys()
            locations |= await catalog.locations_by_place(tx, heads, self._sites)
            grown = False
            for chain in chains.values():
                last = chain[-1]
                above = (locations[last].parent_place if last in locations else None) or reading.gln_of(last)
                if above and above not in chain and len(chain) <= _LEVELS:
                    chain.append(above)
                    grown = True
            if not grown:
                break
        return chains, locations


def _good(row: Record, role: Role) -> Good:
    kind = ObjectKind(row["kind"])
    return Good(row["object_id"], kind, role, Amount(row["quantity"], row["uom"] or ""))


def _told(row: Record) -> Told:
    body = dict(read_json(row["body"].encode()).value)
    told = spellings.told_in(body)
    quantity: Decimal | None = row["quantity"]
    makes = row["role"] == Role.OUTPUT or row["action"] == Action.ADD
    cte = spellings.step_of(row["biz_step"], told) or (Cte.INITIAL_PACKING if makes and row["biz_step"] == "packing" else None)
    return Told(
        row["event_id"], cte, makes, row["role"] == Role.OUTPUT, row["event_time"], row["event_offset"],
        row["biz_location"] or row["read_point"], told, reading.source_of(body), Amount(quantity, row["uom"] or ""),
    )  # fmt: skip


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return ""

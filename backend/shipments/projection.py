"""The projection that keeps shipments and their rollup, also when packing or membership is learnt after the shipment."""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from backend.events import moments
from backend.events.canonical import CanonicalEvent
from backend.events.projection import Batch, StoredEvent
from backend.events.service import CAPTURED
from backend.events.vocabulary import SHIPPING_STEPS
from backend.identifiers import Identifier
from backend.shipments import repository
from backend.shipments.rollup import roll_up
from infra.database import TenantTransaction
from infra.outbox import enqueue


class Direction(IntEnum):
    """Whose shipment it is; the numbers are stored and never change."""

    OUTBOUND = 1
    EXPECTED_RECEIPT = 2
    UNDETERMINED = 3


def _first(parties: Iterable[tuple[str, str]], *kinds: str) -> str | None:
    by_kind = dict(parties)
    return next((by_kind[kind] for kind in kinds if kind in by_kind), None)


def places_of(event: CanonicalEvent) -> list[str]:
    """Where the goods left from, best known first."""
    candidates = (_first(event.sources, "location"), event.read_point, event.biz_location)
    return [place for place in candidates if place]


def direction_of(places: Iterable[str | None], own: Mapping[str, bool]) -> Direction:
    """Outbound only from a place of the tenant's own; undetermined while the catalogue knows none of the places."""
    told = next((own[place] for place in places if place is not None and place in own), None)
    if told is None:
        return Direction.UNDETERMINED
    return Direction.OUTBOUND if told else Direction.EXPECTED_RECEIPT


async def redetermine(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Outbox handler: the catalogue has learnt whose some places are; shipments from there are told apart anew."""
    rows = await repository.leaving_from(tx, payload["places"])
    own = await repository.own_places(tx, {place for row in rows for place in (row["from_place"], row["read_point"], row["biz_location"]) if place})
    changed = {
        row["shipment_id"]: direction
        for row in rows
        if (direction := direction_of((row["from_place"], row["read_point"], row["biz_location"]), own)) != row["direction"]
    }
    if changed:
        await moments.begin(tx)
        await repository.set_directions(tx, list(changed), [int(direction) for direction in changed.values()])
        await roll_up(tx, changed)
        # Pages tell of shipments from the maker's own places only.
        await enqueue(tx, CAPTURED, [{"event_ids": list(changed)}])


class ShipmentProjection:
    """Runs after genealogy, because the rollup needs containment and membership."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """What is shipped takes part in the event; nothing more is needed."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Record new shipments, take superseded ones out, and roll up every shipment whose contents may have changed."""
        shipping = [item for item in batch.applied if item.event.biz_step in SHIPPING_STEPS and item.event.participations]
        affected: set[int] = set()
        if shipping:
            await self._insert(tx, shipping)
            affected |= {item.event_id for item in shipping}
        if batch.superseded:
            affected |= await repository.supersede(tx, batch.superseded_ids, batch.superseded_by)
        changed = batch.containers | batch.units
        if changed:
            affected |= await repository.carrying(tx, changed)
        if affected:
            await roll_up(tx, affected)
            batch.shipments |= affected

    async def _insert(self, tx: TenantTransaction, shipping: list[StoredEvent]) -> None:
        known = await repository.own_places(tx, {place for item in shipping for place in places_of(item.event)})
        rows = []
        for item in shipping:
            places = places_of(item.event)
            direction = direction_of(places, known)
            document = next((document for _, document in item.event.biz_transactions), None)
            to_party = _first(item.event.destinations, "owning_party", "possessing_party", "location")
            rows.append((item.event_id, item.event.event_time, int(direction), places[0] if places else None, to_party, document))
        await repository.insert_shipments(tx, rows)

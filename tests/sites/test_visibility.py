"""What is met at a site: by which events, through lots and units, and how far a trace from there tells of elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest

from backend.catalog.sites import Sites, sites_within
from backend.objects import service as objects
from backend.objects.errors import AmbiguousCodeError, ObjectNotFoundError
from backend.services import Services
from backend.trace import service as traces
from backend.trace.rules import Direction
from infra.database import TenantTransaction
from tests.factories import (
    CUSTOMER,
    DUMPLING,
    FLOUR,
    PLANT,
    SHOP,
    capture,
    declared_wrong,
    lot,
    made,
    packed,
    quantity,
    shipped,
    sscc,
    transformed,
    unit,
)
from tests.firms import Firm

HERE: dict[str, Any] = {"bizLocation": {"id": PLANT}}
THERE: dict[str, Any] = {"bizLocation": {"id": SHOP}}
SITES = Sites(frozenset({PLANT}))


async def _put(tx: TenantTransaction, *places: tuple[str, str | None]) -> None:
    for place, parent in places:
        await tx.execute(
            """insert into location (tenant_id, place, parent_place, names, kind, own, time_zone)
               values ($1, $2, $3, '{"en": "x"}', 'x', true, 'UTC')""",
            place,
            parent,
        )


async def test_a_site_is_what_the_catalogue_puts_into_it_through_every_level_and_circle(firm: Firm, services: Services) -> None:
    hall, bench, shelf = "https://firm.example/hall", "https://firm.example/bench", f"{SHOP}/254/SHELF"
    async with services.database.tenant(firm.tenant_id) as tx:
        await _put(tx, (PLANT, "https://firm.example/region"), ("https://firm.example/region", "https://firm.example/firm"))
        await _put(tx, (hall, PLANT), (bench, hall), (shelf, f"{PLANT}/254/unlisted"), ("https://firm.example/other", SHOP))
        await _put(tx, ("https://firm.example/a", "https://firm.example/b"), ("https://firm.example/b", "https://firm.example/a"))
        found = await sites_within(tx, {PLANT})
        circle = await sites_within(tx, {"https://firm.example/a"})
        unlisted = await sites_within(tx, {f"{SHOP}/254/NEVER-HEARD"})
    assert found.places == {PLANT, hall, bench, shelf}
    assert found.above == {"https://firm.example/region", "https://firm.example/firm"}
    assert circle.places == {"https://firm.example/a", "https://firm.example/b"}
    assert unlisted.places == {f"{SHOP}/254/NEVER-HEARD"}
    assert [found.cover(place) for place in (f"{PLANT}/254/9", bench, SHOP, f"{PLANT}1", "https://firm.example/hall/2", None)] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert unlisted.cover(f"{SHOP}/254/NEVER-HEARD")
    assert not unlisted.cover(SHOP)
    assert not unlisted.cover(f"{SHOP}/254/NEVER-HEARD-2")
    assert (found.cover_all([None, PLANT]), found.cover_all([PLANT, SHOP]), found.cover_all([None])) == (True, False, False)


async def _met(services: Services, firm: Firm, keys: Sequence[str], sites: Sites = SITES) -> list[str]:
    met = []
    async with services.database.tenant(firm.tenant_id) as tx:
        for key in keys:
            try:
                await objects.find(tx, key, sites)
                met.append(key)
            except ObjectNotFoundError:
                pass
    return met


async def test_an_object_is_met_by_an_event_in_force_where_it_is_read_or_left(firm: Firm, services: Services) -> None:
    lots = [lot(FLOUR, str(number)) for number in range(6)]
    wrong = made([], [quantity(lots[3], 1)], **HERE)
    bodies: list[dict[str, Any]] = [
        made([], [quantity(lots[0], 1)], **HERE),
        made([], [quantity(lots[1], 1)], **THERE, readPoint={"id": f"{PLANT}/254/GATE"}),
        made([], [quantity(lots[2], 1)], **THERE),
        wrong,
        declared_wrong(wrong),
        made([], [quantity(lots[4], 1)], bizLocation=None),
        packed(sscc(1), [], [quantity(lots[5], 1)], **HERE),
    ]
    await capture(services, firm.tenant_id, *bodies)
    assert await _met(services, firm, [*lots, sscc(1)]) == [lots[0], lots[1], lots[5], sscc(1)]
    assert await _met(services, firm, ["0", "2", "5"]) == ["0", "5"]


async def test_a_lot_is_met_through_its_units_and_a_unit_through_its_lot(firm: Firm, services: Services) -> None:
    in_lot = f"https://id.gs1.org/01/{DUMPLING}/10/{{}}/21/{{}}"
    await capture(
        services,
        firm.tenant_id,
        made([in_lot.format("L1", "S1")], **THERE),
        made([in_lot.format("L2", "S2")], minutes=1, **THERE),
        made([], [quantity(lot(DUMPLING, "L1"), 1)], minutes=2, **HERE),
        made([unit(DUMPLING, "S2")], minutes=3, action="OBSERVE", bizStep="storing", **HERE),
        made([in_lot.format("L3", "S3")], minutes=4, **THERE),
    )
    keys = [lot(DUMPLING, f"L{number}") for number in (1, 2, 3)] + [unit(DUMPLING, f"S{number}") for number in (1, 2, 3)]
    assert await _met(services, firm, keys) == [key for key in keys if not key.endswith("3")]


async def test_a_bare_code_is_unique_among_what_is_met(firm: Firm, services: Services) -> None:
    """What others call the same elsewhere would else tell of itself by making the code ambiguous."""
    await capture(
        services, firm.tenant_id, made([], [quantity(lot(FLOUR, "SAME"), 1)], **HERE), made([], [quantity(lot(DUMPLING, "SAME"), 1)], **THERE)
    )
    assert await _met(services, firm, ["SAME"]) == ["SAME"]
    with pytest.raises(AmbiguousCodeError):
        async with services.database.tenant(firm.tenant_id) as tx:
            await objects.find(tx, "SAME")


async def test_a_trace_goes_through_other_sites_and_tells_of_them_what_is_linked_alone(firm: Firm, services: Services) -> None:
    flour, dough, dumplings = lot(FLOUR, "F"), lot(DUMPLING, "MID"), lot(DUMPLING, "END")
    await capture(
        services,
        firm.tenant_id,
        made([], [quantity(flour, 10)], **HERE),
        transformed([flour], [dough], minutes=10, **HERE),
        transformed([dough], [dumplings], minutes=20, **THERE),
        shipped([], [quantity(dumplings, 3)], minutes=30, readPoint={"id": SHOP}),
        shipped([], [quantity(dough, 1)], minutes=31),
    )
    async with services.database.tenant(firm.tenant_id) as tx:
        whole = await traces.trace(tx, flour, Direction.FORWARD)
        limited = await traces.trace(tx, flour, Direction.FORWARD, sites=SITES)
        with pytest.raises(ObjectNotFoundError):
            await traces.trace(tx, dumplings, Direction.BACKWARD, sites=SITES)
        left = [reached.shipment.from_place for reached in await traces.shipments_reached(tx, flour, SITES)]
        everything = await traces.shipments_reached(tx, flour)
    assert limited.nodes == whole.nodes
    assert [(link.parent_id, link.child_id, link.kind, link.certainty, link.occurred_at) for link in limited.links] == [
        (link.parent_id, link.child_id, link.kind, link.certainty, link.occurred_at) for link in whole.links
    ]
    assert [link.quantity is not None for link in whole.links] == [True] * 4
    assert [link.quantity is not None for link in limited.links] == [True, True, False, False]
    assert (left, len(everything)) == ([PLANT], 2)
    assert {reached.shipment.to_party for reached in everything} == {CUSTOMER}

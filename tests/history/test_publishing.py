"""What is published of lots and units follows from their events and holds, whatever the order and however often it is told."""

import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from backend.catalog.service import Product, ProductKind
from backend.events import service as events
from backend.events.service import CAPTURED
from backend.history import publisher, repository
from backend.history.document import History, Material, MaterialLot, Place, Status, Step, StepKind, Temperature, encode
from backend.holds import service as holds
from backend.services import Services
from backend.worker import handlers
from infra.outbox import enqueue
from infra.queue import perform
from tests.factories import (
    DUMPLING,
    FLOUR,
    MEAT,
    at,
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
from tests.history.stories import (
    D1,
    F1,
    M1,
    NAMES,
    P1,
    PRODUCTS,
    dumpling_story,
    exclusively,
    page_rows,
    product,
    published,
    put,
    unit_of_lot,
)
from tests.signing import signature_of

DoOutbox = Callable[[], Awaitable[int]]
LOT, S1, S2 = f"01/{DUMPLING}/10/P1", f"01/{DUMPLING}/21/S1", f"01/{DUMPLING}/21/S2"
PLANT_NAMES, LINE_PLACE = (
    {"zh": "溯味食品厂", "en": "Suwei Foods"},
    Place({"zh": "蒸煮线", "en": "Steaming line"}, {"zh": "溯味食品厂", "en": "Suwei Foods"}),
)


def minute(number: int) -> datetime:
    return datetime.fromisoformat(at(number)).astimezone(UTC)


async def place(services: Services, firm: Firm, key: str) -> holds.Hold:
    return await exclusively(services, firm, lambda tx: holds.place_hold(tx, firm.principal, key=key, reason="glass found"))


async def release(services: Services, firm: Firm, hold: holds.Hold, keys: Sequence[str] = ()) -> None:
    await exclusively(
        services,
        firm,
        lambda tx: holds.release_hold(
            tx, firm.principal, hold_id=hold.hold_id, reason="tested good", keys=keys, signature=signature_of(firm.principal)
        ),
    )


async def statuses(services: Services, firm: Firm, *keys: str) -> list[Status | None]:
    found = [await published(services, firm, key) for key in keys]
    return [history.status if history else None for history in found]


async def materials(services: Services, firm: Firm, key: str = LOT) -> dict[str, Any]:
    history = await published(services, firm, key)
    assert history is not None
    return {material.names["en"]: material for material in history.materials or ()}


async def test_a_lot_tells_its_dates_steps_readings_and_published_materials(services: Services, maker: Firm) -> None:
    steaming, core = Temperature(Decimal("62.08"), Decimal("98.57"), "CEL"), Temperature(Decimal("83.4"), Decimal("83.4"), "CEL")
    dough, flour = (
        Material({"zh": "面团", "en": "Dough"}, (MaterialLot("D1"),)),
        Material({"zh": "小麦粉", "en": "Wheat flour"}, (MaterialLot("F1"),)),
    )
    assert await published(services, maker, LOT) == History(
        gtin=DUMPLING,
        names=NAMES,
        lot="P1",
        status=Status.CLEAR,
        produced_on=date(2026, 3, 2),
        expires_on=date(2027, 3, 2),
        steps=(
            Step(StepKind.MADE, minute(60), minute(60), "Asia/Shanghai", LINE_PLACE, temperature=steaming),
            Step(StepKind.INSPECTED, minute(70), minute(70), "Asia/Shanghai", Place(PLANT_NAMES), passed=True, temperature=core),
            Step(StepKind.PACKED, minute(90), minute(95), "Asia/Shanghai", LINE_PLACE),
            Step(StepKind.SHIPPED, minute(600), minute(600), "Asia/Shanghai", Place(PLANT_NAMES)),
        ),
        materials=(dough, flour),
        certificates=("https://certificates.example/haccp/18",),
    )


async def test_a_unit_tells_only_its_own_and_points_to_its_lot(services: Services, maker: Firm) -> None:
    rows = await page_rows(services, maker)
    assert rows[S1][0] == rows[S2][0] == LOT
    assert await published(services, maker, S1) == History(
        serial="S1",
        steps=(
            Step(StepKind.NUMBERED, minute(80), minute(80), "Asia/Shanghai", LINE_PLACE),
            Step(StepKind.PACKED, minute(90), minute(90), "Asia/Shanghai", LINE_PLACE),
            Step(StepKind.SHIPPED, minute(600), minute(600), "Asia/Shanghai", Place(PLANT_NAMES)),
        ),
    )
    second = await published(services, maker, S2)
    assert second is not None
    assert [step.kind for step in second.steps] == [StepKind.NUMBERED, StepKind.PACKED]


async def test_only_published_finished_products_have_rows(services: Services, maker: Firm) -> None:
    assert set(await page_rows(services, maker)) == {f"01/{DUMPLING}", LOT, S1, S2}


async def test_nothing_published_names_customers_quantities_or_unpublished_materials(services: Services, maker: Firm) -> None:
    told = "".join(document for _, document in (await page_rows(services, maker)).values())
    for secret in ("Huilin", "惠邻", "9506000134024", MEAT, "Pork\"", "猪肉\"", "M1", "quantity", FLOUR, "glass found"):  # fmt: skip
        assert secret not in told


async def test_any_order_and_repetition_end_in_the_same_pages(
    services: Services, new_firm: Callable[[], Awaitable[Firm]], do_outbox: DoOutbox
) -> None:
    story = dumpling_story()
    outcomes = []
    for seed in (None, 1, 2, 3):
        firm = await new_firm()
        await put(services, firm)
        told = list(story)
        if seed is not None:
            random.Random(seed).shuffle(told)
        for event in told:
            await capture(services, firm.tenant_id, event)
            if seed == 2:
                await do_outbox()
        async with services.database.tenant(firm.tenant_id) as tx:
            payload = {"event_ids": [row["event_id"] for row in await tx.fetch("select event_id from event where tenant_id = $1")]}
            await enqueue(tx, events.CAPTURED, [payload, payload])
        await do_outbox()
        outcomes.append(await page_rows(services, firm))
    assert outcomes[0] == outcomes[1] == outcomes[2] == outcomes[3]


async def test_repeating_a_publication_changes_no_row(services: Services, maker: Firm, do_outbox: DoOutbox) -> None:
    async def versions() -> list[Any]:
        async with services.database.tenant(maker.tenant_id) as tx:
            return [
                tuple(row) for row in await tx.fetch("select key, published_at, xmin::text from published_history where tenant_id = $1 order by key")
            ]

    before = await versions()
    async with services.database.tenant(maker.tenant_id) as tx:
        ids = [row["event_id"] for row in await tx.fetch("select event_id from event where tenant_id = $1")]
        await publisher.publish_captured(tx, {"event_ids": ids})
    assert await versions() == before


async def test_a_corrected_input_takes_its_material_off_the_page(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    wrong = transformed([lot(FLOUR, "F9")], [D1], minutes=0)
    right = transformed([F1], [D1], minutes=0)
    await capture(services, firm.tenant_id, wrong, transformed([D1], [P1], minutes=60))
    await do_outbox()
    assert (await materials(services, firm))["Wheat flour"].lots == (MaterialLot("F9"),)
    await capture(services, firm.tenant_id, declared_wrong(wrong), right)
    await do_outbox()
    assert (await materials(services, firm))["Wheat flour"].lots == (MaterialLot("F1"),)


async def test_a_link_far_upstream_that_comes_late_reaches_the_page(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await capture(services, firm.tenant_id, transformed([D1], [P1], minutes=60))
    await do_outbox()
    assert set(await materials(services, firm)) == {"Dough"}
    await capture(services, firm.tenant_id, transformed([F1], [D1], minutes=0))
    await do_outbox()
    assert set(await materials(services, firm)) == {"Dough", "Wheat flour"}


async def test_a_material_used_without_its_lot_is_shown_as_possible(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    flour = f"https://id.gs1.org/01/{FLOUR}"
    await capture(services, firm.tenant_id, transformed([flour], [P1], minutes=60))
    await do_outbox()
    assert await materials(services, firm) == {}
    await capture(services, firm.tenant_id, made(amounts=[quantity(F1, 100)], minutes=-600))
    await do_outbox()
    assert (await materials(services, firm))["Wheat flour"].lots == (MaterialLot("F1", possible=True),)


async def test_a_packing_told_after_its_shipment_shows_that_the_unit_left(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await capture(services, firm.tenant_id, made([unit_of_lot("S1")], minutes=10), packed(sscc(5), [unit_of_lot("S1")], minutes=20))
    await capture(services, firm.tenant_id, shipped([sscc(6)], minutes=60))
    await do_outbox()
    await capture(services, firm.tenant_id, packed(sscc(6), [sscc(5)], minutes=30))
    await do_outbox()
    for key in (S1, LOT):
        history = await published(services, firm, key)
        assert history is not None
        assert [step.at for step in history.steps if step.kind is StepKind.SHIPPED] == [minute(60)]


async def test_a_shipment_declared_wrong_disappears_from_lot_and_unit(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    shipment = shipped([sscc(5)], minutes=60)
    await capture(services, firm.tenant_id, made([unit_of_lot("S1")], minutes=10), packed(sscc(5), [unit_of_lot("S1")], minutes=20), shipment)
    await do_outbox()
    await capture(services, firm.tenant_id, declared_wrong(shipment))
    await do_outbox()
    for key in (S1, LOT):
        history = await published(services, firm, key)
        assert history is not None
        assert StepKind.SHIPPED not in [step.kind for step in history.steps]


async def test_a_unit_whose_lot_is_learnt_later_moves_under_it(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await capture(services, firm.tenant_id, made([unit(DUMPLING, "S1")], minutes=10))
    await do_outbox()
    alone = await published(services, firm, S1)
    assert alone is not None
    assert (alone.names, alone.lot, [step.kind for step in alone.steps]) == (NAMES, None, [StepKind.MADE])
    await capture(services, firm.tenant_id, packed(sscc(5), [unit_of_lot("S1")], minutes=20))
    await do_outbox()
    assert (await page_rows(services, firm))[S1][0] == LOT
    assert (await published(services, firm, LOT)) is not None


async def test_a_unit_with_a_making_of_its_own_lists_its_own_materials(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm, (*PRODUCTS, product(MEAT, "齿轮", "Gear")))
    await capture(
        services, firm.tenant_id,
        made([unit(MEAT, "G1"), unit(MEAT, "G2")], minutes=0),
        transformed([unit(MEAT, "G1")], [unit_of_lot("S1")], minutes=10),
        transformed([unit(MEAT, "G2")], [unit_of_lot("S2")], minutes=11),
    )  # fmt: skip
    await do_outbox()
    assert (await materials(services, firm, S1))["Gear"].lots == (MaterialLot("G1"),)
    assert (await materials(services, firm, S2))["Gear"].lots == (MaterialLot("G2"),)


async def test_a_hold_far_upstream_shows_as_review_until_it_is_released(services: Services, maker: Firm, do_outbox: DoOutbox) -> None:
    hold = await place(services, maker, F1)
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.REVIEW, None, None]
    await release(services, maker, hold)
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.CLEAR, None, None]


async def test_a_held_unit_is_under_review_and_its_lot_is_not(services: Services, maker: Firm, do_outbox: DoOutbox) -> None:
    hold = await place(services, maker, unit(DUMPLING, "S1"))
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.CLEAR, Status.REVIEW, None]
    await release(services, maker, hold)
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.CLEAR, None, None]


async def test_a_unit_released_by_name_is_clear_while_its_lot_is_held_and_held_again_by_another_hold(
    services: Services, maker: Firm, do_outbox: DoOutbox
) -> None:
    hold = await place(services, maker, P1)
    await release(services, maker, hold, [unit(DUMPLING, "S1")])
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.REVIEW, Status.CLEAR, None]
    await place(services, maker, D1)
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.REVIEW, None, None]


async def test_what_lay_in_a_held_pallet_stays_under_review_after_unpacking_until_the_release(
    services: Services, maker: Firm, do_outbox: DoOutbox
) -> None:
    hold = await place(services, maker, sscc(2))
    await do_outbox()
    await capture(services, maker.tenant_id, packed(sscc(2), [unit_of_lot("S2")], minutes=1_000_000, action="DELETE", bizStep="unpacking"))
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.CLEAR, None, Status.REVIEW]
    await release(services, maker, hold)
    await do_outbox()
    assert await statuses(services, maker, LOT, S1, S2) == [Status.CLEAR, None, None]


async def test_a_lot_made_from_a_held_material_is_born_under_review(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await place(services, firm, F1)
    await capture(services, firm.tenant_id, transformed([F1], [D1], minutes=0), transformed([D1], [P1], minutes=60))
    await do_outbox()
    assert await statuses(services, firm, LOT) == [Status.REVIEW]


async def test_many_held_lots_are_told_apart_from_the_free_ones(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    numbers = [f"P{number:02d}" for number in range(60)]
    outputs = {number: F1 if int(number[1:]) % 2 else M1 for number in numbers}
    await capture(services, firm.tenant_id, *(transformed([of], [lot(DUMPLING, number)], minutes=5) for number, of in outputs.items()), together=True)
    await place(services, firm, F1)
    await do_outbox()
    found = await statuses(services, firm, *(f"01/{DUMPLING}/10/{number}" for number in numbers))
    assert found == [Status.REVIEW if int(number[1:]) % 2 else Status.CLEAR for number in numbers]


async def test_a_large_publication_goes_on_in_further_rows(
    services: Services, firm: Firm, do_outbox: DoOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "LOTS_AT_ONCE", 4)
    monkeypatch.setattr(publisher, "UNITS_AT_ONCE", 3)
    await put(services, firm)
    lots = [f"P{number}" for number in range(9)]
    story = [transformed([F1], [lot(DUMPLING, number)], minutes=5) for number in lots]
    await capture(services, firm.tenant_id, *story, made([unit_of_lot(f"S{number}", "P0") for number in range(7)], minutes=9), together=True)
    assert await do_outbox() > 1 + 3 + 3
    await place(services, firm, F1)
    await do_outbox()
    assert await statuses(services, firm, *(f"01/{DUMPLING}/10/{number}" for number in lots)) == [Status.REVIEW] * 9
    assert sum("/21/" in key for key in await page_rows(services, firm)) == 7


async def test_a_product_no_longer_published_loses_its_pages_and_gets_them_back(services: Services, maker: Firm) -> None:
    before = await page_rows(services, maker)

    async def publish_as(*, published: bool) -> None:
        await put(services, maker, (Product(DUMPLING, NAMES, ProductKind.FINISHED, "H87", 365, published=published),))
        async with services.database.tenant(maker.tenant_id) as tx:
            await publisher.publish_products(tx, {"gtins": [DUMPLING]})

    await publish_as(published=False)
    assert await page_rows(services, maker) == {}
    await publish_as(published=True)
    assert await page_rows(services, maker) == before


async def test_events_of_a_product_that_was_withdrawn_take_its_pages_away(services: Services, maker: Firm, do_outbox: DoOutbox) -> None:
    await put(services, maker, (product(DUMPLING, "水饺", "Dumplings", ProductKind.FINISHED, published=False),))
    await capture(services, maker.tenant_id, made(amounts=[quantity(P1, 1)], minutes=99, action="OBSERVE", bizStep="inspecting"))
    await do_outbox()
    assert LOT not in await page_rows(services, maker)


async def test_units_under_a_lot_that_was_never_named_itself_make_the_lot_page(services: Services, firm: Firm, do_outbox: DoOutbox) -> None:
    await put(services, firm)
    await capture(services, firm.tenant_id, made([unit_of_lot("S1")], minutes=10), made([unit_of_lot("S2")], minutes=30))
    await do_outbox()
    history = await published(services, firm, LOT)
    assert history is not None
    assert [(step.kind, step.at, step.until) for step in history.steps] == [(StepKind.MADE, minute(10), minute(30))]


async def test_a_publication_beside_another_is_put_off_and_then_reads_what_is_true(services: Services, maker: Firm, do_outbox: Any) -> None:
    await do_outbox()
    async with services.database.tenant(maker.tenant_id) as tx:
        event_ids = [row["event_id"] for row in await tx.fetch("select event_id from event where tenant_id = $1")]
        await enqueue(tx, CAPTURED, [{"event_ids": event_ids[:1]}, {"event_ids": event_ids[1:]}])
        rows = [row["outbox_id"] for row in await tx.fetch("select outbox_id from outbox where tenant_id = $1 and done_at is null")]
    async with services.database.tenant(maker.tenant_id) as first:
        await repository.lock_publication(first)
        await perform(services.database, handlers(services), maker.tenant_id, rows[0])
        await repository.put(first, [(LOT, None, encode(History(gtin=DUMPLING, names={"en": "stale"})))])
    async with services.database.tenant(maker.tenant_id) as tx:
        [put_off] = await tx.fetch("select attempts, done_at, due_at > now() as later from outbox where tenant_id = $1 and outbox_id = $2", rows[0])
    assert (put_off["attempts"], put_off["done_at"], put_off["later"]) == (0, None, True)
    # The next one does the work of both rows.
    await perform(services.database, handlers(services), maker.tenant_id, rows[1])
    async with services.database.tenant(maker.tenant_id) as tx:
        still_open = "select count(*) from outbox where tenant_id = $1 and done_at is null and outbox_id = any($2::bigint[])"
        assert await tx.fetchval(still_open, rows) == 0
    history = await published(services, maker, LOT)
    assert history is not None
    assert history.names == NAMES

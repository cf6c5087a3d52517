"""What is told again, or doesn't change what is derived, writes nothing; and what changes writes its own rows alone."""

from backend.services import Services
from tests.factories import DOUGH, DUMPLING, FLOUR, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.genealogy.remembered import PAST, Memory

F1, D1, P1 = lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")
DERIVED = ("lot_link", "unit_membership", "class_input", "movement", "containment", "shipment", "lot_shipment", *PAST)
STORY = [
    transformed([F1], [D1]), packed(sscc(1), [unit(DUMPLING, "S1")], [quantity(D1, 5)]), made([f"{P1}/21/S1"]), transformed([sscc(1)], [P1], 50),
    shipped([sscc(1)]), transformed([f"https://id.gs1.org/01/{FLOUR}"], [P1], 60),
]  # fmt: skip


async def rows_of(services: Services, firm: Firm) -> dict[str, set[tuple[str, str]]]:
    """Each row with the transaction that wrote it."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = {table: await tx.fetch(f"select t::text as told, t.xmin::text as writer from {table} t where tenant_id = $1") for table in DERIVED}
    return {table: {(row["told"], row["writer"]) for row in rows} for table, rows in found.items()}


async def test_the_same_told_twice_writes_nothing(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, *STORY)
    before = await rows_of(services, firm)
    await capture(services, firm.tenant_id, *STORY)
    await capture(services, firm.tenant_id, *STORY, together=True)
    assert await rows_of(services, firm) == before


async def test_what_is_told_at_once_was_never_otherwise(services: Services, firm: Firm) -> None:
    wrong = packed(sscc(2), [unit(DUMPLING, "S2")])
    await capture(services, firm.tenant_id, *STORY, wrong, declared_wrong(wrong), together=True)
    assert await Memory(services, firm).past() == 0


async def test_packing_case_by_case_writes_a_row_for_each_case(services: Services, firm: Firm) -> None:
    cases = 30
    for number in range(cases):
        await capture(services, firm.tenant_id, packed(sscc(1), [sscc(100 + number)], minutes=20 + number))
    async with services.database.tenant(firm.tenant_id) as tx:
        moments = [row["known_from"] for row in await tx.fetch("select known_from from containment where tenant_id = $1")]
    assert (len(moments), len(set(moments)), await Memory(services, firm).past()) == (cases, cases, 0)


async def test_unpacking_case_by_case_leaves_one_row_of_the_past_for_each(services: Services, firm: Firm) -> None:
    names = [sscc(100 + number) for number in range(10)]
    await capture(services, firm.tenant_id, packed(sscc(1), names))
    for number, name in enumerate(names):
        await capture(services, firm.tenant_id, packed(sscc(1), [name], minutes=30 + number, action="DELETE"))
    assert await Memory(services, firm).past() == 10


async def test_a_shipment_packed_case_by_case_after_it_left_keeps_what_doesnt_change(services: Services, firm: Firm) -> None:
    lots = [lot(DOUGH, f"D{number}") for number in range(10)]
    await capture(services, firm.tenant_id, shipped([sscc(1)], minutes=90))
    for number, name in enumerate(lots):
        await capture(services, firm.tenant_id, packed(sscc(1), [], [quantity(name, 5)], minutes=20 + number))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(distinct known_from) from lot_shipment where tenant_id = $1") == 10
    assert await Memory(services, firm).past() == 0

"""Tanks from real events: fills by packing and by transformations, draws with quantities told, worked out and not told."""

from decimal import Decimal
from typing import Any

from backend.balance import service
from backend.balance.service import Tank, TankDraw
from backend.balance.tanks import Basis, TankPolicy
from backend.genealogy.rules import Certainty
from backend.objects import service as objects
from backend.services import Services
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, PLANT, _event, capture, declared_wrong, lot, made, packed, quantity, shipped
from tests.firms import Firm

TANK = "https://example.com/tank/T1"
MILK_1, MILK_2, MILK_3 = lot(FLOUR, "M1"), lot(FLOUR, "M2"), lot(FLOUR, "M3")
CREAM, CHEESE = lot(MEAT, "C1"), lot(DOUGH, "K1")
FIFO, MIXED, EVERYTHING = TankPolicy.FIRST_IN_FIRST_OUT, TankPolicy.WELL_MIXED, TankPolicy.EVERYTHING_SINCE_CLEANING


def fill(content: str, litres: float | None, minutes: float, uom: str = "LTR") -> dict[str, Any]:
    amount = {"epcClass": content} if litres is None else quantity(content, litres, uom)
    return packed(TANK, amounts=[amount], minutes=minutes, bizStep="storing")


def draw(output: dict[str, Any], minutes: float, **fields: Any) -> dict[str, Any]:
    return _event("TransformationEvent", minutes, inputEPCList=[TANK], outputQuantityList=[output], bizLocation={"id": PLANT}, **fields)


def clean(minutes: float) -> dict[str, Any]:
    return _event("ObjectEvent", minutes, epcList=[TANK], action="OBSERVE", bizStep="https://example.com/bizstep/cleaning", bizLocation={"id": PLANT})


async def tank(services: Services, firm: Firm, policy: TankPolicy = FIFO) -> Tank:
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, TANK)
        return await service.tank_history(tx, found.object_id, policy)


async def draws(services: Services, firm: Firm, policy: TankPolicy) -> tuple[list[TankDraw], list[dict[str, tuple[Decimal | None, Certainty]]]]:
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, TANK)
        told = await service.tank_shares(tx, found.object_id, policy)
        names = await objects.load(tx, {share.content_id for one in told for share in one.shares})
        return told, [{names[share.content_id].uri: (share.quantity, share.certainty) for share in one.shares} for one in told]


async def test_draws_are_worked_out_by_policy_and_nothing_passes_a_cleaning(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, fill(MILK_1, 600, 1), fill(MILK_2, 0.4, 2, "MTQ"), draw(quantity(CREAM, 500, "LTR"), 3), clean(5),
        fill(MILK_3, 100, 6), draw(quantity(CHEESE, 40, "LTR"), 7),
    )  # fmt: skip
    told, shares = await draws(services, firm, FIFO)
    assert [(one.quantity, one.basis, one.uom, one.by_policy) for one in told] == [
        (Decimal(500), Basis.ALLOCATED, "LTR", True), (Decimal(40), Basis.ALLOCATED, "LTR", True),
    ]  # fmt: skip
    assert shares == [
        {MILK_1: (Decimal(500), Certainty.CERTAIN), MILK_2: (Decimal(0), Certainty.POSSIBLE)}, {MILK_3: (Decimal(40), Certainty.CERTAIN)},
    ]  # fmt: skip
    assert (await draws(services, firm, MIXED))[1][0] == {MILK_1: (Decimal(300), Certainty.CERTAIN), MILK_2: (Decimal(200), Certainty.CERTAIN)}
    assert (await draws(services, firm, EVERYTHING))[1][0] == {MILK_1: (None, Certainty.POSSIBLE), MILK_2: (None, Certainty.POSSIBLE)}
    now = await tank(services, firm)
    assert [level.level for level in now.levels] == [600, 1000, 500, 0, 100, 60]
    assert [share.quantity for share in now.composition] == [60]


async def test_draw_asked_by_its_transformation_and_by_time(services: Services, firm: Firm) -> None:
    first, second = (
        draw(quantity(CREAM, 10, "LTR"), 3, transformationID="urn:uuid:00000000-0000-4000-8000-000000000001"),
        draw(quantity(CHEESE, 5, "LTR"), 4),
    )
    await capture(services, firm.tenant_id, fill(MILK_1, 100, 1), first, second)
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await objects.find(tx, TANK)
        [node] = [one.node_id for one in await service.tank_shares(tx, found.object_id, FIFO) if one.quantity == 10]
        assert node is not None
        asked = await service.tank_shares(tx, found.object_id, FIFO, nodes=[node])
        assert [(one.node_id, one.quantity) for one in asked] == [(node, Decimal(10))]
        named = (await objects.load(tx, [node]))[node]
        assert named.key == "transformation:urn:uuid:00000000-0000-4000-8000-000000000001"


async def test_overdraw_and_untold_quantities_are_said(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, fill(MILK_1, 30, 1), draw(quantity(CREAM, 50, "LTR"), 2))
    [one], _ = await draws(services, firm, FIFO)
    assert (one.overdrawn, one.level) == (Decimal(20), Decimal(0))
    await capture(services, firm.tenant_id, clean(3), fill(MILK_2, None, 4), draw(quantity(CHEESE, 5, "LTR"), 5))
    told, shares = await draws(services, firm, FIFO)
    assert (told[1].by_policy, told[1].level, shares[1]) == (False, None, {MILK_2: (None, Certainty.CERTAIN)})


async def test_quantity_in_another_dimension_is_not_told(services: Services, firm: Firm) -> None:
    await capture(services, firm.tenant_id, fill(MILK_1, 100, 1), draw(quantity(CHEESE, 9, "KGM"), 2))
    [one], shares = await draws(services, firm, FIFO)
    assert (one.quantity, one.basis, one.by_policy, shares) == (None, Basis.NOT_TOLD, False, [{MILK_1: (None, Certainty.CERTAIN)}])
    await capture(services, firm.tenant_id, fill(MILK_2, 100, 3, "KGM"))
    now = await tank(services, firm)
    assert (now.uom, now.several_units, [level.level for level in now.levels]) == (None, True, [None, None, None])


async def test_transformation_fills_and_contents_are_taken_out_by_name(services: Services, firm: Firm) -> None:
    mixing = _event(
        "TransformationEvent", 1, inputQuantityList=[quantity(MILK_1, 60, "LTR"), quantity(MILK_2, 40, "LTR")], outputEPCList=[TANK],
        bizLocation={"id": PLANT},
    )  # fmt: skip
    out = packed(TANK, amounts=[quantity(MILK_3, 20, "LTR")], minutes=3, action="DELETE", bizStep="unpacking")
    await capture(services, firm.tenant_id, mixing, fill(MILK_3, 50, 2), out)
    now = await tank(services, firm, MIXED)
    assert [(one.quantity, one.basis) for one in now.fills] == [(Decimal(100), Basis.ALLOCATED), (Decimal(50), Basis.MEASURED)]
    assert sorted(share.quantity or 0 for share in now.composition) == [30, 100]
    assert now.draws[0].node_id is None


async def test_correction_and_lives(services: Services, firm: Firm) -> None:
    wrong = fill(MILK_1, 999, 1)
    await capture(
        services, firm.tenant_id, made([TANK], minutes=0), wrong, fill(MILK_2, 10, 2), declared_wrong(wrong), shipped([TANK], minutes=3),
        fill(MILK_3, 7, 4),
    )  # fmt: skip
    now = await tank(services, firm)
    assert [fill.quantity for fill in now.fills] == [10, 7]
    assert (now.level, now.cleaned_at) == (Decimal(7), now.fills[1].at)
    await capture(services, firm.tenant_id, packed(TANK, minutes=5, action="DELETE", bizStep="unpacking"))
    assert (await tank(services, firm)).composition == ()


async def test_nothing_told_is_an_empty_story(services: Services, firm: Firm) -> None:
    await capture(
        services,
        firm.tenant_id,
        _event("ObjectEvent", 1, epcList=[TANK], action="OBSERVE", bizStep="inspecting"),
        made([], [quantity(lot(DUMPLING, "X"), 1)]),
    )
    now = await tank(services, firm)
    assert (now.levels, now.composition, now.uom, now.truncated) == ((), (), None, False)

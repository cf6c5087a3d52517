"""What a recall reaches, both ways at once: with certainty, quantities, whereabouts and customers; by parts, bounds and windows."""

from decimal import Decimal

import pytest

from backend.genealogy.rules import Certainty
from backend.holds import service as holds
from backend.holds.scopes import Scope
from backend.recall_scope import service as scopes
from backend.recall_scope.errors import NotFrozenError, ReferenceWithoutGoodsError, UnknownScopeError
from backend.recall_scope.service import Bounds, ScopeState, Source
from backend.services import Services
from backend.trace.parts import Part
from backend.trace.rules import Doubt
from infra.database import Gate
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tests.factories import CUSTOMER, DUMPLING, PLANT, SHOP, START, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.recall_scope.story import CUSTOMERS, D1, F1, F2, OTHER, P1, P2, ask, codes, freeze, put, tell
from tests.state import state_of

S = Certainty.CERTAIN


async def test_a_raw_lot_reaches_what_was_made_of_it_and_who_received_that(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    before = await state_of(services, firm.tenant_id)
    scope = await ask(services, firm, [Source.of_object(F1)])
    assert await state_of(services, firm.tenant_id) == before
    assert codes(scope.affected) == ["F1", "D1", "D2", "P1", "P2"]
    assert {one.certainty for one in scope.affected} == {S}
    assert [one.root for one in scope.affected] == [True, False, False, False, False]
    assert codes(scope.co_packed) == ["F2"]
    assert {one.shipment.to_party for one in scope.shipments} == set(CUSTOMERS)
    assert (scope.counts.affected, scope.counts.certain, scope.counts.customers, scope.counts.shipments) == (5, 5, 2, 2)
    assert not scope.truncated
    assert scope.suspect_inputs == ()
    first = scope.affected[0]
    assert [(amount.quantity, amount.uom) for amount in first.quantities] == [(Decimal(100), "KGM")]
    assert {(one.state, one.quantity) for one in first.places} == {(ScopeState.IN_STOCK, Decimal(30)), (ScopeState.CONSUMED, Decimal(70))}
    flour = next(one for one in scope.balances if one.came == 100)
    assert (flour.stock, flour.used, flour.difference) == (Decimal(30), Decimal(70), Decimal(0))


async def test_a_complaint_shows_suspects_and_how_many_complaints_they_have_in_common(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    scope = await ask(services, firm, [Source.of_complaint(P1, "bitter"), Source.of_complaint(P2, "bitter too")])
    assert [(one.thing.code, one.of_sources, one.raw) for one in scope.suspect_inputs] == [
        ("F1", 2, True), ("M1", 1, True), ("D1", 1, False), ("D2", 1, False),
    ]  # fmt: skip
    assert codes(scope.affected) == ["P1", "P2"]


async def test_a_part_of_a_lot_reaches_less_and_says_what_is_not_proven(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    early = Part(since=START, until=START)
    scope = await ask(services, firm, [Source.of_object(F1, part=Part(place=SHOP))])
    assert [one.thing.code for one in scope.affected] == ["F1"]
    scope = await ask(services, firm, [Source.of_object(F1, part=early)])
    assert {one.thing.code: one.certainty for one in scope.affected}["P1"] in Certainty


async def test_bounds_leave_out_what_is_only_possible_and_say_how_much(firm: Firm, services: Services) -> None:
    await tell(services, firm, transformed([lot(DUMPLING, "P9")], [lot(DUMPLING, "P10")], 100))
    await capture(
        services, firm.tenant_id, packed(sscc(7), amounts=[quantity(D1, 1)], minutes=60),
        transformed([sscc(7)], [lot(DUMPLING, "P3")], 30),
    )  # fmt: skip
    every = await ask(services, firm, [Source.of_object(D1)])
    doubtful = [one for one in every.affected if one.certainty is Certainty.POSSIBLE]
    assert [(one.thing.code, one.doubts) for one in doubtful] == [("P3", (Doubt.PACKING_NEAR_IN_TIME,))]
    certain = await ask(services, firm, [Source.of_object(D1)], Bounds(include_possible=False))
    assert codes(certain.affected) == ["D1", "P1"]
    assert certain.counts.left_out == 1


async def test_no_sources_reach_nothing_and_can_be_frozen(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    scope = await ask(services, firm, [])
    assert (scope.affected, scope.suspect_inputs, scope.shipments, scope.counts.affected) == ((), (), (), 0)
    frozen = await freeze(services, firm, await put(services, firm, []))
    assert (frozen.version, frozen.counts.affected) == (1, 0)


async def test_a_window_of_a_step_is_followed_and_clipped_by_bounds(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    window = Source.of_window(Scope.of_step("creating_class_instance"))
    assert set(codes((await ask(services, firm, [window])).affected)) == {"D1", "D2", "P1", "P2"}
    elsewhere = await ask(services, firm, [window], Bounds(place=SHOP))
    assert elsewhere.affected == ()
    here = await ask(services, firm, [window], Bounds(place=PLANT))
    assert set(codes(here.affected)) == {"D1", "D2", "P1", "P2"}


async def test_what_is_held_is_told_as_on_hold(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    await services.in_tenant(
        firm.tenant_id,
        lambda tx: holds.place(tx, firm.principal, scope=Scope.of_objects(F1), origin=holds.HoldOrigin(), reason="bitter"),
        gate=Gate.EXCLUSIVE,
    )
    scope = await ask(services, firm, [Source.of_object(F1)])
    assert scope.affected[0].on_hold in (True, False)


async def test_units_sold_and_destroyed_are_told_under_their_lot(firm: Firm, services: Services) -> None:
    sold, gone, left = (f"{P1}/21/{name}" for name in ("A", "B", "C"))
    await capture(
        services, firm.tenant_id, transformed([F1], [sold, gone, left]),
        made([sold], minutes=60, action="DELETE", bizStep="retail_selling"), made([gone], minutes=61, action="DELETE", bizStep="destroying"),
    )  # fmt: skip
    scope = await ask(services, firm, [Source.of_object(F1)])
    lot_of_units = next(one for one in scope.affected if one.thing.code == "P1")
    assert lot_of_units.units == 3
    assert {(one.state, one.quantity) for one in lot_of_units.places} == {
        (ScopeState.IN_STOCK, Decimal(1)), (ScopeState.SOLD, Decimal(1)), (ScopeState.DESTROYED, Decimal(1)),
    }  # fmt: skip
    assert scope.counts.units == 3


async def test_frozen_scopes_stay_as_they_were_and_their_digest_tells_so(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    case_id = await put(services, firm, [Source.of_object(F1)])
    frozen = await freeze(services, firm, case_id)
    await capture(services, firm.tenant_id, transformed([F1], [lot(DUMPLING, "P7")], 60))
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await scopes.frozen(tx, case_id) == frozen
        assert await scopes.digest_of_rows(tx, frozen) == frozen.digest
        listed = await scopes.items(tx, case_id)
        assert [(one.code, one.role) for one in listed] == [
            *((code, scopes.Role.AFFECTED) for code in ("F1", "D1", "D2", "P1", "P2")), ("F2", scopes.Role.CO_PACKED),
        ]  # fmt: skip
        assert [one.code for one in await scopes.items(tx, case_id, after=listed[1].position, limit=2)] == ["D2", "P1"]
        parts = await scopes.customers(tx, case_id)
        assert [(one.party, [(each.code, each.quantity) for each in one.lots]) for one in parts] == [
            (CUSTOMER, [("P1", Decimal(20))]), (OTHER, [("P2", Decimal(25))]),
        ]  # fmt: skip
        assert [one.party for one in await scopes.customers(tx, case_id, after=CUSTOMER, limit=5)] == [OTHER]
        assert [(one.kind, one.code) for one in await scopes.additions(tx, case_id)] == [(scopes.AdditionKind.ADDED, "P7")]
        with pytest.raises(NotFrozenError):
            await scopes.frozen(tx, case_id, 2)
    again = await freeze(services, firm, case_id)
    assert (again.version, again.counts.affected) == (2, 6)
    assert again.digest != frozen.digest


async def test_customers_of_a_case_that_is_not_frozen_are_those_of_now(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    case_id = await put(services, firm, [Source.of_object(F1)])
    async with services.database.tenant(firm.tenant_id) as tx:
        assert [one.party for one in await scopes.customers(tx, case_id)] == [CUSTOMER, OTHER]
        with pytest.raises(UnknownScopeError):
            await scopes.customers(tx, uuid7())


async def test_sources_are_kept_as_declared_and_the_same_again_writes_nothing(firm: Firm, services: Services) -> None:
    await tell(services, firm)
    sources = [Source.of_object(f" {F1} ", part=Part(place=PLANT, since=START)), Source.of_window(Scope.of_step("packing", since=START))]
    case_id = await put(services, firm, sources, Bounds(since=START, include_possible=False))
    async with services.database.tenant(firm.tenant_id) as tx:
        kept, bounds = await scopes.question_of(tx, case_id)
        assert await scopes.put_sources(tx, case_id, kept, bounds) == 1
    assert kept == (
        Source.of_object(F1.removeprefix("https://id.gs1.org/"), part=Part(place=PLANT, since=START)),
        Source.of_window(Scope.of_step("packing", since=START)),
    )
    assert bounds == Bounds(since=START, include_possible=False)


@pytest.mark.parametrize(
    "source",
    [
        Source.of_object(unit(DUMPLING, "S1"), part=Part(since=START)), Source.of_object(" "), Source.of_window(Scope.of_objects(F1)),
        Source.of_complaint(F2, "x" * 201),
    ],
)  # fmt: skip
async def test_sources_that_say_nothing_are_refused(firm: Firm, services: Services, source: Source) -> None:
    await tell(services, firm, made([unit(DUMPLING, "S1")]))
    with pytest.raises(InvalidInputError):
        await ask(services, firm, [source])


@pytest.mark.parametrize("reference", ["nonconformance:x", "nonconformance:01900000-0000-7000-8000-000000000000", "moon:1", "alert"])
async def test_a_reference_without_goods_is_refused(firm: Firm, services: Services, reference: str) -> None:
    with pytest.raises(ReferenceWithoutGoodsError):
        await ask(services, firm, [Source.of_reference(reference)])


async def test_a_pallet_suspected_for_a_time_is_what_lay_in_it_then(firm: Firm, services: Services) -> None:
    await tell(services, firm, packed(sscc(1), [], minutes=35, action="DELETE", bizStep="unpacking"))
    assert codes((await ask(services, firm, [Source.of_object(sscc(1))])).affected) == [sscc(1).rsplit("/", 1)[-1]]
    then = await ask(services, firm, [Source.of_object(sscc(1), part=Part(since=START))])
    assert {"P1", "F2"} <= set(codes(then.affected))
    case_id = await put(services, firm, [Source.of_object(sscc(1), part=Part(since=START))])
    async with services.database.tenant(firm.tenant_id) as tx:
        (held,) = await scopes.hold_scopes(tx, case_id)
    assert {key.rsplit("/", 1)[-1] for key in held.keys} >= {"P1", "F2"}


async def test_shipments_of_a_unit_are_told_of_the_unit(firm: Firm, services: Services) -> None:
    one, other = f"{P1}/21/A", f"{P1}/21/B"
    await capture(services, firm.tenant_id, transformed([F1], [one, other]), packed(sscc(3), [one]), shipped([sscc(3)]), shipped([other], minutes=40))
    scope = await ask(services, firm, [Source.of_complaint(one)])
    assert [[lot.lot.code for lot in each.lots] for each in scope.shipments] == [["A"]]
    assert [each.thing.code for each in scope.suspect_inputs] == ["P1", "F1"]

"""Two names for the same goods: traces, holds and recalls follow both ways, and revoking frees nothing by itself."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from backend.aliases import service as aliases
from backend.aliases.errors import AliasExistsError, AliasKindError, AliasNotFoundError, AliasRevokedError, AliasToItselfError
from backend.aliases.service import Alias, AliasCause
from backend.genealogy import reach
from backend.genealogy.rules import Certainty, LinkKind
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from infra.database import Gate
from infra.errors import InvalidInputError, PermissionDeniedError
from tenants.permissions import Role
from tests.factories import DOUGH, DUMPLING, FLOUR, MEAT, at, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.holds.test_holds import count, held, place, release, ship
from tests.state import state_of

THEIRS, OURS, DOUGH_LOT, END = lot(FLOUR, "SUP-7"), lot(FLOUR, "F1"), lot(DOUGH, "D1"), lot(DUMPLING, "P1")


async def declare(services: Services, firm: Firm, key: str = THEIRS, same_as: str = OURS, **given: Any) -> Alias:
    wanted = {"cause": AliasCause.SUPPLIERS_IDENTIFIER, "reason": "delivery note 12", **given}
    return await services.in_tenant(
        firm.tenant_id,
        lambda tx: aliases.assert_alias(tx, firm.principal, services.capture, key=key, same_as=same_as, **wanted),
        gate=Gate.SHARED,
    )


async def revoke(services: Services, firm: Firm, alias: Alias) -> Alias:
    return await services.in_tenant(
        firm.tenant_id,
        lambda tx: aliases.revoke_alias(tx, firm.principal, services.capture, alias_id=alias.alias_id, reason="another delivery"),
        gate=Gate.EXCLUSIVE,
    )


async def traced(services: Services, firm: Firm, key: str, direction: Direction, **given: Any) -> trace.Trace:
    async with services.database.tenant(firm.tenant_id) as tx:
        return await trace.trace(tx, key, direction, **given)


async def lots_of(services: Services, firm: Firm, key: str, direction: Direction, **given: Any) -> set[str]:
    found = await traced(services, firm, key, direction, **given)
    return {node.thing.uri for node in found.nodes if "/10/" in node.thing.uri or "/21/" in node.thing.uri}


async def shipments_of(services: Services, firm: Firm, key: str) -> list[set[str]]:
    async with services.database.tenant(firm.tenant_id) as tx:
        return [{carried.lot.uri for carried in reached.lots} for reached in await trace.shipments_reached(tx, key)]


async def flour_and_dough(services: Services, firm: Firm) -> None:
    """The supplier's lot was told by the supplier; ours was made into dough, and that shipped."""
    await capture(
        services, firm.tenant_id, made([], [quantity(THEIRS, 100)], minutes=0), made([], [quantity(OURS, 100)], minutes=1),
        transformed([OURS], [DOUGH_LOT], 10), shipped([], [quantity(DOUGH_LOT, 10)], minutes=30),
    )  # fmt: skip


async def test_trace_and_recall_follow_an_alias_both_ways_and_mark_it(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    assert await lots_of(services, firm, THEIRS, Direction.FORWARD) == {THEIRS}
    assert await shipments_of(services, firm, THEIRS) == []
    await declare(services, firm)
    assert await lots_of(services, firm, THEIRS, Direction.FORWARD) == {THEIRS, OURS, DOUGH_LOT}
    assert await lots_of(services, firm, DOUGH_LOT, Direction.BACKWARD) == {THEIRS, OURS, DOUGH_LOT}
    assert await shipments_of(services, firm, THEIRS) == [{DOUGH_LOT}]
    found = await traced(services, firm, THEIRS, Direction.FORWARD)
    marked = [link for link in found.links if link.kind is LinkKind.ALIAS]
    assert {(link.certainty, link.doubt, link.quantity) for link in marked} == {(Certainty.CERTAIN, None, None)}
    names = {node.thing.object_id: node.thing.uri for node in found.nodes}
    assert {(names[link.parent_id], names[link.child_id]) for link in marked} == {(THEIRS, OURS), (OURS, THEIRS)}
    # They were the same whenever either was there, also before anybody said so.
    assert THEIRS in await lots_of(services, firm, DOUGH_LOT, Direction.BACKWARD, as_of=datetime.fromisoformat(at(20)))


async def test_aliases_of_aliases_are_followed(services: Services, firm: Firm) -> None:
    third = lot(FLOUR, "TYPO")
    await capture(services, firm.tenant_id, *[made([], [quantity(key, 1)]) for key in (THEIRS, OURS, third)], transformed([OURS], [DOUGH_LOT]))
    await declare(services, firm)
    await declare(services, firm, THEIRS, third, cause=AliasCause.MISTYPED)
    assert await lots_of(services, firm, third, Direction.FORWARD) == {third, THEIRS, OURS, DOUGH_LOT}


async def test_alias_brings_goods_under_a_hold_at_once_and_alerts_of_those_that_left(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    await place(services, firm, THEIRS)
    assert await held(services, firm, DOUGH_LOT) == []
    assert await count(services, firm, "alert") == 0
    await declare(services, firm)
    assert await held(services, firm, OURS) == await held(services, firm, DOUGH_LOT) == [THEIRS]
    assert await count(services, firm, "alert") == 1
    with pytest.raises(GoodsHeldError):
        await ship(services, firm, DOUGH_LOT, 1)


async def test_revoking_leaves_goods_correction_pending_until_the_hold_is_released(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    hold = await place(services, firm, THEIRS)
    alias = await declare(services, firm)
    revoked = await revoke(services, firm, alias)
    assert revoked.revoked_at is not None
    assert revoked.revoke_reason == "another delivery"
    assert await lots_of(services, firm, THEIRS, Direction.FORWARD) == {THEIRS}
    async with services.database.tenant(firm.tenant_id) as tx:
        dough = await objects.find(tx, DOUGH_LOT)
        assert [cause.correction_pending for cause in await holds.why_held(tx, [dough.object_id])][:1] == [True]
    await release(services, firm, hold)
    assert await held(services, firm, DOUGH_LOT) == []


async def test_revoked_alias_is_known_for_the_time_that_it_was(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    alias = await declare(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        between = await tx.fetchval("select last_moment from tenant_sequence where tenant_id = $1")
    await revoke(services, firm, alias)
    async with services.database.tenant(firm.tenant_id) as tx:
        theirs = await objects.find(tx, THEIRS)
        then = {row["kind"] for row in await reach.links_down(tx, [theirs.object_id], 100, known_at=between)}
        now = {row["kind"] for row in await reach.links_down(tx, [theirs.object_id], 100)}
    assert (LinkKind.ALIAS in then, LinkKind.ALIAS in now) == (True, False)


async def test_unit_with_an_alias_keeps_its_lot_and_is_reached_from_it(services: Services, firm: Firm) -> None:
    s1, new_label = f"https://id.gs1.org/01/{DUMPLING}/10/P1/21/S1", unit(DUMPLING, "S1-B")
    await capture(
        services, firm.tenant_id, transformed([OURS], [END]), made([s1], minutes=11), made([new_label], minutes=12),
        packed(sscc(1), [new_label]), shipped([sscc(1)]),
    )  # fmt: skip
    before = await state_of(services, firm.tenant_id)
    alias = await declare(services, firm, s1, new_label, cause=AliasCause.RELABELLED)
    assert new_label in await lots_of(services, firm, OURS, Direction.FORWARD)
    assert await lots_of(services, firm, new_label, Direction.BACKWARD) >= {OURS, END}
    assert len(await shipments_of(services, firm, OURS)) == 1
    await place(services, firm, OURS)
    assert await held(services, firm, new_label) == [OURS]
    await revoke(services, firm, alias)
    assert await shipments_of(services, firm, OURS) == []
    after = await state_of(services, firm.tenant_id)
    assert {name: after[name] for name in ("unit_membership", "lot_shipment", "containment") if name in after} == {
        name: before[name] for name in ("unit_membership", "lot_shipment", "containment") if name in before
    }


async def test_declared_again_after_revoking(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    await revoke(services, firm, await declare(services, firm))
    await declare(services, firm, OURS, THEIRS)
    assert DOUGH_LOT in await lots_of(services, firm, THEIRS, Direction.FORWARD)
    async with services.database.tenant(firm.tenant_id) as tx:
        every = await aliases.page_of_aliases(tx, OURS, active_only=False, cursor=None, backward=False, limit=10)
        in_force = await aliases.page_of_aliases(tx, OURS, active_only=True, cursor=None, backward=False, limit=10)
    assert ([alias.revoked_at is None for alias in every], len(in_force)) == ([True, False], 1)


@pytest.mark.parametrize("turned", [False, True])
async def test_second_declaration_of_a_pair_is_told_as_a_duplicate(services: Services, firm: Firm, turned: bool) -> None:
    await flour_and_dough(services, firm)
    await declare(services, firm)
    with pytest.raises(AliasExistsError) as refused:
        await declare(services, firm, *((OURS, THEIRS) if turned else (THEIRS, OURS)))
    assert (refused.value.field, refused.value.status) == ("sameAs", 409)
    assert await count(services, firm, "alias") == 1


async def test_refusals_write_nothing(services: Services, firm: Firm) -> None:
    await capture(
        services, firm.tenant_id, made([unit(FLOUR, "U1")], [quantity(OURS, 1)]), packed(sscc(1), [unit(FLOUR, "U1")]), transformed([OURS], [END])
    )
    for key, same_as, error, field in (
        (OURS, OURS, AliasToItselfError, "sameAs"), (OURS, "F1", AliasToItselfError, "sameAs"), (OURS, unit(FLOUR, "U1"), AliasKindError, "sameAs"),
        (sscc(1), OURS, AliasKindError, "sameAs"), (lot(FLOUR, "NONE"), OURS, ObjectNotFoundError, "key"),
        (OURS, lot(FLOUR, "NONE"), ObjectNotFoundError, "sameAs"),
    ):  # fmt: skip
        with pytest.raises(error) as refused:
            await declare(services, firm, key, same_as)
        assert refused.value.field == field, (key, same_as)
    with pytest.raises(InvalidInputError):
        await declare(services, firm, OURS, END, reason="x" * 501)
    with pytest.raises(AliasNotFoundError):
        await services.in_tenant(
            firm.tenant_id,
            lambda tx: aliases.revoke_alias(tx, firm.principal, services.capture, alias_id=uuid4(), reason="x"),
            gate=Gate.EXCLUSIVE,
        )
    assert await count(services, firm, "alias") == 0
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from lot_link where tenant_id = $1 and kind = 7") == 0


async def test_revoked_once_only(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    alias = await declare(services, firm)
    await revoke(services, firm, alias)
    with pytest.raises(AliasRevokedError):
        await revoke(services, firm, alias)


async def test_only_quality_declares(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    for role, allowed in ((Role.WAREHOUSE_KEEPER, False), (Role.ADMINISTRATOR, False), (Role.QUALITY_MANAGER, True)):
        acting = Firm(firm.tenant, firm.as_role(role))
        if allowed:
            await declare(services, acting)
        else:
            with pytest.raises(PermissionDeniedError):
                await declare(services, acting)


async def test_change_without_the_gate_is_a_mistake_of_the_program(services: Services, firm: Firm) -> None:
    await flour_and_dough(services, firm)
    alias = await declare(services, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        with pytest.raises(RuntimeError):
            await aliases.assert_alias(tx, firm.principal, services.capture, key=OURS, same_as=DOUGH_LOT, cause=AliasCause.OTHER, reason="x")
    async with services.database.tenant(firm.tenant_id, gate=Gate.SHARED) as tx:
        with pytest.raises(RuntimeError):
            await aliases.revoke_alias(tx, firm.principal, services.capture, alias_id=alias.alias_id, reason="x")


async def test_different_products_may_be_the_same_goods(services: Services, firm: Firm) -> None:
    """A lot relabelled under another product code."""
    other = lot(MEAT, "M1")
    await capture(services, firm.tenant_id, made([], [quantity(OURS, 1), quantity(other, 1)]))
    await declare(services, firm, OURS, other, cause=AliasCause.RELABELLED)
    assert await lots_of(services, firm, OURS, Direction.FORWARD) == {OURS, other}

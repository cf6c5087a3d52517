"""Scopes of any size: what an answer can't show is counted, frozen and found in the pages; nothing is cut without a word."""

from typing import Final
from uuid import UUID

import pytest

from backend.events import moments
from backend.holds import standing
from backend.holds.scopes import Scope
from backend.identifiers import ObjectKind
from backend.recall_scope import computing, reaching
from backend.recall_scope import service as scopes
from backend.recall_scope.errors import ScopeTooLargeError
from backend.recall_scope.service import Role, Source
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import DUMPLING, START, capture, made, quantity, shipped
from tests.firms import Firm
from tests.recall_scope.story import F1, ask, freeze, put, tell
from tests.soak.marks import soak

NODES: Final = 20


async def grow(tx: TenantTransaction, lots: int, units: int) -> None:
    """Make so many lots of F1, through a few steps, and so many units of the last one: as rows, because events would take minutes."""
    await moments.begin(tx)
    root = await tx.fetchval("select object_id from traceable_object where tenant_id = $1 and key = $2", F1.removeprefix("https://id.gs1.org/"))
    await tx.execute(
        """insert into traceable_object (tenant_id, kind, key, gtin, code)
           select $1, $3::smallint, 'transformation:urn:test:' || n, null, 'urn:test:' || n from generate_series(1, $2::int) n returning object_id""",
        NODES,
        int(ObjectKind.TRANSFORMATION),
    )
    await tx.execute(
        """insert into traceable_object (tenant_id, kind, key, gtin, code)
           select $1, 1, '01/' || $2::text || '/10/G' || n, $2::text, 'G' || n from generate_series(1, $3::int) n returning object_id""",
        DUMPLING,
        lots,
    )
    await tx.execute(
        """insert into traceable_object (tenant_id, kind, key, gtin, code)
           select $1, 2, '01/' || $2::text || '/21/V' || n, $2::text, 'V' || n from generate_series(1, $3::int) n returning object_id""",
        DUMPLING,
        units,
    )
    await tx.execute(
        """insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty)
           select $1, $2::bigint, o.object_id, 1, 1, $3, 1 from traceable_object o where o.tenant_id = $1 and o.key like 'transformation:urn:test:%'
           returning child_id""",
        root,
        START,
    )
    await tx.execute(
        """with s as materialized (select o.object_id, substr(o.code, 10)::bigint as n from traceable_object o
                                  where o.tenant_id = $1 and o.key like 'transformation:urn:test:%')
           insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty)
           select $1, s.object_id, g.object_id, 1, 2, $2, 1 from traceable_object g join s on s.n = 1 + g.object_id % $3::int
           where g.tenant_id = $1 and g.kind = 1 and g.code like 'G%' returning child_id""",
        START,
        NODES,
    )
    await tx.execute(
        """with g as materialized (select g.object_id from traceable_object g where g.tenant_id = $1 and g.kind = 1 and g.code = 'G1')
           insert into unit_membership (tenant_id, unit_id, lot_id, event_id)
           select $1, u.object_id, g.object_id, 1 from g cross join traceable_object u
           where u.tenant_id = $1 and u.kind = 2 and u.code like 'V%' returning unit_id"""
    )


async def check(services: Services, firm: Firm, lots: int, units: int) -> None:
    """A lot with so many descendants is frozen with all of them, and the answer says what it doesn't show."""
    await tell(services, firm)
    async with services.database.tenant(firm.tenant_id, timeout_ms=60_000) as tx:
        await grow(tx, lots, units)
    scope = await ask(services, firm, [Source.of_object(F1)])
    assert (scope.counts.affected, scope.counts.units) == (5 + lots, units)
    assert scope.truncated == (lots + 5 > computing.MOST_GOODS)
    assert len(scope.affected) == min(lots + 5, computing.MOST_GOODS)
    case_id = await put(services, firm, [Source.of_object(F1)])
    frozen = await freeze(services, firm, case_id)
    assert frozen.counts.affected == 5 + lots
    await check_pages(services, firm, case_id, lots, units)


async def check_pages(services: Services, firm: Firm, case_id: UUID, lots: int, units: int) -> None:
    """Page by page everything is there, once."""
    seen, position, under = set(), 0, 0
    async with services.database.tenant(firm.tenant_id) as tx:
        frozen = await scopes.frozen(tx, case_id)
        while page := await scopes.items(tx, case_id, after=position, limit=1_000, role=Role.AFFECTED):
            position = page[-1].position
            seen |= {item.key for item in page}
            for item in (item for item in page if item.units):
                after = ""
                while part := await scopes.units_of_item(tx, frozen, item, after=after):
                    after = part[-1][0]
                    under += len(part)
        assert (len(seen), under) == (5 + lots, units)
        assert await scopes.digest_of_rows(tx, frozen) == frozen.digest


async def test_a_lot_with_more_descendants_than_an_answer_shows(firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computing, "MOST_GOODS", 300)
    await check(services, firm, 1_200, 2_500)


@soak
@pytest.mark.timeout(600)
async def test_a_lot_with_a_hundred_thousand_descendants(firm: Firm, services: Services) -> None:
    await check(services, firm, 30_000, 70_000)


async def test_beyond_all_bounds_it_is_refused_and_said(firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "MOST_LINKS", 3)
    await tell(services, firm)
    with pytest.raises(ScopeTooLargeError) as refused:
        await ask(services, firm, [Source.of_object(F1)])
    assert "Nothing was left out or written" in str(refused.value)


async def test_a_window_too_large_for_one_hold_is_held_in_parts(firm: Firm, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole year's production: its parts together hold every lot, and the last one runs on."""
    monkeypatch.setattr("backend.holds.roots.MAXIMUM_ROOTS", 3)
    lots = [f"https://id.gs1.org/01/{DUMPLING}/10/Y{number}" for number in range(9)]
    await capture(services, firm.tenant_id, *[made(amounts=[quantity(lot, 1)], minutes=60 * number) for number, lot in enumerate(lots)])
    source = Source.of_window(Scope.of_step("commissioning", since=START))
    scope = await ask(services, firm, [source])
    assert len(scope.affected) == len(lots)
    case_id = await put(services, firm, [source])
    async with services.database.tenant(firm.tenant_id) as tx:
        parts = await scopes.hold_scopes(tx, case_id)
        held = set()
        for part in parts:
            held |= (await standing.seeds_in_window(tx, part)).ids
    assert len(parts) > 1
    assert [part.until for part in parts].count(None) == 1
    assert len(held) == len(lots)


async def test_a_lot_that_went_to_nobody_who_is_named(firm: Firm, services: Services) -> None:
    await tell(services, firm, shipped([], [quantity(F1, 5)], minutes=90, destinationList=None))
    scope = await ask(services, firm, [Source.of_object(F1)])
    assert None in {one.shipment.to_party for one in scope.shipments}
    case_id = await put(services, firm, [Source.of_object(F1)])
    await freeze(services, firm, case_id)
    async with services.database.tenant(firm.tenant_id) as tx:
        parts = await scopes.customers(tx, case_id)
    assert parts[0].party is None
    assert [lot.code for lot in parts[0].lots] == ["F1"]

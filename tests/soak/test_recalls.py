"""A recall of very many goods: complete, held, frozen, told and printed in bounded memory, while others go on working."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import pytest

from backend.documents.kinds import DocumentKind
from backend.events.commands import read_command
from backend.events.projection import Source as EventSource
from backend.recall_scope import service as scopes
from backend.services import Services
from infra.database import TenantTransaction
from tests.factories import DOUGH, DUMPLING, FLOUR, START, lot, made, quantity, transformed
from tests.firms import Firm
from tests.recall_scope.story import F1, tell
from tests.recall_scope.test_size import grow
from tests.recalls.whole import WholeRecall, forget_peak, peak_megabytes, press_megabytes
from tests.soak.marks import soak

Tell = Callable[[str, object], None]
# Beyond what the process had before, whatever the size of the scope. The press has a limit of its own.
OTHERS_SECONDS: Final = 10
MOST_MEGABYTES: Final = 500


async def ship(tx: TenantTransaction, customers: int) -> None:
    """Each lot that was grown went to one of so many customers."""
    await tx.execute(
        """insert into event (tenant_id, public_id, event_key, base_key, content_sha256, event_hash, event_type, action, event_time, event_offset,
             record_time, biz_step, source, body, context)
           select $1, gen_random_uuid(), 'e:grown' || n, 'e:grown' || n, sha256(n::text::bytea), 'ni:' || n, 1, 2, $3, '+08:00', $3, 'shipping', 1,
             '{}', '[]' from generate_series(0, $2::int - 1) n returning event_id""",
        customers,
        START,
    )
    await tx.execute(
        """insert into shipment (tenant_id, shipment_id, shipped_at, to_party, document, direction)
           select $1, e.event_id, e.event_time, 'https://id.gs1.org/417/' || e.event_key, e.event_key, 1 from event e
           where e.tenant_id = $1 and e.event_key like 'e:grown%' returning shipment_id"""
    )
    await tx.execute(
        """insert into event_feed (tenant_id, seq, event_id) select $1, -e.event_id, e.event_id from event e
           where e.tenant_id = $1 and e.event_key like 'e:grown%' returning seq"""
    )
    for table, columns, values in (
        ("lot_shipment", "lot_id, shipment_id, quantity, uom, certainty", "g.object_id, s.event_id, 10, 'KGM', 1"),
        ("event_object", "object_id, event_id, role, line, event_time, quantity, uom", "g.object_id, s.event_id, 1, 0, s.event_time, 10, 'KGM'"),
    ):
        await tx.execute(
            f"""with s as materialized (select e.event_id, e.event_time, substr(e.event_key, 8)::bigint as n from event e
                                       where e.tenant_id = $1 and e.event_key like 'e:grown%')
                insert into {table} (tenant_id, {columns}) select $1, {values} from traceable_object g join s on s.n = g.object_id % $2::int
                where g.tenant_id = $1 and g.kind = 1 and g.code like 'G%' returning tenant_id""",
            customers,
        )


@asynccontextmanager
async def others_at_work(services: Services, firm: Firm) -> AsyncIterator[list[int]]:
    """Meanwhile another firm captures, one event after the other; gives how many it has."""
    captured = [0]

    async def work() -> None:
        while True:
            name = f"O{captured[0]}"
            flour, dough, at = lot(FLOUR, name), lot(DOUGH, name), captured[0]
            events = [read_command(body) for body in (made(amounts=[quantity(flour, 5)], minutes=at), transformed([flour], [dough], minutes=at))]
            await services.capturing(firm.tenant_id, events, partial(services.capture.capture, events=events, source=EventSource.EPCIS))
            captured[0] += len(events)

    working = asyncio.create_task(work())
    try:
        yield captured
        assert not working.done(), working
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def recall(services: Services, firm: Firm, other: Firm, told_at_the_end: Tell, *, lots: int, units: int, customers: int, printed: bool) -> None:
    await tell(services, firm)
    async with services.database.tenant(firm.tenant_id, timeout_ms=120_000) as tx:
        await grow(tx, lots, units)
        await ship(tx, customers)
    before, step = forget_peak(), WholeRecall(services, firm.principal, [F1])
    async with others_at_work(services, other) as captured:
        seen = 0

        async def others_went_on() -> None:
            nonlocal seen
            # A step may take less than one of their captures.
            async with asyncio.timeout(OTHERS_SECONDS):
                while captured[0] <= seen:  # noqa: ASYNC110 - shorter than what would tell
                    await asyncio.sleep(0.01)
            seen = captured[0]

        told = await step.scope()
        assert (told.counts.affected, told.counts.units, told.counts.customers) == (lots + 5, units, customers + 2)
        await others_went_on()
        await step.open()
        await step.hold()
        assert await step.held([f"01/{DUMPLING}/10/G1"])
        await others_went_on()
        frozen = await step.announce()
        assert frozen.counts == told.counts
        await others_went_on()
        assert await step.notify() == customers + 2
        await others_went_on()
        for kind in (*((DocumentKind.RECALL_REPORT,) if printed else ()), DocumentKind.FSMA204_SHEET, DocumentKind.SCOPE_EPCIS_JSON):
            made_of_it = await step.document(kind)
            told_at_the_end("told", f"{kind.name}: {made_of_it.size} bytes")
            await others_went_on()
    async with services.database.tenant(firm.tenant_id, timeout_ms=120_000) as tx:
        assert await scopes.digest_of_rows(tx, frozen) == frozen.digest
    more = peak_megabytes() - before
    told_at_the_end("told", f"{lots + units:,} descendants: {more:,.0f} MB more than {before:,.0f} at most; the press {press_megabytes():,.0f} MB")
    assert more < MOST_MEGABYTES
    await step.end()


async def test_a_recall_of_thousands_while_others_work(services: Services, firm: Firm, other_firm: Firm, record_property: Any) -> None:
    await recall(services, firm, other_firm, record_property, lots=400, units=5_000, customers=20, printed=False)


@soak
@pytest.mark.timeout(3_600)
async def test_a_recall_of_a_hundred_thousand_while_others_work(services: Services, firm: Firm, other_firm: Firm, record_property: Any) -> None:
    await recall(services, firm, other_firm, record_property, lots=30_000, units=70_000, customers=2_000, printed=True)

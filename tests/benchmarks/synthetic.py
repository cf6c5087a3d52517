"""A synthetic genealogy of any size in the product's tables: loaded by COPY, indexes last, statistics as after autovacuum."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any
from uuid import UUID

import asyncpg

from backend.genealogy.containment import AGGREGATION
from backend.genealogy.rules import Certainty
from backend.shipments.projection import Direction
from backend.simulator.genealogy import (
    BEGINNING,
    CONTAINMENT_COLUMNS,
    LOT_LINK_COLUMNS,
    LOT_SHIPMENT_COLUMNS,
    MEMBERSHIP_COLUMNS,
    OBJECT_COLUMNS,
    Genealogy,
    SyntheticTenant,
    generate_genealogy,
)
from tests.benchmarks.report import Report
from tests.benchmarks.stage import Firm, House, Stage

TENANTS = 20
MILLION = 1_000_000
_CERTAIN = int(Certainty.CERTAIN)
_EVENT_COLUMNS = (
    "tenant_id", "event_id", "public_id", "event_key", "base_key", "content_sha256", "event_hash", "event_type", "action", "event_time",
    "event_offset", "record_time", "biz_step", "source", "body", "context",
)  # fmt: skip
_SECONDARY_INDEXES = """
select i.relname as name, pg_get_indexdef(i.oid) as definition
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
where n.nspname = 'suyuan' and t.relname = any($1::text[]) and not exists (select 1 from pg_constraint c where c.conindid = i.oid)
"""


@dataclass(frozen=True)
class World:
    """The loaded genealogy; `firm` is its largest tenant."""

    house: House
    genealogy: Genealogy
    firm: Firm
    links: int

    @property
    def tenant(self) -> SyntheticTenant:
        """The rows of `firm`."""
        return self.genealogy.tenants[0]


@asynccontextmanager
async def world(stage: Stage, report: Report, links: int, name: str = "world") -> AsyncIterator[World]:
    """A database of its own with that many links in it."""
    async with stage.house(name) as house:
        report.say(f"loading a synthetic genealogy of {links:,} links over {TENANTS} tenants")
        firms = [await house.new_firm() for _ in range(TENANTS)]
        genealogy = generate_genealogy(links, TENANTS, first_tenant_id=firms[0].tenant_id)
        if [tenant.tenant_id for tenant in genealogy.tenants] != [firm.tenant_id for firm in firms]:
            raise RuntimeError("tenants that were made one after the other have no numbers one after the other")
        async with house.admin() as connection:
            rows = await _load(connection, genealogy)
            report.say(f"  {rows:,} rows; vacuum and analyze")
            await connection.execute("vacuum (analyze)")
            await connection.execute("checkpoint")
        yield World(house, genealogy, firms[0], links)


async def _load(connection: asyncpg.Connection, genealogy: Genealogy) -> int:
    parts: list[tuple[str, Sequence[str], Callable[[], Iterable[tuple[Any, ...]]]]] = [
        ("traceable_object", OBJECT_COLUMNS, genealogy.objects),
        ("lot_link", (*LOT_LINK_COLUMNS, "certainty"), lambda: ((*row, _CERTAIN) for row in genealogy.lot_links())),
        ("unit_membership", MEMBERSHIP_COLUMNS, genealogy.memberships),
        ("containment", (*CONTAINMENT_COLUMNS, "kind"), lambda: ((*row, AGGREGATION) for row in genealogy.containments())),
        ("event", _EVENT_COLUMNS, lambda: _events(genealogy)),
        ("shipment", ("tenant_id", "shipment_id", "shipped_at", "to_party", "document", "direction"), lambda: _shipments(genealogy)),
        ("lot_shipment", (*LOT_SHIPMENT_COLUMNS[:3], "quantity", "uom", "certainty"), lambda: _lot_shipments(genealogy)),
    ]
    indexes = await connection.fetch(_SECONDARY_INDEXES, [table for table, _, _ in parts])
    for index in indexes:
        await connection.execute(f'drop index suyuan."{index["name"]}"')
    rows = 0
    for table, columns, made in parts:
        status = await connection.copy_records_to_table(table, schema_name="suyuan", records=made(), columns=columns)
        rows += int(status.rsplit(" ", 1)[-1])
    for index in indexes:
        await connection.execute(index["definition"])
    for table, column in (("traceable_object", "object_id"), ("event", "event_id")):
        last = max(tenant.next_id for tenant in genealogy.tenants)
        await connection.execute(f"select setval(pg_get_serial_sequence('suyuan.{table}', '{column}'), {last})")
    return rows


def _events(genealogy: Genealogy) -> Iterator[tuple[Any, ...]]:
    """One row for each transformation and each shipment: enough of an event for what joins it."""
    for tenant in genealogy.tenants:
        made = {row[3]: row[5] for row in tenant.lot_links()}
        shipped = {row[1]: row[2] for row in tenant.shipments()}
        for event_id, at in sorted(chain(made.items(), shipped.items())):
            yield _event(tenant.tenant_id, event_id, at, "shipping" if event_id in shipped else "creating_class_instance")


def _event(tenant_id: int, event_id: int, at: datetime, biz_step: str) -> tuple[Any, ...]:
    public_id = UUID(int=event_id)
    kind, action = (1, 2) if biz_step == "shipping" else (4, None)
    key = f"e:urn:uuid:{public_id}"
    digest = sha256(key.encode())
    return (
        tenant_id, event_id, public_id, key, key, digest.digest(), f"ni:///sha-256;{digest.hexdigest()}?ver=CBV2.0", kind, action, at, "+08:00",
        max(at, BEGINNING), biz_step, 1, "{}", "[]",
    )  # fmt: skip


def _shipments(genealogy: Genealogy) -> Iterator[tuple[Any, ...]]:
    for tenant_id, shipment_id, shipped_at, customer, document in genealogy.shipments():
        yield tenant_id, shipment_id, shipped_at, customer, document, int(Direction.OUTBOUND)


def _lot_shipments(genealogy: Genealogy) -> Iterator[tuple[Any, ...]]:
    for tenant_id, lot_id, shipment_id, units in genealogy.lot_shipments():
        yield tenant_id, lot_id, shipment_id, units, "", _CERTAIN

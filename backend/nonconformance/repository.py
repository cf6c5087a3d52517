"""Statements on nonconformances."""

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import OPEN, Fence, Sites, inside
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction

COLUMNS: Final = """n.nonconformance_id, n.number, n.source, n.source_reference, n.severity, n.status, n.title, n.description, n.characteristic,
    n.place, n.supplier, n.customer, n.opened_at, n.opened_by, n.closed_at"""
_DECISION: Final = """d.decision_id, d.nonconformance_id, d.status, d.reason, d.decided_at, d.decided_by, d.second_at, d.second_by, d.second_reason"""
_DISPOSITION: Final = """p.disposition_id, p.decision_id, p.nonconformance_id, p.object_id, p.kind, p.status, p.quantity, p.uom, p.instruction,
    p.approval_reference, p.valid_until, p.outcome_id, p.event_id, p.done_at, p.done_by, p.released"""


def concerned(sites: Sites | None, *, at: int) -> Fence:
    """Nonconformances (as `n`) that were found at the sites, or whose goods are met there; the values stand from `$at` on."""
    if sites is None:
        return OPEN
    found = inside(sites, ("n.place",), at=at)
    met = visible(sites, "no.object_id", at=at + len(found.values))
    condition = f""" and ({found.condition.removeprefix(" and ")} or exists (
        select 1 from nonconformance_object no
        where no.tenant_id = $1 and no.nonconformance_id = n.nonconformance_id{met.condition}))"""
    return Fence(condition, (*found.values, *met.values))


async def insert(tx: TenantTransaction, **columns: Any) -> None:
    """A new nonconformance; its columns but the tenant's by name."""
    names = ", ".join(columns)
    places = ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into nonconformance (tenant_id, {names}) values ($1, {places})", *columns.values())


async def put_objects(tx: TenantTransaction, nonconformance_id: UUID, goods: Sequence[tuple[int, Decimal | None, str | None]]) -> None:
    """The goods concerned: (object, quantity, unit of measure); what is there already gets the new quantity."""
    await tx.execute(
        """insert into nonconformance_object as no (tenant_id, nonconformance_id, object_id, quantity, uom)
           select $1, $2, * from unnest($3::bigint[], $4::numeric[], $5::text[])
           on conflict (tenant_id, nonconformance_id, object_id) do update set quantity = excluded.quantity, uom = excluded.uom""",
        nonconformance_id, [one[0] for one in goods], [one[1] for one in goods], [one[2] for one in goods],
    )  # fmt: skip


async def open_of_source(tx: TenantTransaction, source: int, reference: str) -> UUID | None:
    """The open nonconformance that came from something."""
    found: UUID | None = await tx.fetchval(
        """select n.nonconformance_id from nonconformance n
           where n.tenant_id = $1 and n.source = $2 and n.source_reference = $3 and n.closed_at is null""",
        source, reference,
    )  # fmt: skip
    return found


async def by_ids(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> list[Record]:
    """Nonconformances by id, of what concerns the sites."""
    fence = concerned(sites, at=3)
    return await tx.fetch(
        f"select {COLUMNS} from nonconformance n where n.tenant_id = $1 and n.nonconformance_id = any($2::uuid[]){fence.condition}",
        list(ids), *fence.values,
    )  # fmt: skip


async def lock(tx: TenantTransaction, nonconformance_id: UUID, sites: Sites | None) -> Record | None:
    """One of them, held until the transaction ends: steps follow each other."""
    fence = concerned(sites, at=3)
    return await tx.fetchrow(
        f"""select {COLUMNS} from nonconformance n where n.tenant_id = $1 and n.nonconformance_id = $2{fence.condition} for no key update""",
        nonconformance_id, *fence.values,
    )  # fmt: skip


async def set_status(tx: TenantTransaction, nonconformance_id: UUID, status: int, closed_at: datetime | None = None) -> None:
    """Its next status."""
    await tx.execute(
        "update nonconformance set status = $3, closed_at = $4 where tenant_id = $1 and nonconformance_id = $2",
        nonconformance_id, status, closed_at,
    )  # fmt: skip


async def objects_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """The goods of nonconformances."""
    return await tx.fetch(
        """select o.nonconformance_id, o.object_id, o.quantity, o.uom from nonconformance_object o
           where o.tenant_id = $1 and o.nonconformance_id = any($2::uuid[]) order by o.object_id""",
        list(ids),
    )


async def link_holds(tx: TenantTransaction, nonconformance_id: UUID, hold_ids: Collection[UUID]) -> None:
    """The holds that its decisions release."""
    await tx.execute(
        """insert into nonconformance_hold (tenant_id, nonconformance_id, hold_id)
           select $1, $2, * from unnest($3::uuid[]) on conflict do nothing""",
        nonconformance_id, list(hold_ids),
    )  # fmt: skip


async def holds_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """(nonconformance, hold) of nonconformances."""
    return await tx.fetch(
        """select h.nonconformance_id, h.hold_id from nonconformance_hold h
           where h.tenant_id = $1 and h.nonconformance_id = any($2::uuid[]) order by h.hold_id""",
        list(ids),
    )


async def insert_decision(
    tx: TenantTransaction, decision_id: UUID, nonconformance_id: UUID, *, status: int, reason: str, at: datetime, by: UUID, signature_id: UUID
) -> None:
    """A signed decision."""
    await tx.execute(
        """insert into nonconformance_decision (tenant_id, decision_id, nonconformance_id, status, reason, decided_at, decided_by, signature_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        decision_id, nonconformance_id, status, reason, at, by, signature_id,
    )  # fmt: skip


async def insert_dispositions(tx: TenantTransaction, rows: Sequence[dict[str, Any]]) -> None:
    """The lines of a decision; each row names the same columns."""
    kinds = {
        "disposition_id": "uuid", "decision_id": "uuid", "nonconformance_id": "uuid", "object_id": "bigint", "kind": "smallint",
        "status": "smallint", "quantity": "numeric", "uom": "text", "instruction": "text", "approval_reference": "text",
        "valid_until": "timestamptz",
    }  # fmt: skip
    arrays = ", ".join(f"${number + 2}::{kind}[]" for number, kind in enumerate(kinds.values()))
    await tx.execute(
        f"""insert into disposition (tenant_id, {", ".join(kinds)}, released)
            select $1, given.*, false from unnest({arrays}) as given returning disposition_id""",
        *([row[name] for row in rows] for name in kinds),
    )


async def decisions_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """The decisions about nonconformances, oldest first."""
    return await tx.fetch(
        f"""select {_DECISION} from nonconformance_decision d where d.tenant_id = $1 and d.nonconformance_id = any($2::uuid[])
            order by d.decision_id""",
        list(ids),
    )


async def decision(tx: TenantTransaction, decision_id: UUID) -> Record | None:
    """One decision."""
    return await tx.fetchrow(f"select {_DECISION} from nonconformance_decision d where d.tenant_id = $1 and d.decision_id = $2", decision_id)


async def countersign(tx: TenantTransaction, decision_id: UUID, *, status: int, at: datetime, by: UUID, reason: str, signature_id: UUID) -> int:
    """What the second person said; 0 where it had been said."""
    return await tx.execute(
        """update nonconformance_decision set status = $3, second_at = $4, second_by = $5, second_reason = $6, second_signature_id = $7
           where tenant_id = $1 and decision_id = $2 and status = 1""",
        decision_id, status, at, by, reason, signature_id,
    )  # fmt: skip


async def dispositions_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """What was decided about nonconformances' goods, oldest first."""
    return await tx.fetch(
        f"""select {_DISPOSITION} from disposition p where p.tenant_id = $1 and p.nonconformance_id = any($2::uuid[])
            order by p.decision_id, p.object_id, p.kind, p.disposition_id""",
        list(ids),
    )


async def disposition(tx: TenantTransaction, disposition_id: UUID) -> Record | None:
    """One of them."""
    return await tx.fetchrow(f"select {_DISPOSITION} from disposition p where p.tenant_id = $1 and p.disposition_id = $2", disposition_id)


async def set_dispositions(tx: TenantTransaction, ids: Collection[UUID], statuses: Collection[int]) -> None:
    """How far they are."""
    await tx.execute(
        """update disposition p set status = given.status from unnest($2::uuid[], $3::smallint[]) as given(disposition_id, status)
           where p.tenant_id = $1 and p.disposition_id = given.disposition_id""",
        list(ids), list(statuses),
    )  # fmt: skip


async def mark_released(tx: TenantTransaction, nonconformance_id: UUID, object_ids: Collection[int]) -> None:
    """The dispositions by which goods were let go."""
    await tx.execute(
        """update disposition set released = true
           where tenant_id = $1 and nonconformance_id = $2 and coalesce(outcome_id, object_id) = any($3::bigint[]) and status = 4""",
        nonconformance_id, list(object_ids),
    )  # fmt: skip


async def set_done(
    tx: TenantTransaction, disposition_id: UUID, *, status: int, at: datetime, by: UUID, event_id: UUID | None, outcome_id: int | None
) -> None:
    """It was done, as an event proves, and this came of it."""
    await tx.execute(
        """update disposition set status = $3, done_at = $4, done_by = $5, event_id = $6, outcome_id = $7
           where tenant_id = $1 and disposition_id = $2""",
        disposition_id, status, at, by, event_id, outcome_id,
    )  # fmt: skip


async def proved_by(tx: TenantTransaction, event_ids: Collection[UUID], object_id: int) -> list[Record]:
    """How much of the object these events have proved to be done: (quantity, unit of measure), of dispositions about a part."""
    return await tx.fetch(
        """select d.quantity, d.uom from disposition d
           where d.tenant_id = $1 and d.object_id = $3 and d.event_id = any($2::uuid[]) and d.quantity is not null""",
        list(event_ids), object_id,
    )  # fmt: skip


async def policy(tx: TenantTransaction) -> int | None:
    """From which severity on two people decide; None where the tenant has said nothing."""
    found: int | None = await tx.fetchval("select two_people_from from decision_policy where tenant_id = $1")
    return found


async def put_policy(tx: TenantTransaction, two_people_from: int) -> None:
    """Say it."""
    await tx.execute(
        """insert into decision_policy (tenant_id, two_people_from) values ($1, $2)
           on conflict (tenant_id) do update set two_people_from = excluded.two_people_from""",
        two_people_from,
    )

"""Statements on drills, their steps and findings, the company's policy, and lots to drill on."""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from infra.database import Record, TenantTransaction

_DRILL: Final = """d.drill_id, d.number, d.case_id, d.title, d.state, d.seed, d.participants, d.target_seconds, d.target_percent, d.started_at,
    d.started_by, d.started_name, d.finished_at, d.seconds, d.forward_percent, d.backward_percent, d.completeness_percent, d.passed, d.conclusion,
    d.concluded_at, d.concluded_by, d.concluded_name, d.signature_id"""
_FINDING: Final = "f.finding_id, f.drill_id, f.at, f.found_by, f.found_name, f.severity, f.text, f.corrective_action_id"


async def insert(tx: TenantTransaction, **columns: Any) -> None:
    """A new drill; its columns but the tenant's by name."""
    names, places = ", ".join(columns), ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into recall_drill (tenant_id, {names}) values ($1, {places})", *columns.values())


async def lock(tx: TenantTransaction, drill_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(f"select {_DRILL} from recall_drill d where d.tenant_id = $1 and d.drill_id = $2 for no key update", drill_id)


async def by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """Drills by id."""
    return await tx.fetch(f"select {_DRILL} from recall_drill d where d.tenant_id = $1 and d.drill_id = any($2::uuid[])", list(ids))


async def of_case(tx: TenantTransaction, case_id: UUID) -> UUID | None:
    """The drill of a case."""
    found: UUID | None = await tx.fetchval("select drill_id from recall_drill where tenant_id = $1 and case_id = $2", case_id)
    return found


async def page(tx: TenantTransaction, *, states: Collection[int] | None, cursor: UUID | None, backward: bool, limit: int) -> list[Record]:
    """Drills, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_DRILL} from recall_drill d
            where d.tenant_id = $1 and ($2::int[] is null or d.state = any($2::int[])) and ($3::uuid is null or d.drill_id {behind} $3)
            order by d.drill_id {order} limit $4""",
        sorted(states) if states is not None else None, cursor, limit,
    )  # fmt: skip


async def insert_step(
    tx: TenantTransaction, drill_id: UUID, step: int, *, at: datetime, elapsed_ms: int, machine_ms: int, by: UUID, name: str, detail: str
) -> None:
    """A step is done; its time stands."""
    await tx.execute(
        """insert into recall_drill_step (tenant_id, drill_id, step, at, elapsed_ms, machine_ms, done_by, done_name, detail)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        drill_id, step, at, elapsed_ms, machine_ms, by, name, detail,
    )  # fmt: skip


async def steps_of(tx: TenantTransaction, drill_ids: Collection[UUID]) -> list[Record]:
    """The steps of drills, in order."""
    return await tx.fetch(
        """select s.drill_id, s.step, s.at, s.elapsed_ms, s.machine_ms, s.done_name, s.detail from recall_drill_step s
           where s.tenant_id = $1 and s.drill_id = any($2::uuid[]) order by s.drill_id, s.step""",
        list(drill_ids),
    )


async def set_participants(tx: TenantTransaction, drill_id: UUID, participants: str) -> None:
    """Who takes part."""
    await tx.execute("update recall_drill set participants = $3 where tenant_id = $1 and drill_id = $2", drill_id, participants)


async def finish(
    tx: TenantTransaction, drill_id: UUID, *, state: int, at: datetime, seconds: Decimal | None, forward: Decimal | None,
    backward: Decimal | None, complete: Decimal | None, passed: bool | None,
) -> None:  # fmt: skip
    """It is over, with its score; a cancelled one has none, and was not finished."""
    await tx.execute(
        """update recall_drill set state = $3, finished_at = case when $9::boolean is null then null else $4::timestamptz end, seconds = $5,
             forward_percent = $6, backward_percent = $7, completeness_percent = $8, passed = $9
           where tenant_id = $1 and drill_id = $2""",
        drill_id, state, at, seconds, forward, backward, complete, passed,
    )  # fmt: skip


async def conclude(tx: TenantTransaction, drill_id: UUID, *, state: int, text: str, at: datetime, by: UUID, name: str, signature_id: UUID) -> None:
    """Somebody has signed what it showed."""
    await tx.execute(
        """update recall_drill set state = $3, conclusion = $4, concluded_at = $5, concluded_by = $6, concluded_name = $7, signature_id = $8
           where tenant_id = $1 and drill_id = $2""",
        drill_id, state, text, at, by, name, signature_id,
    )  # fmt: skip


async def insert_finding(
    tx: TenantTransaction, finding_id: UUID, drill_id: UUID, *, at: datetime, by: UUID, name: str, severity: int, text: str,
    corrective_action_id: UUID | None,
) -> None:  # fmt: skip
    """Something that the drill showed."""
    await tx.execute(
        """insert into recall_drill_finding (tenant_id, finding_id, drill_id, at, found_by, found_name, severity, text, corrective_action_id)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        finding_id, drill_id, at, by, name, severity, text, corrective_action_id,
    )  # fmt: skip


async def finding(tx: TenantTransaction, finding_id: UUID) -> Record | None:
    """One finding."""
    return await tx.fetchrow(f"select {_FINDING} from recall_drill_finding f where f.tenant_id = $1 and f.finding_id = $2", finding_id)


async def link_finding(tx: TenantTransaction, finding_id: UUID, corrective_action_id: UUID) -> None:
    """What is done about a finding."""
    await tx.execute(
        "update recall_drill_finding set corrective_action_id = $3 where tenant_id = $1 and finding_id = $2", finding_id, corrective_action_id
    )


async def findings_of(tx: TenantTransaction, drill_ids: Collection[UUID]) -> list[Record]:
    """The findings of drills, oldest first."""
    return await tx.fetch(
        f"""select {_FINDING} from recall_drill_finding f
            where f.tenant_id = $1 and f.drill_id = any($2::uuid[]) order by f.drill_id, f.finding_id""",
        list(drill_ids),
    )


async def last_finished(tx: TenantTransaction) -> datetime | None:
    """When a drill was last finished."""
    found: datetime | None = await tx.fetchval(
        "select finished_at from recall_drill where tenant_id = $1 and finished_at is not null order by finished_at desc limit 1"
    )
    return found


async def company(tx: TenantTransaction) -> Record:
    """(since when it is here, whether it is a sandbox)."""
    row = await tx.fetchrow("select created_at, sandbox from tenant where tenant_id = $1")
    if row is None:
        raise LookupError("the transaction's tenant isn't there")
    return row


async def policy(tx: TenantTransaction) -> Record | None:
    """The company's own policy."""
    return await tx.fetchrow("select target_seconds, target_percent, every_days, warn_days from recall_drill_policy where tenant_id = $1")


async def put_policy(tx: TenantTransaction, *, target_seconds: int, target_percent: Decimal, every_days: int, warn_days: int, at: datetime) -> None:
    """From now on."""
    await tx.execute(
        """insert into recall_drill_policy (tenant_id, target_seconds, target_percent, every_days, warn_days, changed_at)
           values ($1, $2, $3, $4, $5, $6)
           on conflict (tenant_id) do update set target_seconds = excluded.target_seconds, target_percent = excluded.target_percent,
             every_days = excluded.every_days, warn_days = excluded.warn_days, changed_at = excluded.changed_at""",
        target_seconds, target_percent, every_days, warn_days, at,
    )  # fmt: skip


async def candidates(tx: TenantTransaction, seed: str, *, since: datetime, until: datetime, limit: int) -> list[Record]:
    """(key, gtin, code, shipments, last shipped at) of finished lots that left for somebody else in a time, drawn by the seed."""
    return await tx.fetch(
        """with left_for_good as (
             select r.lot_id, count(distinct s.shipment_id) as shipments, max(s.shipped_at) as last_shipped_at
             from shipment s join lot_shipment r on r.tenant_id = $1 and r.shipment_id = s.shipment_id
             where s.tenant_id = $1 and s.superseded_by is null and s.direction <> 2 and s.shipped_at >= $3 and s.shipped_at < $4
               and not exists (select 1 from location p where p.tenant_id = $1 and p.place = s.to_party and p.own and not p.undetermined)
             group by r.lot_id)
           select o.key, o.gtin, o.code, l.shipments, l.last_shipped_at from left_for_good l
           join traceable_object o on o.tenant_id = $1 and o.object_id = l.lot_id and o.kind = 1
           left join product p on p.tenant_id = $1 and p.gtin = o.gtin
           where coalesce(p.kind, 3) = 3
           order by md5($2 || o.key), o.key limit $5""",
        seed, since, until, limit,
    )  # fmt: skip


async def lots_not_told(tx: TenantTransaction, objects: Collection[int]) -> list[Record]:
    """(gtin, how often): products that went, without their lot, into steps that made some of these objects."""
    return await tx.fetch(
        """select c.gtin, count(distinct (c.event_id, c.product_id)) as times
           from lot_link l join class_input c on c.tenant_id = $1 and c.node_id = l.parent_id and c.superseded_by is null
           where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 2 and l.superseded_by is null
           group by c.gtin order by c.gtin""",
        list(objects),
    )


async def known_parties(tx: TenantTransaction, parties: Collection[str]) -> set[str]:
    """Those of these parties that the catalogue has."""
    rows = await tx.fetch(
        "select party from partner where tenant_id = $1 and party = any($2::text[])", list(parties)
    )  # fmt: skip
    return {row["party"] for row in rows}

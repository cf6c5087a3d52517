"""Statements that read memberships for many lots, and containers for many states, at once."""

from collections.abc import Collection

from infra.database import Record, TenantTransaction


async def unit_counts(tx: TenantTransaction, lots: Collection[int]) -> list[Record]:
    """(lot, how many units)."""
    return await tx.fetch(
        """select lot_id, count(distinct unit_id) as units from unit_membership
           where tenant_id = $1 and lot_id = any($2::bigint[]) and superseded_by is null group by lot_id""",
        list(lots),
    )


async def containers_of(tx: TenantTransaction, states: Collection[int]) -> list[Record]:
    """(state, container, used at) for those of these nodes that are states of containers."""
    return await tx.fetch(
        "select state_id, container_id, used_at from container_state where tenant_id = $1 and state_id = any($2::bigint[])", list(states)
    )


async def states_of(tx: TenantTransaction, containers: Collection[int], *, in_force: bool) -> list[Record]:
    """(state, container, used at) for the states of these containers; with `in_force` those alone to which a link in force leads."""
    linked = """ and (exists (select 1 from lot_link l where l.tenant_id = $1 and l.parent_id = s.state_id and l.superseded_by is null)
                 or exists (select 1 from lot_link l where l.tenant_id = $1 and l.child_id = s.state_id and l.superseded_by is null))"""
    return await tx.fetch(
        f"""select s.state_id, s.container_id, s.used_at from container_state s
            where s.tenant_id = $1 and s.container_id = any($2::bigint[]){linked if in_force else ""}""",
        list(containers),
    )


async def lots_of_pools(tx: TenantTransaction, pools: Collection[int]) -> list[Record]:
    """(pool, lot) for those of these nodes that are pools."""
    return await tx.fetch(
        """select p.object_id as pool_id, o.object_id as lot_id from traceable_object p
           join traceable_object o on o.tenant_id = $1 and o.key = substr(p.key, 6)
           where p.tenant_id = $1 and p.object_id = any($2::bigint[]) and p.kind = 10""",
        list(pools),
    )

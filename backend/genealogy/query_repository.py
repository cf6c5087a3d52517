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


async def states_of(tx: TenantTransaction, containers: Collection[int]) -> list[Record]:
    """(state, container, used at) for every state of these containers, those too of which no link in force tells."""
    return await tx.fetch(
        "select state_id, container_id, used_at from container_state where tenant_id = $1 and container_id = any($2::bigint[])", list(containers)
    )


async def lots_of_pools(tx: TenantTransaction, pools: Collection[int]) -> list[Record]:
    """(pool, lot) for those of these nodes that are pools."""
    return await tx.fetch(
        """select p.object_id as pool_id, o.object_id as lot_id from traceable_object p
           join traceable_object o on o.tenant_id = $1 and o.key = substr(p.key, 6)
           where p.tenant_id = $1 and p.object_id = any($2::bigint[]) and p.kind = 10""",
        list(pools),
    )

"""Read what genealogy knows of objects: where how much of them is, how many units a lot has, what its own nodes stand for."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from backend.catalog.sites import Sites
from backend.genealogy import known, query_repository, repository
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Position:
    """How much of an object is at a place, or in a holder's hands: the sum of its movements."""

    place: str
    quantity: Decimal
    uom: str


async def positions(
    tx: TenantTransaction, object_ids: Collection[int], at: datetime, sites: Sites | None = None, *, known_at: datetime | None = None
) -> dict[int, list[Position]]:
    """Where the objects are as of a moment, at places in `sites`; what has come to nothing is left out."""
    found: dict[int, list[Position]] = defaultdict(list)
    if known_at is None:
        rows = await repository.positions(tx, object_ids, at)
    else:
        rows = await known.positions(tx, object_ids, at, known_at)
    for row in rows:
        if sites is None or sites.cover(row["place"]):
            found[row["object_id"]].append(Position(row["place"], row["quantity"], row["uom"]))
    return found


async def unit_counts(tx: TenantTransaction, lots: Collection[int], *, known_at: datetime | None = None) -> dict[int, int]:
    """How many units are known to belong to each lot."""
    rows = await query_repository.unit_counts(tx, lots) if known_at is None else await known.unit_counts(tx, lots, known_at)
    return {row["lot_id"]: row["units"] for row in rows}


async def suppliers_of(tx: TenantTransaction, object_ids: Collection[int], *, known_at: datetime | None = None) -> dict[int, list[str]]:
    """Each object's suppliers, as its receipts say."""
    found: dict[int, list[str]] = {}
    rows = await repository.received_from(tx, object_ids) if known_at is None else await known.received_from(tx, object_ids, known_at)
    for row in rows:
        found.setdefault(row["object_id"], []).append(row["counterparty"])
    return found


async def containers_of(tx: TenantTransaction, states: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """Of nodes that are states (`ObjectKind.CONTAINER_STATE`): (the container, as of when). Other nodes are absent."""
    return {row["state_id"]: (row["container_id"], row["used_at"]) for row in await query_repository.containers_of(tx, states)} if states else {}


async def states_of(
    tx: TenantTransaction, containers: Collection[int], until: datetime | None = None, *, known_at: datetime | None = None
) -> dict[int, tuple[int, datetime]]:
    """The states in force of containers, used or filled by then: {state: (container, as of when)}.

    With `known_at` all that ever were: the links known then tell which of them were in force.
    """
    rows = await query_repository.states_of(tx, containers, in_force=known_at is None) if containers else []
    return {row["state_id"]: (row["container_id"], row["used_at"]) for row in rows if until is None or row["used_at"] <= until}


async def lots_of_pools(tx: TenantTransaction, pools: Collection[int]) -> dict[int, int]:
    """Of nodes that are pools (`ObjectKind.POOL`): the lot of whose units each consists. Other nodes are absent."""
    return {row["pool_id"]: row["lot_id"] for row in await query_repository.lots_of_pools(tx, pools)} if pools else {}

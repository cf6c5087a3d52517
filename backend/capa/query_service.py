"""Read corrective actions and requests to suppliers: pages of them, and what hangs on each, a whole batch at once."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from backend.capa import repository, request_repository
from backend.capa.stored import Answer, CorrectiveAction, Item, SupplierRequest, Written
from backend.catalog.sites import Sites
from infra import clock
from infra.database import TenantTransaction
from infra.grouping import grouped


@dataclass(frozen=True, slots=True)
class WantedActions:
    """Which corrective actions are asked for; `to_verify`: whose check is due."""

    open_only: bool = True
    owner_id: UUID | None = None
    nonconformance_id: UUID | None = None
    to_verify: bool = False
    not_owner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedRequests:
    """Which requests are asked for; `answered_only`: whose answer waits for a review."""

    open_only: bool = True
    answered_only: bool = False
    supplier: str | None = None


async def page_of_actions(
    tx: TenantTransaction, wanted: WantedActions, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[CorrectiveAction]:
    """Corrective actions for what concerns `sites`, newest first, from behind the cursor (one's id), in the order of going."""
    rows = await repository.page(
        tx, open_only=wanted.open_only, owner_id=wanted.owner_id, not_owner_id=wanted.not_owner_id, nonconformance_id=wanted.nonconformance_id,
        to_verify=wanted.to_verify, at=clock.now(), cursor=cursor, backward=backward, limit=limit, sites=sites,
    )  # fmt: skip
    return [CorrectiveAction.from_row(row) for row in rows]


async def page_of_requests(
    tx: TenantTransaction, wanted: WantedRequests, *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[SupplierRequest]:
    """Requests about lots that `sites` meet, newest first, from behind the cursor (one's id), in the order of going."""
    rows = await request_repository.page(
        tx, open_only=wanted.open_only, answered_only=wanted.answered_only, supplier=wanted.supplier, cursor=cursor, backward=backward,
        limit=limit, sites=sites,
    )  # fmt: skip
    return [SupplierRequest.from_row(row) for row in rows]


async def actions_by_id(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, CorrectiveAction]:
    """Those of these that exist here and are for what concerns `sites`."""
    return {row["corrective_action_id"]: CorrectiveAction.from_row(row) for row in await repository.by_ids(tx, ids, sites)}


async def requests_by_id(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> dict[UUID, SupplierRequest]:
    """Those of these that exist here and are about lots that `sites` meet."""
    return {row["supplier_request_id"]: SupplierRequest.from_row(row) for row in await request_repository.by_ids(tx, ids, sites)}


async def requests_of_action(tx: TenantTransaction, corrective_action_id: UUID, *, limit: int, sites: Sites | None = None) -> list[SupplierRequest]:
    """The requests to suppliers that a corrective action led to, about lots that `sites` meet, oldest first."""
    ids = await request_repository.ids_of_action(tx, corrective_action_id, limit)
    found = await requests_by_id(tx, ids, sites)
    return [found[each] for each in ids if each in found]


async def disciplines_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Written]]:
    """What is written of each, in the disciplines' order."""
    return grouped(await repository.disciplines_of(tx, ids), "corrective_action_id", Written.from_row)


async def items_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Item]]:
    """The actions of each, oldest first."""
    return grouped(await repository.items_of(tx, ids), "corrective_action_id", Item.from_row)


async def causes_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The nonconformances that each is for."""
    return grouped(await repository.causes_of(tx, ids), "corrective_action_id", lambda row: row["nonconformance_id"])


async def answers_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[Answer]]:
    """The answers to each, newest first."""
    return grouped(await request_repository.answers_of(tx, ids), "supplier_request_id", Answer.from_row)


async def lots_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[int]]:
    """The lots that each is about."""
    return grouped(await request_repository.objects_of(tx, ids), "supplier_request_id", lambda row: row["object_id"])


async def member_names(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of members."""
    return await repository.member_names(tx, membership_ids)

"""Statements on requests to suppliers and their answers."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.catalog.sites import OPEN, Fence, Sites
from backend.objects.visibility import visible
from infra.database import Record, TenantTransaction

COLUMNS: Final = """r.supplier_request_id, r.number, r.status, r.supplier, r.corrective_action_id, r.text, r.due_at, r.sent_at, r.acknowledged_at,
    r.closed_at, r.token_expires_at"""


def met(sites: Sites | None, *, at: int) -> Fence:
    """Requests (as `r`) about lots that are met at the sites; the values stand from `$at` on."""
    if sites is None:
        return OPEN
    goods = visible(sites, "ro.object_id", at=at)
    condition = f""" and exists (select 1 from supplier_request_object ro
        where ro.tenant_id = $1 and ro.supplier_request_id = r.supplier_request_id{goods.condition})"""
    return Fence(condition, goods.values)


async def to_remind(tx: TenantTransaction, request_id: UUID, due_at: datetime) -> Record | None:
    """(number, supplier, membership of whoever answers for it) of a request that still has to be answered by then."""
    return await tx.fetchrow(
        """select r.number, r.supplier, coalesce(c.owner_id, m.membership_id) as owner_id from supplier_request r
           left join corrective_action c on c.tenant_id = $1 and c.corrective_action_id = r.corrective_action_id
           left join membership m on m.tenant_id = $1 and m.person_id = r.sent_by
           where r.tenant_id = $1 and r.supplier_request_id = $2 and r.due_at = $3 and r.closed_at is null and r.status in (1, 2, 4)""",
        request_id, due_at,
    )  # fmt: skip


async def to_mail(tx: TenantTransaction, request_id: UUID, due_at: datetime) -> Record | None:
    """A request that still has to be answered by then, with the digests of its links and the membership of whoever answers for it."""
    return await tx.fetchrow(
        """select r.supplier_request_id, r.number, r.supplier, r.text, r.due_at, r.token_sha256, r.mail_token_sha256,
             coalesce(c.owner_id, m.membership_id) as owner_id
           from supplier_request r
           left join corrective_action c on c.tenant_id = $1 and c.corrective_action_id = r.corrective_action_id
           left join membership m on m.tenant_id = $1 and m.person_id = r.sent_by
           where r.tenant_id = $1 and r.supplier_request_id = $2 and r.due_at = $3 and r.closed_at is null and r.status in (1, 2, 4)""",
        request_id, due_at,
    )  # fmt: skip


async def set_mail_token(tx: TenantTransaction, request_id: UUID, sha256: bytes) -> None:
    """The link in the request's mails, good for as long as its own."""
    await tx.execute("update supplier_request set mail_token_sha256 = $3 where tenant_id = $1 and supplier_request_id = $2", request_id, sha256)


async def company(tx: TenantTransaction) -> Record:
    """(public id, name, time zone) of who asks."""
    row = await tx.fetchrow("select public_id, name, time_zone from tenant where tenant_id = $1")
    if row is None:
        raise LookupError("the transaction's tenant isn't there")
    return row


async def insert(tx: TenantTransaction, **columns: Any) -> None:
    """A new request; its columns but the tenant's by name."""
    names, places = ", ".join(columns), ", ".join(f"${number + 2}" for number in range(len(columns)))
    await tx.execute(f"insert into supplier_request (tenant_id, {names}) values ($1, {places})", *columns.values())


async def add_objects(tx: TenantTransaction, request_id: UUID, object_ids: Collection[int]) -> None:
    """The lots concerned."""
    await tx.execute(
        """insert into supplier_request_object (tenant_id, supplier_request_id, object_id)
           select $1, $2, * from unnest($3::bigint[]) on conflict do nothing""",
        request_id, list(object_ids),
    )  # fmt: skip


async def page(
    tx: TenantTransaction, *, open_only: bool, answered_only: bool, supplier: str | None, cursor: UUID | None, backward: bool, limit: int,
    sites: Sites | None,
) -> list[Record]:  # fmt: skip
    """Requests, newest first, from behind the cursor, in the order of going."""
    behind, order = (">", "asc") if backward else ("<", "desc")
    fence = met(sites, at=7)
    return await tx.fetch(
        f"""select {COLUMNS} from supplier_request r
            where r.tenant_id = $1 and (r.closed_at is null or not $2) and (r.status = 3 or not $3) and ($4::text is null or r.supplier = $4)
              and ($5::uuid is null or r.supplier_request_id {behind} $5){fence.condition}
            order by r.supplier_request_id {order} limit $6""",
        open_only, answered_only, supplier, cursor, limit, *fence.values,
    )  # fmt: skip


async def by_ids(tx: TenantTransaction, ids: Collection[UUID], sites: Sites | None = None) -> list[Record]:
    """Requests by id."""
    fence = met(sites, at=3)
    return await tx.fetch(
        f"select {COLUMNS} from supplier_request r where r.tenant_id = $1 and r.supplier_request_id = any($2::uuid[]){fence.condition}",
        list(ids), *fence.values,
    )  # fmt: skip


async def lock(tx: TenantTransaction, request_id: UUID) -> Record | None:
    """One of them, held until the transaction ends."""
    return await tx.fetchrow(
        f"select {COLUMNS} from supplier_request r where r.tenant_id = $1 and r.supplier_request_id = $2 for no key update", request_id
    )


async def by_token(tx: TenantTransaction, sha256: bytes, at: datetime, *, lock: bool = False) -> Record | None:
    """The request that a link opens: one that is neither over nor replaced."""
    return await tx.fetchrow(
        f"""select {COLUMNS} from supplier_request r
            where r.tenant_id = $1 and (r.token_sha256 = $2 or r.mail_token_sha256 = $2)
              and r.token_expires_at > $3 and r.status <> 6 {"for no key update" if lock else ""}""",
        sha256, at,
    )  # fmt: skip


async def set_token(tx: TenantTransaction, request_id: UUID, sha256: bytes, expires_at: datetime) -> None:
    """A new link; the one before opens nothing any more."""
    await tx.execute(
        """update supplier_request set token_sha256 = $3, mail_token_sha256 = null, token_expires_at = $4
           where tenant_id = $1 and supplier_request_id = $2""",
        request_id, sha256, expires_at,
    )  # fmt: skip


async def set_status(
    tx: TenantTransaction, request_id: UUID, status: int, *, closed_at: datetime | None = None, acknowledged_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:  # fmt: skip
    """Its next status; times that aren't given stay."""
    await tx.execute(
        """update supplier_request set status = $3, closed_at = coalesce($4, closed_at), acknowledged_at = coalesce(acknowledged_at, $5),
             due_at = coalesce($6, due_at)
           where tenant_id = $1 and supplier_request_id = $2""",
        request_id, status, closed_at, acknowledged_at, due_at,
    )  # fmt: skip


async def insert_answer(tx: TenantTransaction, request_id: UUID, answer_id: UUID, *, at: datetime, words: dict[str, str]) -> None:
    """What a supplier wrote."""
    await tx.execute(
        """insert into supplier_answer (tenant_id, supplier_request_id, answer_id, at, written_by, containment, root_cause, corrective_action,
             done_by)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        request_id, answer_id, at, words["written_by"], words["containment"], words["root_cause"], words["corrective_action"], words["done_by"],
    )  # fmt: skip


async def insert_review(tx: TenantTransaction, request_id: UUID, answer_id: UUID, *, at: datetime, by: UUID, verdict: int, comment: str) -> None:
    """What was said of it."""
    await tx.execute(
        """insert into supplier_answer_review (tenant_id, supplier_request_id, answer_id, at, reviewed_by, verdict, comment)
           values ($1, $2, $3, $4, $5, $6, $7)""",
        request_id, answer_id, at, by, verdict, comment,
    )  # fmt: skip


async def answers_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """The answers to requests with what was said of each, newest first."""
    return await tx.fetch(
        """select a.supplier_request_id, a.answer_id, a.at, a.written_by, a.containment, a.root_cause, a.corrective_action, a.done_by,
             v.verdict, v.comment
           from supplier_answer a
           left join supplier_answer_review v on v.tenant_id = $1 and v.supplier_request_id = a.supplier_request_id and v.answer_id = a.answer_id
           where a.tenant_id = $1 and a.supplier_request_id = any($2::uuid[]) order by a.at desc, a.answer_id desc""",
        list(ids),
    )


async def objects_of(tx: TenantTransaction, ids: Collection[UUID]) -> list[Record]:
    """(request, object) of the lots concerned."""
    return await tx.fetch(
        """select ro.supplier_request_id, ro.object_id from supplier_request_object ro
           where ro.tenant_id = $1 and ro.supplier_request_id = any($2::uuid[]) order by ro.object_id""",
        list(ids),
    )


async def ids_of_action(tx: TenantTransaction, corrective_action_id: UUID, limit: int) -> list[UUID]:
    """The requests that a corrective action led to, oldest first."""
    rows = await tx.fetch(
        """select supplier_request_id from supplier_request where tenant_id = $1 and corrective_action_id = $2
           order by supplier_request_id limit $3""",
        corrective_action_id, limit,
    )  # fmt: skip
    return [row["supplier_request_id"] for row in rows]

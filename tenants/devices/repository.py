"""Every statement on devices, enrolments and used proofs, within one tenant's transaction."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction
from tenants.devices.dpop import PublicKey

_COLUMNS: Final = """device_id, name, site, thumbprint, user_agent, enrolled_at, enrolled_by, enrolled_by_name, last_seen_at, last_address,
    revoked_at, revoked_by_name, revoke_reason, quarantined_entries"""


async def remember_proof(tx: TenantTransaction, proof_sha256: bytes, forget_at: datetime) -> bool:
    """Note a proof as used; False where it was. Those that nobody would take any more are forgotten."""
    await tx.execute(
        """delete from used_proof where tenant_id = $1 and proof_sha256 in (
             select proof_sha256 from used_proof where tenant_id = $1 and forget_at < now() order by forget_at limit 50)"""
    )
    count = await tx.execute(
        "insert into used_proof (tenant_id, proof_sha256, forget_at) values ($1, $2, $3) on conflict (tenant_id, proof_sha256) do nothing",
        proof_sha256,
        forget_at,
    )
    return count == 1


async def insert_enrolment(
    tx: TenantTransaction, enrolment_id: UUID, *, code_sha256: bytes, name: str, site: str, by: UUID, by_name: str, expires_at: datetime
) -> None:
    """A code that is good until `expires_at`."""
    await tx.execute(
        """insert into device_enrolment (tenant_id, enrolment_id, code_sha256, name, site, created_by, created_by_name, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        enrolment_id,
        code_sha256,
        name,
        site,
        by,
        by_name,
        expires_at,
    )


async def use_enrolment(tx: TenantTransaction, code_sha256: bytes, device_id: UUID, moment: datetime) -> Record | None:
    """Use a code up, if it is good: the second of two that hold it waits here for the first, and finds it used."""
    rows = await tx.fetch(
        """update device_enrolment set used_at = $4, device_id = $3
           where tenant_id = $1 and code_sha256 = $2 and used_at is null and expires_at > $4
           returning enrolment_id, name, site, created_by, created_by_name""",
        code_sha256,
        device_id,
        moment,
    )
    return rows[0] if rows else None


async def insert_device(
    tx: TenantTransaction, device_id: UUID, key: PublicKey, *, name: str, site: str, by: UUID, by_name: str, user_agent: str, address: str
) -> bool:
    """A new device; False where its key is known."""
    count = await tx.execute(
        """insert into device (tenant_id, device_id, name, site, thumbprint, public_jwk, user_agent, enrolled_by, enrolled_by_name, last_address)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant_id, thumbprint) do nothing""",
        device_id,
        name,
        site,
        key.thumbprint,
        key.jwk,
        user_agent,
        by,
        by_name,
        address,
    )
    return count == 1


async def device(tx: TenantTransaction, device_id: UUID, *, lock: bool = False) -> Record | None:
    """A device; locked, it is neither revoked nor handed on before the transaction ends."""
    return await tx.fetchrow(
        f"select {_COLUMNS} from device where tenant_id = $1 and device_id = $2{' for no key update' if lock else ''}",
        device_id,
    )


async def device_by_key(tx: TenantTransaction, thumbprint: str) -> Record | None:
    """The device with this key, revoked or not."""
    return await tx.fetchrow(f"select {_COLUMNS} from device where tenant_id = $1 and thumbprint = $2", thumbprint)


async def devices_by_ids(tx: TenantTransaction, device_ids: Collection[UUID]) -> list[Record]:
    """Devices, in any order."""
    return await tx.fetch(f"select {_COLUMNS} from device where tenant_id = $1 and device_id = any($2::uuid[])", list(device_ids))


async def devices(
    tx: TenantTransaction, *, site: str | None, revoked: bool | None, visible: Collection[str] | None, cursor: UUID | None, backward: bool, limit: int
) -> list[Record]:
    """Devices by id, which is the order of their enrolment, newest first. `visible` limits them to these sites."""
    beyond, order = (">", "asc") if backward else ("<", "desc")
    return await tx.fetch(
        f"""select {_COLUMNS} from device
            where tenant_id = $1 and ($2::text is null or site = $2) and ($3::boolean is null or (revoked_at is not null) = $3)
              and ($4::text[] is null or site = any($4)) and ($5::uuid is null or device_id {beyond} $5)
            order by device_id {order} limit $6""",
        site,
        revoked,
        None if visible is None else sorted(visible),
        cursor,
        limit,
    )


async def change_device(tx: TenantTransaction, device_id: UUID, *, name: str, site: str) -> None:
    """Another name or site."""
    await tx.execute("update device set name = $3, site = $4 where tenant_id = $1 and device_id = $2", device_id, name, site)


async def revoke_device(tx: TenantTransaction, device_id: UUID, *, by: UUID, by_name: str, reason: str, moment: datetime) -> None:
    """Revoke it for good."""
    await tx.execute(
        """update device set revoked_at = $3, revoked_by = $4, revoked_by_name = $5, revoke_reason = $6
           where tenant_id = $1 and device_id = $2 and revoked_at is null""",
        device_id,
        moment,
        by,
        by_name,
        reason,
    )


async def seen(tx: TenantTransaction, device_id: UUID, *, address: str, moment: datetime) -> None:
    """When and from where it called last."""
    await tx.execute(
        "update device set last_seen_at = $3, last_address = $4 where tenant_id = $1 and device_id = $2 and last_seen_at < $3",
        device_id,
        moment,
        address,
    )


async def open_sessions(tx: TenantTransaction, device_id: UUID) -> list[UUID]:
    """Of people who were switched to on the device, and not from it."""
    rows = await tx.fetch("select session_id from session where tenant_id = $1 and device_id = $2 and ended_at is null", device_id)
    return [row["session_id"] for row in rows]


async def users_on(tx: TenantTransaction, device_ids: Collection[UUID]) -> list[Record]:
    """Who is on each device, and until when."""
    return await tx.fetch(
        """select s.device_id, m.display_name, s.created_at, s.expires_at
           from session s join membership m on m.tenant_id = $1 and m.membership_id = s.membership_id
           where s.tenant_id = $1 and s.device_id = any($2::uuid[]) and s.ended_at is null and s.expires_at > now() and m.active
           order by s.created_at""",
        list(device_ids),
    )


async def floor_sessions(tx: TenantTransaction, membership_id: UUID) -> list[UUID]:
    """A member's open sessions on any device."""
    rows = await tx.fetch(
        "select session_id from session where tenant_id = $1 and membership_id = $2 and device_id is not null and ended_at is null", membership_id
    )
    return [row["session_id"] for row in rows]


async def session_on(tx: TenantTransaction, device_id: UUID, session_id: UUID, *, address: str) -> Record | None:
    """An open session on the device, with its person; noted as used."""
    rows = await tx.fetch(
        """update session s set last_used_at = now(), address = $4 from membership m
           where s.tenant_id = $1 and s.session_id = $3 and s.device_id = $2 and s.ended_at is null and s.expires_at > now()
             and m.tenant_id = $1 and m.membership_id = s.membership_id and m.active
           returning s.session_id, s.epoch, s.expires_at, m.person_id""",
        device_id,
        session_id,
        address,
    )
    return rows[0] if rows else None


async def count_quarantined(tx: TenantTransaction, device_id: UUID, entries: int, size: int) -> Record | None:
    """Count what a revoked device has delivered; gives the sums, and locks the device until the transaction ends."""
    rows = await tx.fetch(
        """update device set quarantined_entries = quarantined_entries + $3, quarantined_bytes = quarantined_bytes + $4
           where tenant_id = $1 and device_id = $2 returning quarantined_entries, quarantined_bytes""",
        device_id,
        entries,
        size,
    )
    return rows[0] if rows else None


async def places_above(tx: TenantTransaction, places: Collection[str]) -> list[str]:
    """These places and what they lie in, by the catalogue; a circle of parents ends at what was seen."""
    rows = await tx.fetch(
        """with recursive up(place) as (
             select given.place collate "C" from unnest($2::text[]) as given(place)
             union
             select l.parent_place from up u join location l on l.tenant_id = $1 and l.place = u.place
             where l.parent_place is not null and not l.told)
           select place from up limit 100""",
        list(places),
    )
    return [row["place"] for row in rows]


async def is_own_place(tx: TenantTransaction, place: str) -> bool:
    """Whether the catalogue has this place as one of the company's own."""
    return bool(await tx.fetchval("select true from location where tenant_id = $1 and place = $2 and own and not undetermined", place))

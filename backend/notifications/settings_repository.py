"""Statements on what a company and its members have set: channels, routes, templates, preferences and the browsers that are told."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from infra.database import Record, TenantTransaction

CHANNEL: Final = "channel_id, kind, name, settings, secrets, key_id, active, not_before, created_at, updated_at, archived_at"
ROUTE: Final = "route_id, name, definition, active, updated_at"
PREFERENCE: Final = "membership_id, choice, email, phone, wecom_user, updated_at"


async def channels(tx: TenantTransaction, *, archived: bool = False) -> list[Record]:
    """All channels, oldest first; of a company there are few."""
    return await tx.fetch(
        f"select {CHANNEL} from notification_channel where tenant_id = $1 and (archived_at is null or $2) order by channel_id", archived
    )


async def channel(tx: TenantTransaction, channel_id: UUID) -> Record | None:
    """One channel, archived or not."""
    return await tx.fetchrow(f"select {CHANNEL} from notification_channel where tenant_id = $1 and channel_id = $2", channel_id)


async def put_channel(
    tx: TenantTransaction, *, channel_id: UUID, kind: int, name: str, settings: str, secrets: bytes | None, key_id: str | None, active: bool,
    at: datetime,
) -> None:  # fmt: skip
    """A new channel, or other settings for one; what a provider has asked for is forgotten with them."""
    await tx.execute(
        """insert into notification_channel (tenant_id, channel_id, kind, name, settings, secrets, key_id, active, created_at, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
           on conflict (tenant_id, channel_id) do update set name = excluded.name, settings = excluded.settings, secrets = excluded.secrets,
             key_id = excluded.key_id, active = excluded.active, updated_at = excluded.updated_at, not_before = null""",
        channel_id,
        kind,
        name,
        settings,
        secrets,
        key_id,
        active,
        at,
    )


async def archive_channel(tx: TenantTransaction, channel_id: UUID, at: datetime) -> int:
    """Take a channel out of use, and forget its secrets; 0 where it was before."""
    return await tx.execute(
        """update notification_channel set archived_at = $3, active = false, secrets = null, key_id = null
           where tenant_id = $1 and channel_id = $2 and archived_at is null""",
        channel_id,
        at,
    )


async def seal_channel(tx: TenantTransaction, channel_id: UUID, secrets: bytes, key_id: str) -> None:
    """The same secrets under another key."""
    await tx.execute(
        "update notification_channel set secrets = $3, key_id = $4 where tenant_id = $1 and channel_id = $2", channel_id, secrets, key_id
    )


async def put_off(tx: TenantTransaction, channel_id: UUID, until: datetime) -> None:
    """The provider wants to be left alone until then."""
    await tx.execute(
        """update notification_channel set not_before = $3
           where tenant_id = $1 and channel_id = $2 and (not_before is null or not_before < $3)""",
        channel_id,
        until,
    )


async def routes(tx: TenantTransaction) -> list[Record]:
    """All routes in order of name; of a company there are few."""
    return await tx.fetch(f"select {ROUTE} from notification_route where tenant_id = $1 order by name, route_id")


async def put_route(tx: TenantTransaction, *, route_id: UUID, name: str, definition: str, active: bool, at: datetime) -> None:
    """A new route, or another definition for one."""
    await tx.execute(
        """insert into notification_route (tenant_id, route_id, name, definition, active, updated_at) values ($1, $2, $3, $4, $5, $6)
           on conflict (tenant_id, route_id) do update set name = excluded.name, definition = excluded.definition, active = excluded.active,
             updated_at = excluded.updated_at""",
        route_id,
        name,
        definition,
        active,
        at,
    )


async def delete_route(tx: TenantTransaction, route_id: UUID) -> Record | None:
    """Delete a route; gives what it was."""
    return await tx.fetchrow(f"delete from notification_route where tenant_id = $1 and route_id = $2 returning {ROUTE}", route_id)


async def templates(tx: TenantTransaction) -> list[Record]:
    """The company's own templates."""
    return await tx.fetch("select template, language, title, body, updated_at from notification_template where tenant_id = $1")


async def put_template(tx: TenantTransaction, *, template: str, language: str, title: str, body: str, at: datetime) -> None:
    """Words of the company's own in the place of the house's."""
    await tx.execute(
        """insert into notification_template (tenant_id, template, language, title, body, updated_at) values ($1, $2, $3, $4, $5, $6)
           on conflict (tenant_id, template, language) do update set title = excluded.title, body = excluded.body,
             updated_at = excluded.updated_at""",
        template,
        language,
        title,
        body,
        at,
    )


async def delete_template(tx: TenantTransaction, template: str, language: str) -> int:
    """Back to the house's words; 0 where they were in force."""
    return await tx.execute("delete from notification_template where tenant_id = $1 and template = $2 and language = $3", template, language)


async def preferences(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[Record]:
    """What these members have chosen; who has chosen nothing is missing."""
    return await tx.fetch(
        f"select {PREFERENCE} from notification_preference where tenant_id = $1 and membership_id = any($2::uuid[])", list(membership_ids)
    )


async def put_preference(
    tx: TenantTransaction, membership_id: UUID, *, choice: str, email: str | None, phone: str | None, wecom_user: str | None, at: datetime
) -> None:
    """A member's choice in the place of his former one."""
    await tx.execute(
        """insert into notification_preference (tenant_id, membership_id, choice, email, phone, wecom_user, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (tenant_id, membership_id) do update set choice = excluded.choice, email = excluded.email, phone = excluded.phone,
             wecom_user = excluded.wecom_user, updated_at = excluded.updated_at""",
        membership_id,
        choice,
        email,
        phone,
        wecom_user,
        at,
    )


async def push_kinds(tx: TenantTransaction, membership_ids: Collection[UUID]) -> list[Record]:
    """(membership_id, kind): who of these has browsers or apps that are told."""
    return await tx.fetch(
        "select distinct membership_id, kind from push_subscription where tenant_id = $1 and membership_id = any($2::uuid[])", list(membership_ids)
    )


async def pushes(tx: TenantTransaction, membership_id: UUID, kind: int | None) -> list[Record]:
    """A member's browsers and apps, oldest first."""
    return await tx.fetch(
        """select push_id, kind, sealed, key_id, label, created_at from push_subscription
           where tenant_id = $1 and membership_id = $2 and ($3::int is null or kind = $3) order by push_id""",
        membership_id,
        kind,
    )


async def put_push(
    tx: TenantTransaction,
    *,
    push_id: UUID,
    membership_id: UUID,
    kind: int,
    address_sha256: bytes,
    sealed: bytes,
    key_id: str,
    label: str,
    at: datetime,
) -> None:
    """A browser or an app. One that is known under its address belongs to whoever registers it last."""
    await tx.execute("delete from push_subscription where tenant_id = $1 and address_sha256 = $2", address_sha256)
    await tx.execute(
        """insert into push_subscription (tenant_id, push_id, membership_id, kind, address_sha256, sealed, key_id, label, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        push_id,
        membership_id,
        kind,
        address_sha256,
        sealed,
        key_id,
        label,
        at,
    )


async def delete_push(tx: TenantTransaction, push_id: UUID, membership_id: UUID) -> int:
    """Forget a browser or an app of a member."""
    return await tx.execute("delete from push_subscription where tenant_id = $1 and push_id = $2 and membership_id = $3", push_id, membership_id)


async def all_pushes(tx: TenantTransaction) -> list[Record]:
    """(push_id, sealed, key_id) of all."""
    return await tx.fetch("select push_id, sealed, key_id from push_subscription where tenant_id = $1 order by push_id")


async def seal_push(tx: TenantTransaction, push_id: UUID, sealed: bytes, key_id: str) -> None:
    """The same address under another key."""
    await tx.execute("update push_subscription set sealed = $3, key_id = $4 where tenant_id = $1 and push_id = $2", push_id, sealed, key_id)

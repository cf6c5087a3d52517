"""Read members and invitations: pages of them, and what hangs on many at once."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra.database import Database, Record, TenantTransaction
from infra.errors import InvalidInputError
from tenants import directory
from tenants.people import invitation_repository, persons, repository
from tenants.people.invitations import Invitation
from tenants.permissions import Permission
from tenants.principal import Principal

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in the tenant."""

    membership_id: UUID
    person_id: UUID
    display_name: str
    active: bool
    joined_at: datetime
    deactivated_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredGrant:
    """What a member is granted, in force or run out."""

    role: str
    site: str | None
    expires_at: datetime | None
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text to look for, with the person who signs in with it, a member or not."""

    text: str
    person_id: UUID | None


async def look_up_text(auth: Database, text: str | None) -> FoundText | None:
    """Prepare a search by text, outside of the tenant's transaction. Raises `InvalidInputError` for one too long."""
    if not text or not text.strip():
        return None
    if len(text) > MAX_TEXT or "\x00" in text:
        raise InvalidInputError(f"Search for at most {MAX_TEXT} characters, without NUL.", field="text")
    try:
        login_name = directory.normalise_login(text)
    except InvalidInputError:
        return FoundText(text.strip(), None)
    person = await directory.person_by_login(auth, login_name)
    return FoundText(text.strip(), person.person_id if person else None)


async def page_of_members(
    tx: TenantTransaction,
    principal: Principal,
    *,
    active: bool | None,
    role: str | None,
    site: str | None,
    text: FoundText | None,
    cursor: tuple[str, UUID] | None,
    backward: bool,
    limit: int,
) -> list[Member]:
    """Members in order of name from behind the cursor, in the order of going; `role` and `site` count only in grants that are in force."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    rows = await repository.page(
        tx,
        active=active,
        role=role,
        site=site,
        name_part=text.text if text else None,
        person_id=text.person_id if text else None,
        cursor=cursor,
        backward=backward,
        limit=limit,
    )
    return [_member(row) for row in rows]


async def members_by_id(tx: TenantTransaction, principal: Principal, membership_ids: Collection[UUID]) -> dict[UUID, Member]:
    """Those of these members that there are here."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    return {row["membership_id"]: _member(row) for row in await repository.members(tx, membership_ids)}


async def grants_by_member(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, list[StoredGrant]]:
    """What each is granted, in order of role and site."""
    found: dict[UUID, list[StoredGrant]] = {}
    for row in await repository.grants(tx, membership_ids):
        found.setdefault(row["membership_id"], []).append(StoredGrant(row["role"], row["site"] or None, row["expires_at"], row["granted_at"]))
    return found


async def active_names(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of those of these members who are active: for whoever may see that they own or are to be told of something."""
    return {row["membership_id"]: row["display_name"] for row in await repository.members(tx, membership_ids) if row["active"]}


async def names(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these members, also of those who have left."""
    return {row["membership_id"]: row["display_name"] for row in await repository.members(tx, membership_ids)}


async def members_holding(tx: TenantTransaction, role: str, at: datetime) -> list[UUID]:
    """The active members who hold a role at a moment."""
    return await repository.holding(tx, role, at)


async def last_active(tx: TenantTransaction, membership_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When each last signed in or renewed his tokens, as far as sessions are kept."""
    return await repository.last_used(tx, membership_ids)


async def login_names(auth: Database, person_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The sign-in names of persons; only for those whose membership was read before."""
    return await persons.login_names(auth, person_ids)


async def with_second_factor(auth: Database, person_ids: Collection[UUID]) -> frozenset[UUID]:
    """Which of these persons have a second factor in force; only for those whose membership was read before."""
    return await persons.with_second_factor(auth, person_ids)


async def page_of_invitations(
    tx: TenantTransaction, principal: Principal, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int
) -> list[Invitation]:
    """Invitations, newest first, from behind the cursor, in the order of going."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    rows = await invitation_repository.page(tx, open_only=open_only, cursor=cursor, backward=backward, limit=limit)
    return [Invitation.of(row) for row in rows]


async def invitations_by_id(tx: TenantTransaction, principal: Principal, invitation_ids: Collection[UUID]) -> dict[UUID, Invitation]:
    """Those of these invitations that there are here."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    return {row["invitation_id"]: Invitation.of(row) for row in await invitation_repository.by_ids(tx, invitation_ids)}


def _member(row: Record) -> Member:
    return Member(row["membership_id"], row["person_id"], row["display_name"], row["active"], row["created_at"], row["deactivated_at"])

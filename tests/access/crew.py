"""The people of a test's firm, signed in, with the operations of people, roles and invitations."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from backend.graphql.ids import global_id
from backend.services import Services
from tenants import sessions
from tenants.permissions import Role
from tenants.registration import create_person_with_membership
from tenants.service import Caller as Somewhere
from tests.conftest import PASSWORD
from tests.firms import Firm
from tests.graphql.conftest import Caller

PLANT = "https://id.gs1.org/414/4012345000009"
YARD = "https://id.gs1.org/414/4012345000016"
MEMBER = "member { id displayName active grants { role roleName site expiresAt inForce } }"
SET_ROLES = f"mutation($input: SetMemberRolesInput!) {{ setMemberRoles(input: $input) {{ {MEMBER} userErrors {{ field code message }} }} }}"
DEACTIVATE = f"mutation($input: DeactivateMemberInput!) {{ deactivateMember(input: $input) {{ {MEMBER} userErrors {{ field code }} }} }}"
REACTIVATE = f"mutation($input: ReactivateMemberInput!) {{ reactivateMember(input: $input) {{ {MEMBER} userErrors {{ field code }} }} }}"
RENAME = f"mutation($input: RenameMemberInput!) {{ renameMember(input: $input) {{ {MEMBER} userErrors {{ field code }} }} }}"
PUT_ROLE = """mutation($input: PutRoleInput!) { putRole(input: $input) {
  role { id key name description builtIn archivedAt permissions { permission } } userErrors { field code message } } }"""
ARCHIVE_ROLE = """mutation($input: ArchiveRoleInput!) { archiveRole(input: $input) {
  role { key archivedAt } userErrors { field code message } } }"""
LOCATIONS = "mutation($input: PutLocationsInput!) { putLocations(input: $input) { userErrors { code } } }"


@dataclass
class Person:
    """Somebody of a firm, signed in."""

    caller: Caller
    login: str
    person_id: UUID
    membership_id: UUID
    refresh_token: str

    @property
    def id(self) -> str:
        return global_id("Member", self.membership_id)

    async def roles(self) -> list[str]:
        """What the open session may do now."""
        me = (await self.caller.ask("{ me { roles } }"))["me"]
        return list(me["roles"])


async def join(
    services: Services, client: httpx.AsyncClient, firm: Firm, role: Role = Role.OWNER, name: str = "Li Lei", *, site: str | None = None
) -> Person:
    """A new person of a role in a firm, everywhere or at one site alone."""
    login = f"{uuid4().hex[:12]}@example.com"
    member = await create_person_with_membership(services.identity, firm.tenant, login=login, password=PASSWORD, display_name=name, role=role)
    if site is not None:
        async with services.database.tenant(firm.tenant_id) as tx:
            await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", member.membership_id)
            await sessions.insert_grant(tx, member.membership_id, role, site=site)
    return await sign_in(services, client, firm, login, member.membership_id)


async def sign_in(services: Services, client: httpx.AsyncClient, firm: Firm, login: str, membership_id: UUID) -> Person:
    """A session of somebody who has the usual password."""
    tokens = await services.identity.sign_in(login, PASSWORD, tenant_slug=firm.slug, caller=Somewhere(address="192.0.2.1"))
    caller = Caller(client, {"Authorization": f"Bearer {tokens.access_token}"})
    return Person(caller, login, tokens.principal.actor_id, membership_id, tokens.refresh_token)


async def put_plant(owner: Person) -> None:
    """A plant of the firm's own, and a yard of somebody else's."""
    locations = [
        {"place": place, "names": {"en": "Place"}, "kind": "plant", "own": place == PLANT, "timeZone": "Asia/Shanghai"} for place in (PLANT, YARD)
    ]
    assert (await owner.caller.command(LOCATIONS, {"locations": locations}))["userErrors"] == []


async def trail(services: Services, firm: Firm, *nouns: str) -> list[dict[str, Any]]:
    """The audit entries about these nouns, oldest first."""
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch(
            """select action, actor, subject, before, after, reason from audit_entry
               where tenant_id = $1 and split_part(action, '.', 1) = any($2::text[]) order by audit_id""",
            list(nouns),
        )
    read = {"before", "after"}
    return [{name: msgspec.json.decode(row[name]) if name in read and row[name] else row[name] for name in row.keys()} for row in rows]  # noqa: SIM118


async def rights(services: Services, firm: Firm) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that decides who may do what in a firm, and what was written about it."""
    statements = {
        "membership": "select membership_id, display_name, active, deactivated_at from membership where tenant_id = $1 order by membership_id",
        "grants": "select membership_id, role, site, expires_at, granted_at from membership_grant where tenant_id = $1 order by 1, 2, 3",
        "roles": "select role, name, description, permissions, archived_at from custom_role where tenant_id = $1 order by role",
        "invitations": "select invitation_id, token_sha256, expires_at, accepted_at, revoked_at from invitation where tenant_id = $1 order by 1",
        "audit": "select audit_id from audit_entry where tenant_id = $1 and split_part(action, '.', 1) <> 'session' order by 1",
        "replies": "select key from idempotent_reply where tenant_id = $1 order by 1",
        "sessions": "select session_id, ended_at from session where tenant_id = $1 order by 1",
    }
    async with services.database.tenant(firm.tenant_id) as tx:
        return {name: [tuple(row) for row in await tx.fetch(statement)] for name, statement in statements.items()}

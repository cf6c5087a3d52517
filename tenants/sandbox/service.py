"""The use cases of the sandbox: open it, let a member in, throw it away and make it anew."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from infra.database import Database, TenantTransaction
from infra.errors import PermissionDeniedError, UnavailableError
from tenants import audit, sessions
from tenants.directory import Tenant
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal
from tenants.sandbox import generations, moving, repository
from tenants.sandbox.errors import ConfirmationError, InSandboxError, ResetUnderWayError, SandboxNotFoundError
from tenants.sessions import Membership
from tenants.standing import Standings

# Each holds three connections; one process lets so many be reset at a time.
RESETS_AT_ONCE: Final = 2
OnRetired = Callable[[TenantTransaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A company's sandbox; `created` where it was made by this act."""

    tenant: Tenant
    created: bool


class Sandboxes:
    """One sandbox a company, found by the company alone; nothing in a sandbox leads back."""

    def __init__(self, *, app: Database, auth: Database, standings: Standings) -> None:
        self._app = app
        self._auth = auth
        self._standings = standings
        self._resets = asyncio.Semaphore(RESETS_AT_ONCE)

    async def find(self, principal: Principal) -> Tenant | None:
        """The caller's company's sandbox, or the one that he is in."""
        principal.require(Permission.SANDBOX_USE)
        if principal.sandbox:
            return await generations.by_id(self._app, principal.tenant_id)
        return await generations.current(self._app, principal.tenant_id)

    async def open(self, principal: Principal) -> Opened:
        """The company's sandbox, made at the first call. Raises `InSandboxError`."""
        _require_person_of_company(principal, Permission.SANDBOX_USE)
        company = await generations.by_id(self._app, principal.tenant_id)
        if company is None or company.sandbox:
            raise InSandboxError
        tenant, created = await generations.create(self._auth, company)
        if created:
            async with self._app.tenant(tenant.tenant_id) as tx:
                await audit.record(tx, None, "tenant.created", f"tenant:{tenant.public_id}", after={"slug": tenant.slug, "name": tenant.name})
            async with self._app.tenant(principal.tenant_id) as tx:
                await audit.record(tx, principal, "sandbox.opened", f"tenant:{tenant.public_id}", after={"slug": tenant.slug})
        return Opened(tenant, created)

    async def admit(self, principal: Principal, *, reason: str | None) -> tuple[Tenant, Membership]:
        """The caller's place in the sandbox, with the grants that he has in the company. Raises `SandboxNotFoundError`, `InSandboxError`."""
        _require_person_of_company(principal, Permission.SANDBOX_USE)
        tenant = await generations.current(self._app, principal.tenant_id)
        if tenant is None:
            raise SandboxNotFoundError
        async with self._app.tenant(principal.tenant_id) as tx:
            grants, roles = await repository.rights_in_company(tx, principal.membership_id)
            await audit.record(tx, principal, "sandbox.entered", f"tenant:{tenant.public_id}", after={"slug": tenant.slug}, reason=reason)
        async with self._app.tenant(tenant.tenant_id) as tx:
            await repository.put_roles(tx, roles)
            await repository.put_member(tx, principal.actor_id, principal.display_name)
            membership = await sessions.active_membership_of(tx, principal.actor_id)
            if membership is None:
                raise SandboxNotFoundError
            await repository.put_grants(tx, membership.membership_id, grants)
        return tenant, membership

    async def reset(self, tx: TenantTransaction, principal: Principal, *, confirmation: str, reason: str | None, on_retired: OnRetired) -> Tenant:
        """The next generation of the sandbox, under the same name and public id: keys and people go on, sessions end, the data are gone.

        `tx` is the company's, which keeps the record. `on_retired` ends in the old generation what goes on by itself. Raises
        `SandboxNotFoundError`, `ConfirmationError`, `InSandboxError`, `ResetUnderWayError`.
        """
        _require_person_of_company(principal, Permission.SANDBOX_MANAGE)
        old = await generations.current(self._app, principal.tenant_id)
        company = await generations.by_id(self._app, principal.tenant_id)
        if old is None or company is None:
            raise SandboxNotFoundError
        if confirmation.strip() != old.slug:
            raise ConfirmationError(old.slug)
        if self._resets.locked():
            raise UnavailableError("Several sandboxes are being reset at the moment. Try again in a few seconds.", retry_after=5)
        async with self._resets:
            await audit.record(tx, principal, "sandbox.reset", f"tenant:{old.public_id}", after={"slug": old.slug}, reason=reason)
            new = await generations.prepare(self._auth, company)
            # Before the change, so that nobody goes on with what was cached of the old generation.
            await self._standings.doubt_tenant(old.public_id)
            async with self._app.tenant(old.tenant_id) as leaving:
                await on_retired(leaving)
                rows = await moving.take(leaving)
                async with self._app.tenant(new.tenant_id) as arriving:
                    await moving.put(arriving, rows)
                    subject = f"tenant:{old.public_id}"
                    await audit.record(arriving, principal, "tenant.created", subject, after={"slug": old.slug, "name": old.name}, reason=reason)
                if not await generations.succeed(self._auth, old, new):
                    raise ResetUnderWayError
        return replace(new, slug=old.slug, public_id=old.public_id)


def _require_person_of_company(principal: Principal, permission: Permission) -> None:
    principal.require(permission)
    if principal.kind is not ActorKind.PERSON or principal.device_id is not None:
        raise PermissionDeniedError("Only a person who has signed in himself uses the sandbox, not a key and not a phone of the shop floor.")
    if principal.sandbox:
        raise InSandboxError

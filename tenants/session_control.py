"""Ending sessions before their time: by their owner, by an administrator, for all of a person's companies; and how many there may be."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from infra.database import Database, TenantTransaction
from tenants import audit, directory, sessions
from tenants.directory import Tenant
from tenants.errors import MemberNotFoundError, SessionNotFoundError
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.sessions import Membership
from tenants.standing import Standings

# More than anybody has browsers; the session that wasn't used for longest gives way.
MAX_SESSIONS: Final = 20
# More stations than anybody works at in a shift, counted by themselves: a phone in the hall ends nobody's session in the office.
MAX_SHIFTS: Final = 10


class SessionControl:
    """Each act announces itself to whoever has cached a session, before it commits: what ends here ends at once."""

    def __init__(self, app: Database, auth: Database, standings: Standings) -> None:
        self._app = app
        self._auth = auth
        self._standings = standings

    async def end_own(self, tx: TenantTransaction, principal: Principal, session_id: UUID) -> None:
        """End one of the caller's own sessions in this company; raises `SessionNotFoundError`."""
        await self._end(tx, principal, _membership_id(principal), session_id, "revoked by its owner")

    async def end_others(self, tx: TenantTransaction, principal: Principal) -> int:
        """End all of the caller's sessions in this company but the one that asks; returns how many."""
        return await self._end_all(tx, principal, _membership_id(principal), "revoked by its owner", keep=principal.session_id)

    async def end_of_member(self, tx: TenantTransaction, principal: Principal, membership_id: UUID, session_id: UUID | None) -> int:
        """An administrator ends one session of a member, or all; returns how many. Raises `MemberNotFoundError`, `SessionNotFoundError`."""
        principal.require_everywhere(Permission.PEOPLE_MANAGE)
        member = await sessions.membership_by_id(tx, membership_id)
        if member is None:
            raise MemberNotFoundError
        if session_id is None:
            return await self._end_all(tx, principal, membership_id, "revoked by an administrator", person_id=member.person_id)
        await self._end(tx, principal, membership_id, session_id, "revoked by an administrator")
        return 1

    async def end_everywhere(self, person_id: UUID, *, actor: Principal | None, because: str, keep: UUID | None = None) -> None:
        """End a person's sessions in all companies, each with an entry in that company's trail.

        Whoever calls has raised the person's epoch, which is what makes it final: a session that is being opened meanwhile is void too.
        """
        await self._standings.doubt_person(person_id)
        for tenant in await directory.tenants_by_id(self._app, await directory.tenant_ids_of(self._auth, person_id)):
            async with self._app.tenant(tenant.tenant_id) as tx:
                member = await sessions.membership_of(tx, person_id)
                if member is None:
                    continue
                ended = await sessions.end_sessions_of(tx, member.membership_id, because, keep=keep)
                await self._record(tx, acting_in(tenant, member, actor), ended, because)

    async def record_everywhere(
        self, person_id: UUID, action: str, *, actor: Principal | None, reason: str | None = None, after: Mapping[str, Any] | None = None
    ) -> int:
        """What is done to a person's account goes into the trail of each company where he is an active member; returns how many those are."""
        recorded = 0
        for tenant in await directory.tenants_by_id(self._app, await directory.tenant_ids_of(self._auth, person_id)):
            async with self._app.tenant(tenant.tenant_id) as tx:
                member = await sessions.active_membership_of(tx, person_id)
                if member is not None:
                    subject = f"membership:{member.membership_id}"
                    await audit.record(tx, acting_in(tenant, member, actor), action, subject, reason=reason, after=after)
                    recorded += 1
        return recorded

    async def make_room(self, tx: TenantTransaction, principal: Principal, *, on_phones: bool = False) -> None:
        """Before a session is opened, on a phone or elsewhere: those beyond the limit, the longest unused first, end."""
        most = MAX_SHIFTS if on_phones else MAX_SESSIONS
        surplus = await sessions.sessions_beyond(tx, _membership_id(principal), most - 1, on_phones=on_phones)
        ended = []
        for session_id in surplus:
            await self._standings.doubt_session(session_id)
            if await sessions.end_session(tx, session_id, "too many sessions"):
                ended.append(session_id)
        await self._record(tx, principal, ended, "too many sessions")

    async def _end(self, tx: TenantTransaction, principal: Principal, membership_id: UUID, session_id: UUID, because: str) -> None:
        if not await sessions.is_live_session_of(tx, membership_id, session_id):
            raise SessionNotFoundError
        await self._standings.doubt_session(session_id)
        if not await sessions.end_session(tx, session_id, because):
            raise SessionNotFoundError
        await self._record(tx, principal, [session_id], because)

    async def _end_all(
        self,
        tx: TenantTransaction,
        principal: Principal,
        membership_id: UUID,
        because: str,
        *,
        keep: UUID | None = None,
        person_id: UUID | None = None,
    ) -> int:
        await self._standings.doubt_person(person_id or principal.actor_id)
        ended = await sessions.end_sessions_of(tx, membership_id, because, keep=keep)
        await self._record(tx, principal, ended, because)
        return len(ended)

    async def _record(self, tx: TenantTransaction, principal: Principal | None, ended: list[UUID], because: str) -> None:
        for session_id in ended:
            await audit.record(tx, principal, "session.ended", f"session:{session_id}", reason=because)


def acting_in(tenant: Tenant, member: Membership, actor: Principal | None) -> Principal | None:
    """The actor as the trail of another company of the person's shows him: under his name there, and from nowhere.

    Another company learns neither the phone nor the address with which a person works for this one.
    """
    if actor is None or tenant.tenant_id == actor.tenant_id:
        return actor
    if member.person_id != actor.actor_id:
        return None
    return replace(actor, display_name=member.display_name, device_id=None, address="", request_id="")


def _membership_id(principal: Principal) -> UUID:
    if principal.membership_id is None:
        raise SessionNotFoundError
    return principal.membership_id

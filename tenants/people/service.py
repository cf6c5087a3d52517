"""The members of a tenant: what they are granted, whether they may come in, and their names."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from infra.clock import now
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from tenants import audit
from tenants.errors import MemberNotFoundError
from tenants.names import require_name
from tenants.people import invitation_repository, repository, rules
from tenants.people.errors import LastOwnerError, MemberStateError, OwnerRequiredError
from tenants.people.rules import WantedGrant
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.roles.acting import Acting, begin_change
from tenants.roles.errors import OwnRightsError
from tenants.roles.service import grantable
from tenants.standing import Standings

# Which of these texts name places of the tenant's own, and the canonical URI of each; the catalogue is a layer above this one.
FindSites = Callable[[TenantTransaction, Collection[str]], Awaitable[Mapping[str, str]]]


async def wanted_here(tx: TenantTransaction, wanted: Sequence[WantedGrant], find_sites: FindSites) -> list[WantedGrant]:
    """The grants with canonical sites; raises `InvalidInputError`, naming the grant, for what can't be granted here."""
    if len(wanted) > rules.MAX_GRANTS or any(grant.site is not None and len(grant.site) > rules.MAX_SITE for grant in wanted):
        raise InvalidInputError(f"Grant 1 to {rules.MAX_GRANTS} roles, each at a site of at most {rules.MAX_SITE} characters.", field="grants")
    sites = {grant.site for grant in wanted if grant.site is not None}
    own = await find_sites(tx, sites) if sites else {}
    for place, grant in enumerate(wanted):
        if grant.site is not None and grant.site not in own:
            raise InvalidInputError(
                f"“{grant.site}” is no place of your company; the query locations lists those that are its own.", field=f"grants.{place}.site"
            )
    canonical = [replace(grant, site=own[grant.site] if grant.site is not None else None) for grant in rules.to_milliseconds(wanted)]
    rules.require_grants(canonical, await grantable(tx), now())
    return canonical


async def set_roles(
    tx: TenantTransaction,
    standings: Standings,
    principal: Principal,
    membership_id: UUID,
    wanted: Sequence[WantedGrant],
    *,
    reason: str,
    find_sites: FindSites,
) -> None:
    """Put these grants in the place of all that a member has; they count from the commit on, in the sessions that are open too.

    Raises `MemberNotFoundError`, `OwnRightsError`, `OwnerRequiredError`, `LastOwnerError`, or `InvalidInputError` naming the grant.
    """
    _require_reason(reason)
    acting, member = await _begin(tx, principal, membership_id)
    new = await wanted_here(tx, wanted, find_sites)
    old = await _grants_of(tx, membership_id)
    touched = rules.ownership(old, now()) != rules.ownership(new, now())
    if touched and not acting.is_owner:
        raise OwnerRequiredError
    kept = {(grant.role, grant.site) for grant in new}
    await repository.delete_grants(tx, membership_id, [grant for grant in old if (grant.role, grant.site) not in kept])
    await repository.put_grants(tx, membership_id, [grant for grant in new if grant not in old])
    if touched:
        await _require_an_owner(tx)
    before, after = {"grants": _told(old)}, {"grants": _told(new)}
    await audit.record(tx, principal, "membership.roles_changed", _subject(membership_id), before=before, after=after, reason=reason)
    await standings.doubt_person(member["person_id"])


async def deactivate(tx: TenantTransaction, standings: Standings, principal: Principal, membership_id: UUID, *, reason: str) -> None:
    """Let a member in no longer: his sessions here end with the commit, his invitations that are open with them.

    What he did keeps his name, what he is granted waits for `reactivate`, and other companies aren't concerned.
    """
    _require_reason(reason)
    acting, member = await _begin(tx, principal, membership_id)
    if not member["active"]:
        raise MemberStateError("This member was deactivated already.", field="memberId")
    owner = bool(rules.ownership(await _grants_of(tx, membership_id), now()))
    if owner and not acting.is_owner:
        raise OwnerRequiredError
    await repository.set_active(tx, membership_id, active=False)
    if owner:
        await _require_an_owner(tx)
    ended = await repository.end_sessions(tx, membership_id, "member deactivated")
    revoked = await invitation_repository.revoke_all_of(tx, membership_id)
    after = {"active": False, "endedSessions": ended, "revokedInvitations": revoked}
    await audit.record(tx, principal, "membership.deactivated", _subject(membership_id), before={"active": True}, after=after, reason=reason)
    await standings.doubt_person(member["person_id"])


async def reactivate(tx: TenantTransaction, standings: Standings, principal: Principal, membership_id: UUID, *, reason: str) -> None:
    """Let a member in again, with what he was granted before and hasn't run out. He signs in anew."""
    _require_reason(reason)
    acting, member = await _begin(tx, principal, membership_id)
    if member["active"]:
        raise MemberStateError("This member is active.", field="memberId")
    grants = await _grants_of(tx, membership_id)
    if rules.ownership(grants, now()) and not acting.is_owner:
        raise OwnerRequiredError
    await repository.set_active(tx, membership_id, active=True)
    after = {"active": True, "grants": _told(grants)}
    await audit.record(tx, principal, "membership.reactivated", _subject(membership_id), before={"active": False}, after=after, reason=reason)
    await standings.doubt_person(member["person_id"])


async def rename(tx: TenantTransaction, standings: Standings, principal: Principal, membership_id: UUID, display_name: str) -> None:
    """Call a member otherwise in this company from now on; what he did keeps the name of then."""
    shown = require_name(display_name, "displayName")
    await begin_change(tx, principal, Permission.PEOPLE_MANAGE)
    member = await _member(tx, membership_id)
    if shown == member["display_name"]:
        return
    await repository.rename(tx, membership_id, shown)
    before, after = {"displayName": member["display_name"]}, {"displayName": shown}
    await audit.record(tx, principal, "membership.renamed", _subject(membership_id), before=before, after=after)
    await standings.doubt_person(member["person_id"])


async def _begin(tx: TenantTransaction, principal: Principal, membership_id: UUID) -> tuple[Acting, Record]:
    acting = await begin_change(tx, principal, Permission.PEOPLE_MANAGE)
    member = await _member(tx, membership_id)
    if membership_id == acting.membership_id:
        raise OwnRightsError("Nobody changes his own rights. Ask somebody else who may manage people.", field="memberId")
    return acting, member


async def _member(tx: TenantTransaction, membership_id: UUID) -> Record:
    found = await repository.members(tx, [membership_id])
    if not found:
        raise MemberNotFoundError
    return found[0]


async def _grants_of(tx: TenantTransaction, membership_id: UUID) -> list[WantedGrant]:
    return [WantedGrant(row["role"], row["site"] or None, row["expires_at"]) for row in await repository.grants(tx, [membership_id])]


async def _require_an_owner(tx: TenantTransaction) -> None:
    if await repository.lasting_owners(tx) == 0:
        raise LastOwnerError


def _require_reason(reason: str) -> None:
    if not reason.strip() or len(reason) > audit.MAX_REASON:
        raise InvalidInputError(f"Say why, in 1 to {audit.MAX_REASON} characters; it stands in the audit trail.", field="reason")


def _told(grants: Sequence[WantedGrant]) -> list[dict[str, Any]]:
    return [grant.told() for grant in grants]


def _subject(membership_id: UUID) -> str:
    return f"membership:{membership_id}"

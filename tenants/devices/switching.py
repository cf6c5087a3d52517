"""Changing the user on a shared phone: by badge, or by member and PIN, for a shift at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from infra.clock import isoformat, now
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from infra.logging import get_logger
from tenants import audit, directory, sessions
from tenants.devices import member_repository, repository
from tenants.devices.errors import (
    DeviceRequiredError,
    DeviceRevokedError,
    PinBlockedError,
    PinChangeRequiredError,
    PinLockedError,
    PinRefusedError,
    SwitchRefusedError,
)
from tenants.devices.pins import badge_sha256, require_acceptable_pin
from tenants.devices.rules import elsewhere, narrowed
from tenants.devices.service import Devices, DeviceToken, FloorSession, device_principal
from tenants.devices.standing import DeviceStanding
from tenants.errors import SessionEndedError
from tenants.grants import Allowed, sum_of
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.refresh_tokens import RefreshToken
from tenants.sessions import Membership

if TYPE_CHECKING:
    from tenants.service import Caller

SHIFT: Final = timedelta(hours=12)
PAUSE: Final = timedelta(minutes=15)
WRONG_ON_A_DEVICE: Final = 5
WRONG_IN_ALL: Final = 10
# Everybody's wrong PINs and badges on one phone together: a stolen one isn't tried on the whole crew.
WRONG_BY_EVERYBODY: Final = 30
EVERYBODY: Final = UUID(int=0)
ENDED_BY_SWITCH: Final = "another user took over the phone"
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who may use a phone's site."""

    membership_id: UUID
    display_name: str
    has_pin: bool
    has_badge: bool


@dataclass(frozen=True, slots=True)
class _Taking:
    """A member about to take over a phone, with where each of his permissions counts on it."""

    member: Record
    allowed: Allowed
    sites: Mapping[Permission, frozenset[str]]
    how: str


class Switching:
    """The users of shared phones. `principal` is always what was authenticated with the phone's key, alone or with somebody on it."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    async def candidates(self, principal: Principal) -> list[Candidate]:
        """The members who may use the phone's site, by name."""
        device = await self._device(principal)
        async with self._devices.app.tenant(device.tenant_id) as tx:
            members = await member_repository.members(tx)
            grants = await member_repository.grants_of_members(tx)
            allowed = {membership_id: sum_of(granted, now()) for membership_id, granted in grants.items()}
            unknown = frozenset().union(*(elsewhere(each, device.above) for each in allowed.values()))
            inside = await self._devices.lying_in(tx, device, unknown)
        return [
            Candidate(row["membership_id"], row["display_name"], row["has_pin"], row["has_badge"])
            for row in members
            if row["membership_id"] in allowed
            and Permission.MOBILE_SYNC in narrowed(allowed[row["membership_id"]], device.site, above=device.above, inside=inside)
        ]

    async def by_badge(self, principal: Principal, badge: str, *, caller: "Caller") -> DeviceToken:
        """Hand the phone to whose badge this is. Raises `SwitchRefusedError`, and `PinLockedError` after many wrong ones."""
        device = await self._device(principal)
        async with self._devices.app.tenant(device.tenant_id) as tx:
            await self._claim(tx, device, EVERYBODY, WRONG_BY_EVERYBODY)
        async with self._devices.app.tenant(device.tenant_id) as tx:
            member = await member_repository.member_of_badge(tx, badge_sha256(badge))
            taking = await self._taking(tx, device, member, "badge")
            await self._forgive(tx, device, taking.member["membership_id"])
            session = await self._take_over(tx, device, taking, caller)
        return await self._devices.person_token(device, session, caller=caller)

    async def by_pin(self, principal: Principal, membership_id: UUID, pin: str, *, new_pin: str | None = None, caller: "Caller") -> DeviceToken:
        """Hand the phone to a member who knows his PIN, and replace it by `new_pin`, which a start PIN demands.

        Raises `SwitchRefusedError`, `PinLockedError` and `PinBlockedError` at the limits, `PinChangeRequiredError`, `PinRefusedError`.
        """
        if new_pin is not None:
            require_acceptable_pin(new_pin, field="newPin")
            if new_pin == pin:
                raise PinRefusedError("The new PIN is the old one. Choose another.", field="newPin")
        device = await self._device(principal)
        async with self._devices.app.tenant(device.tenant_id) as tx:
            await self._claim(tx, device, EVERYBODY, WRONG_BY_EVERYBODY)
            member = await member_repository.member(tx, membership_id)
            stored = await self._claim_pin(tx, device, membership_id) if member else None
        verified = await self._devices.passwords.verify(stored["pin_hash"] if stored else None, pin)
        if stored is None or not verified:
            _log.info("switch_refused", device=str(device.device_id), address=caller.address)
            raise SwitchRefusedError
        must_change = stored["temporary"] and new_pin is None
        successor = await self._devices.passwords.hash(new_pin) if new_pin is not None else None
        async with self._devices.app.tenant(device.tenant_id) as tx:
            taking = await self._taking(tx, device, member, "pin")
            await self._forgive(tx, device, membership_id)
            by = taking.member["person_id"]
            if not await member_repository.accept_pin(tx, membership_id, pin_hash=stored["pin_hash"], successor=successor, by=by):
                raise SwitchRefusedError
            session = None if must_change else await self._take_over(tx, device, taking, caller)
        # Raised only here: that the PIN was right has to be committed.
        if session is None:
            raise PinChangeRequiredError
        return await self._devices.person_token(device, session, caller=caller)

    async def _device(self, principal: Principal) -> DeviceStanding:
        if principal.device_id is None:
            raise DeviceRequiredError
        device = await self._devices.standings.stored(principal.tenant_public_id, principal.device_id)
        if device is None:
            raise SessionEndedError
        if device.revoked:
            raise DeviceRevokedError(principal)
        return device

    async def _claim_pin(self, tx: TenantTransaction, device: DeviceStanding, membership_id: UUID) -> Record | None:
        await self._claim(tx, device, membership_id, WRONG_ON_A_DEVICE)
        stored = await member_repository.claim_pin(tx, membership_id, limit=WRONG_IN_ALL)
        if stored is None and await member_repository.has_pin(tx, membership_id):
            raise PinBlockedError
        return stored

    async def _claim(self, tx: TenantTransaction, device: DeviceStanding, membership_id: UUID, limit: int) -> None:
        if not await member_repository.claim_attempt(tx, device.device_id, membership_id, limit=limit, pause=PAUSE):
            raise PinLockedError(int(PAUSE.total_seconds()))

    async def _forgive(self, tx: TenantTransaction, device: DeviceStanding, membership_id: UUID) -> None:
        """Rows are locked in the order in which tries claim them, lest two of them wait for each other."""
        await member_repository.give_back_attempt(tx, device.device_id, EVERYBODY)
        await member_repository.forget_attempts(tx, device.device_id, membership_id)

    async def _taking(self, tx: TenantTransaction, device: DeviceStanding, member: Record | None, how: str) -> _Taking:
        allowed = sum_of(await sessions.grants_of(tx, member["membership_id"]) if member else [], now())
        inside = await self._devices.lying_in(tx, device, elsewhere(allowed, device.above))
        sites = narrowed(allowed, device.site, above=device.above, inside=inside)
        if member is None or Permission.MOBILE_SYNC not in sites:
            raise SwitchRefusedError
        return _Taking(member, allowed, sites, how)

    async def _take_over(self, tx: TenantTransaction, device: DeviceStanding, taking: _Taking, caller: "Caller") -> FloorSession:
        """End whose shift it was and begin this one; two at once come one after the other."""
        row = await repository.device(tx, device.device_id, lock=True)
        if row is None or row["revoked_at"] is not None:
            raise DeviceRevokedError(device_principal(device, caller))
        epoch = await directory.person_epoch(self._devices.auth, taking.member["person_id"])
        if epoch is None:
            raise SwitchRefusedError
        await self._devices.end_sessions(tx, await repository.open_sessions(tx, device.device_id), ENDED_BY_SWITCH)
        session = FloorSession(uuid7(), epoch, now() + SHIFT, taking.member["person_id"])
        member = Membership(taking.member["membership_id"], taking.member["person_id"], taking.member["display_name"])
        actor = Principal(
            tenant_id=device.tenant_id, tenant_public_id=device.tenant_public_id, tenant_slug=device.tenant_slug, actor_id=member.person_id,
            display_name=member.display_name, roles=taking.allowed.roles, permissions=frozenset(taking.sites), session_id=session.session_id,
            sandbox=device.sandbox, membership_id=member.membership_id, device_id=device.device_id, sites=taking.sites,
            request_id=caller.request_id, address=caller.address,
        )  # fmt: skip
        await self._devices.session_control.make_room(tx, actor, on_phones=True)
        await sessions.insert_session(
            tx, session_id=session.session_id, membership=member, epoch=epoch, token=RefreshToken.new(device.tenant_public_id),
            expires_at=session.ends_at, user_agent=caller.device, address=caller.address, device_id=device.device_id,
        )  # fmt: skip
        told = {"session": str(session.session_id), "by": taking.how, "until": isoformat(session.ends_at)}
        await audit.record(tx, actor, "device.switched", f"device:{device.device_id}", after=told)
        return session

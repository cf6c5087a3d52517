"""What phones send and are answered about themselves: enrolment, tokens, and who is on them."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

import msgspec

from infra import clock
from tenants.devices.service import DeviceToken
from tenants.devices.switching import Candidate
from tenants.principal import ActorKind

_LONGEST_SECRET: Final = 200


class _Secret(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A body that is never shown, not even in a log."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class EnrolRequest(_Secret, frozen=True):
    """The text of the QR code, or what stands behind # in its link."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_SECRET)]


class TokenRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which phone asks; with `session` for the person on it, else for the phone alone."""

    tenant: UUID
    device: UUID
    session: UUID | None = None


class SwitchRequest(_Secret, frozen=True):
    """Either `badge`, or `member` with `pin`; `newPin` replaces the PIN, which a start PIN demands."""

    badge: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_SECRET)] | None = None
    member: UUID | None = None
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_SECRET)] | None = None
    new_pin: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_SECRET)] | None = None


class ThisDevice(msgspec.Struct, frozen=True, rename="camel"):
    """The phone as it is enrolled; `tenant` and `device` go into requests for tokens. Revoked, it can only deliver what it still holds."""

    tenant: UUID
    device: UUID
    company: str
    name: str
    site: str
    state: Literal["active", "revoked"]


class Actor(msgspec.Struct, frozen=True, rename="camel"):
    """For whom the token stands. A person's `session` renews the token until `endsAt`, the end of the shift."""

    kind: Literal["device", "person"]
    id: UUID
    display_name: str
    permissions: list[str]
    session: UUID | None = None
    ends_at: str | None = None


class DeviceTokenAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A token for `Authorization: DPoP …`, good for `expiresIn` seconds with proofs of the phone's key; `serverTime` sets its clock right."""

    access_token: str
    token_type: Literal["DPoP"]
    expires_in: int
    server_time: str
    device: ThisDevice
    actor: Actor

    @classmethod
    def of(cls, given: DeviceToken) -> Self:
        """From the service's."""
        device, principal = given.device, given.principal
        person = principal.kind is ActorKind.PERSON
        return cls(
            access_token=given.access_token,
            token_type="DPoP",  # noqa: S106 - the scheme's name
            expires_in=given.expires_in,
            server_time=clock.isoformat(clock.now()),
            device=ThisDevice(
                device.tenant_public_id, device.device_id, device.tenant_slug, device.name, device.site, "revoked" if device.revoked else "active"
            ),
            actor=Actor(
                "person" if person else "device", principal.actor_id, principal.display_name, sorted(principal.permissions),
                principal.session_id if person else None, clock.isoformat(given.ends_at) if given.ends_at else None,
            ),
        )  # fmt: skip


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A member who may use the phone."""

    member: UUID
    display_name: str
    has_pin: bool
    has_badge: bool

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """From the service's."""
        return cls(candidate.membership_id, candidate.display_name, candidate.has_pin, candidate.has_badge)


class MembersAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Who may use the phone, by name."""

    members: list[Member]

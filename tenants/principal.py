"""Who stands behind a request, for which tenant, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from infra.errors import PermissionDeniedError
from tenants.permissions import Permission


class ActorKind(StrEnum):
    """What acts: a person, an enrolled phone without anybody named, or a partner's machine."""

    PERSON = "person"
    DEVICE = "device"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller in one tenant, for the length of one request.

    `actor_id` is the person's, device's or client's public id. `permissions` are held somewhere; those in `sites` count only at
    the sites named there (canonical URIs of places, see `backend/catalog/sites.py`). `session_id` is what a revocation ends: the
    session, the device or the key.
    """

    tenant_id: int
    tenant_public_id: UUID
    tenant_slug: str
    actor_id: UUID
    display_name: str
    roles: tuple[str, ...]
    permissions: frozenset[Permission]
    session_id: UUID
    kind: ActorKind = ActorKind.PERSON
    sandbox: bool = False
    membership_id: UUID | None = None
    device_id: UUID | None = None
    sites: Mapping[Permission, frozenset[str]] = field(default_factory=dict)
    # When this session last proved a second factor, and password and second factor once more.
    second_factor_at: datetime | None = None
    reauthenticated_at: datetime | None = None
    request_id: str = ""
    address: str = ""

    @property
    def subject(self) -> str:
        """The caller's stable name within its tenant, by which saved replies are kept apart."""
        return f"{self.kind}:{self.membership_id or self.actor_id}"

    def require(self, permission: Permission) -> None:
        """Raise `PermissionDeniedError` unless the caller has `permission`, be it at one site only."""
        if permission not in self.permissions:
            raise PermissionDeniedError(
                f"The scopes of this key or phone lack {permission}. Somebody who manages them can say whether it should have it."
                if self.kind is not ActorKind.PERSON
                else f"Your roles ({', '.join(self.roles) or 'none'}) lack the permission {permission}. Ask an administrator of your company for it.",
                permission=str(permission),
            )

    def require_everywhere(self, permission: Permission) -> None:
        """Raise `PermissionDeniedError` unless the caller has `permission` for the whole company, not at some sites only."""
        if self.sites_for(permission) is not None:
            raise PermissionDeniedError(
                f"You have the permission {permission} at some sites only, and this concerns the whole company. Ask an administrator for it.",
                permission=str(permission),
            )

    def sites_for(self, permission: Permission) -> frozenset[str] | None:
        """The sites to which `permission` is limited, or None where it counts everywhere. Raises `PermissionDeniedError` without it."""
        self.require(permission)
        return self.sites.get(permission)

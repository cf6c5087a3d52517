"""In whose name a staged document is captured: as he was when it was taken from him, for so far his rights were looked at."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal

# What capturing a document may touch.
_USED: Final = (Permission.EVENTS_CAPTURE, Permission.CATALOG_WRITE)


@dataclass(frozen=True, slots=True)
class Teller:
    """What is kept of a principal; no more than capture and the audit trail need."""

    tenant_public_id: UUID
    tenant_slug: str
    kind: str
    actor_id: UUID
    display_name: str
    session_id: UUID
    sandbox: bool
    membership_id: UUID | None
    device_id: UUID | None
    permissions: list[str]
    sites: dict[str, list[str]]
    request_id: str
    address: str


def write_teller(principal: Principal) -> str:
    """As it is stored."""
    used = [permission for permission in _USED if permission in principal.permissions]
    return msgspec.json.encode(
        Teller(
            principal.tenant_public_id, principal.tenant_slug, str(principal.kind), principal.actor_id, principal.display_name,
            principal.session_id, principal.sandbox, principal.membership_id, principal.device_id, [str(permission) for permission in used],
            {str(permission): sorted(principal.sites[permission]) for permission in used if permission in principal.sites},
            principal.request_id, principal.address,
        )
    ).decode()  # fmt: skip


def read_teller(tenant_id: int, text: str) -> Principal:
    """As he was then."""
    told = msgspec.json.decode(text, type=Teller)
    return Principal(
        tenant_id=tenant_id,
        tenant_public_id=told.tenant_public_id,
        tenant_slug=told.tenant_slug,
        actor_id=told.actor_id,
        display_name=told.display_name,
        roles=(),
        permissions=frozenset(Permission(permission) for permission in told.permissions),
        session_id=told.session_id,
        kind=ActorKind(told.kind),
        sandbox=told.sandbox,
        membership_id=told.membership_id,
        device_id=told.device_id,
        sites={Permission(permission): frozenset(places) for permission, places in told.sites.items()},
        request_id=told.request_id,
        address=told.address,
    )

"""In whose name a document is made: as he was when he asked, for so far his rights were looked at. And what one may read of others'."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec

from backend.documents.kinds import DocumentKind
from backend.documents.work import Maker
from tenants.permissions import Permission
from tenants.principal import ActorKind, Principal


@dataclass(frozen=True, slots=True)
class Asker:
    """What is kept of a principal: no more than makers and the audit trail need."""

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


def write_asker(principal: Principal) -> str:
    """As it is stored."""
    return msgspec.json.encode(
        Asker(
            principal.tenant_public_id, principal.tenant_slug, str(principal.kind), principal.actor_id, principal.display_name,
            principal.session_id, principal.sandbox, principal.membership_id, principal.device_id,
            sorted(str(permission) for permission in principal.permissions),
            {str(permission): sorted(places) for permission, places in principal.sites.items()}, principal.request_id, principal.address,
        )
    ).decode()  # fmt: skip


def read_asker(tenant_id: int, text: str | None) -> Principal | None:
    """As he was then; None where the service itself asked. A permission that was abolished meanwhile is none."""
    if text is None:
        return None
    told = msgspec.json.decode(text, type=Asker)
    known = {str(permission): permission for permission in Permission}
    return Principal(
        tenant_id=tenant_id, tenant_public_id=told.tenant_public_id, tenant_slug=told.tenant_slug, actor_id=told.actor_id,
        display_name=told.display_name, roles=(), permissions=frozenset(known[name] for name in told.permissions if name in known),
        session_id=told.session_id, kind=ActorKind(told.kind), sandbox=told.sandbox, membership_id=told.membership_id, device_id=told.device_id,
        sites={known[name]: frozenset(places) for name, places in told.sites.items() if name in known}, request_id=told.request_id,
        address=told.address,
    )  # fmt: skip


def limits_of(principal: Principal, permission: Permission) -> str:
    """The sites to which making documents of a permission is limited for a caller, one a line; empty for none."""
    made_at, read_at = principal.sites_for(Permission.DOCUMENTS_MAKE), principal.sites_for(permission)
    if made_at is None and read_at is None:
        return ""
    return "\n".join(("make", *sorted(made_at or ("everywhere",)), "read", *sorted(read_at or ("everywhere",))))


@dataclass(frozen=True, slots=True)
class Readable:
    """What a caller may read: all of the `whole` kinds; of the `limited` ones what he asked for himself, with the limits that he has now."""

    whole: tuple[DocumentKind, ...]
    limited: Mapping[DocumentKind, str]
    who: str

    @classmethod
    def by(cls, principal: Principal, makers: Collection[Maker]) -> "Readable":
        """Raises `PermissionDeniedError` for who may have no documents at all."""
        principal.require(Permission.DOCUMENTS_MAKE)
        limits = {maker.kind: limits_of(principal, maker.permission) for maker in makers if maker.permission in principal.permissions}
        return cls(
            tuple(kind for kind, limit in limits.items() if not limit), {kind: limit for kind, limit in limits.items() if limit}, principal.subject
        )

"""Who stands behind a request, for which tenant, and what they may do."""

from dataclasses import dataclass
from uuid import UUID

from infra.errors import PermissionDeniedError
from tenants.permissions import Permission


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller in one tenant, for the length of one request."""

    tenant_id: int
    tenant_public_id: UUID
    tenant_slug: str
    person_id: UUID
    membership_id: UUID
    display_name: str
    role: str
    permissions: frozenset[Permission]
    session_id: UUID
    request_id: str = ""
    address: str = ""

    @property
    def subject(self) -> str:
        """The caller's stable name within its tenant, by which saved replies are kept apart."""
        return f"membership:{self.membership_id}"

    def require(self, permission: Permission) -> None:
        """Raise `PermissionDeniedError` unless the caller has `permission`."""
        if permission not in self.permissions:
            raise PermissionDeniedError(
                f"Your role ({self.role}) lacks the permission {permission}. Ask an administrator of your company for it.",
                permission=str(permission),
            )

"""Aliases as GraphQL shows them."""

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.aliases import service
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.objects.types import TraceableObject, load_object
from tenants.permissions import Permission

strawberry.enum(service.AliasCause, description="In which way two objects are the same.")


@strawberry.type(
    description="A declaration that two objects of one kind are the same. Traces, holds and recalls follow it both ways while it is in force.",
    directives=requires(Permission.TRACE_READ),
)
class Alias:
    """In force until `revokedAt`; who declared and who revoked it stands on the audit trail."""

    id: ID
    cause: service.AliasCause
    reason: str
    asserted_at: datetime
    revoked_at: datetime | None
    revoke_reason: str | None
    first_id: strawberry.Private[int]
    second_id: strawberry.Private[int]
    alias_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, found: service.Alias) -> "Alias":
        """From the stored one."""
        return cls(
            id=global_id("Alias", found.alias_id), cause=found.cause, reason=found.reason, asserted_at=found.asserted_at,
            revoked_at=found.revoked_at, revoke_reason=found.revoke_reason, first_id=found.first_id, second_id=found.second_id,
            alias_id=found.alias_id,
        )  # fmt: skip

    @field(description="One of the two; neither counts for more than the other.")
    async def object(self, info: Info) -> TraceableObject | None:
        """The one that was known here first."""
        return await load_object(info.context, self.first_id)

    @field(description="The other one.")
    async def same_as(self, info: Info) -> TraceableObject | None:
        """The one that came later."""
        return await load_object(info.context, self.second_id)

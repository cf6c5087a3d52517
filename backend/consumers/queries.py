"""How far the publication of a recall is, and how many consumers were told of it, for whoever runs recalls."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

import strawberry

from backend.consumers import progress
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import uuid_of
from tenants.permissions import Permission

RECALL = "RecallCase"


@strawberry.type(description="What of a recall consumers can read, and whom mails have reached.", directives=requires(Permission.RECALLS_READ))
class RecallPublication:
    """`finishedAt` is null while goods are still being published. Of consumers only numbers are told."""

    version: int
    started_at: datetime
    finished_at: datetime | None
    products: int
    lots: int
    units: int
    watching: int = strawberry.field(description="Consumers who have asked to be told of any recall.")
    told: int
    waiting: int
    failed: int


@strawberry.type
class ConsumerQueries:
    """Consumers' own pages are no part of this."""

    @field(description="How far the publication of a recall is; null where it is told to no consumer.", directives=requires(Permission.RECALLS_READ))
    async def recall_publication(
        self, info: Info, case_id: Annotated[strawberry.ID, strawberry.argument(name="caseId")]
    ) -> RecallPublication | None:  # fmt: skip
        """Numbers alone."""
        found = uuid_of(case_id, RECALL)
        if found is None:
            return None
        async with info.context.reading() as tx:
            told = await progress.of_case(tx, info.context.caller_principal, found)
        return RecallPublication(**asdict(told)) if told is not None else None

"""The effectiveness board of a recall, as long as somebody looks at it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import strawberry

from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import subscription
from backend.recall_checks.board_service import Board
from backend.recall_checks.board_types import RecallBoard
from backend.recall_checks.ids import case_id_of
from backend.recall_checks.watching import Watch
from tenants.permissions import Permission

POLL_SECONDS: Final = 1.0


@strawberry.type
class RecallCheckSubscriptions:
    """Over graphql-transport-ws."""

    @subscription(
        description="The board of a recall at once, and whenever it has changed. Ends with an error when the session does.",
        directives=requires(Permission.RECALLS_READ, Cost(weight=50)),
    )
    async def recall_board_changed(self, info: Info, case_id: strawberry.ID) -> AsyncIterator[RecallBoard]:
        """Added up anew only where an event was captured or an act done in the case, and every two seconds at most."""
        watch = Watch(case_id_of(case_id))
        while True:
            found = await _listen(info.context, watch)
            if found is not None:
                yield RecallBoard.of(found)
            await asyncio.sleep(POLL_SECONDS)


async def _listen(context: Context, watch: Watch) -> Board | None:
    """By what the caller may do now. Raises a `NotAuthenticatedError` or `PermissionDeniedError` once he may not any more."""
    principal = await context.still_standing()
    principal.require_everywhere(Permission.RECALLS_READ)
    async with context.services.database.tenant(principal.tenant_id) as tx:
        return await watch.listen(tx)

"""The history of nonconformances, corrective actions and requests to suppliers, as GraphQL shows it."""

from datetime import datetime

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.graphql.context import Info
from backend.graphql.ids import global_id
from backend.graphql.pagination import Connection, Page, connect
from backend.nonconformance import history


@strawberry.type(description="One act in the life of a nonconformance, a corrective action or a request to a supplier; nobody can change it.")
class QualityHistoryEntry:
    """What `detail` holds depends on the act."""

    id: ID
    at: datetime
    actor: str
    act: str
    note: str
    detail: JSON

    @classmethod
    def of(cls, entry: history.Entry) -> "QualityHistoryEntry":
        """From the stored one."""
        return cls(
            id=global_id("QualityHistoryEntry", entry.entry_id), at=entry.at, actor=entry.actor, act=entry.act, note=entry.note,
            detail=JSON(msgspec.Raw(entry.detail_json.encode())),
        )  # fmt: skip


async def history_of(info: Info, subject: str, page: Page) -> Connection[QualityHistoryEntry]:
    """What became of something, newest first."""
    cursor = page.uuid()
    async with info.context.reading() as tx:
        rows = await history.page_of_history(tx, subject, cursor=cursor, backward=page.backward, limit=page.limit)
    return connect(page, rows, node=QualityHistoryEntry.of, cursor=lambda row: str(row.entry_id))

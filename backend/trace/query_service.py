"""Read what the trace's pages need: timelines of many objects, and the contents of a container."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.catalog.sites import Sites
from backend.genealogy import containment
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.trace import query_repository
from backend.trace.errors import TraceTooLargeError
from backend.trace.starts import CONTENTS_LIMIT
from infra.database import TenantTransaction


@dataclass(frozen=True, slots=True)
class Content:
    """What lay in a container, directly in `container`, which may itself lie in the one asked about."""

    container: TraceableObject
    content: TraceableObject
    quantity: Decimal | None
    uom: str | None
    since: datetime
    until: datetime | None


async def timelines(
    tx: TenantTransaction, object_ids: Collection[int], *, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> dict[int, list[int]]:
    """The log's ids of the events in force at `sites` in which each object took part, newest first, in the order of going."""
    found: dict[int, list[int]] = defaultdict(list)
    for row in await query_repository.timelines(tx, object_ids, cursor=cursor, backward=backward, limit=limit, sites=sites):
        found[row["object_id"]].append(row["event_id"])
    return found


async def contents(tx: TenantTransaction, key: str, at: datetime, sites: Sites | None = None) -> list[Content]:
    """What was in a container as of a moment, through every level of packing, in order of keys. The container is met at `sites`;
    then so is all that it holds.

    Raises `ObjectNotFoundError`, and `TraceTooLargeError` above 5,000 contents.
    """
    container = await objects.find(tx, key, sites)
    rows = await containment.contents(tx, container.object_id, at, CONTENTS_LIMIT + 1)
    if len(rows) > CONTENTS_LIMIT:
        raise TraceTooLargeError(f"{container.uri} holds more than {CONTENTS_LIMIT} objects. Ask for one of the containers in it.", field="key")
    things = await objects.load(tx, {row["container_id"] for row in rows} | {row["content_id"] for row in rows})
    found = [
        Content(things[row["container_id"]], things[row["content_id"]], row["quantity"], row["uom"], row["valid_from"], row["valid_to"])
        for row in rows
    ]
    return sorted(found, key=lambda content: (content.container.key, content.content.key, content.since))

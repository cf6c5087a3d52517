"""From any identifier to its object, its trace and its contents."""

from datetime import datetime

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut
from backend.objects import service as objects
from backend.objects.types import TraceableObject
from backend.trace import query_service, rules, service
from backend.trace.types import Content, Trace
from infra.clock import isoformat
from tenants.permissions import Permission

_ContentKey = tuple[str, str, str]


@strawberry.type
class TraceQueries:
    """`key` is any form of an identifier, or a bare lot number, serial or SSCC that is unique here."""

    @field(description="The object that a code means; an error OBJECT_NOT_FOUND where there is none.", directives=requires(Permission.TRACE_READ))
    async def traceable_object(self, info: Info, key: str) -> TraceableObject | None:
        """By any form of its identifier."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return TraceableObject.of(await objects.find(tx, key, sites))

    @field(
        description="Everything that an object came from, or that came from it; for a container, what is in it.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def trace(self, info: Info, key: str, direction: rules.Direction, as_of: datetime | None = None) -> Trace | None:
        """With `asOf` the links of later events are left out; time never excludes a link otherwise."""
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return Trace.of(await service.trace(tx, key, direction, as_of=as_of, sites=sites))

    @field(
        description="What is in a container now, or was as of a moment, through every level of packing.",
        directives=requires(Permission.TRACE_READ, Cost(weight=10)),
    )
    async def container_contents(
        self,
        info: Info,
        key: str,
        *,
        as_of: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Content] | None:
        """In order of keys."""
        page = Page.of(first, after, last, before)
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            found = await query_service.contents(tx, key, as_of or info.context.started_at, sites)
        rows = cut(page, found, key=_content_key, cursor_key=lambda cursor: msgspec.json.decode(cursor, type=_ContentKey))
        return connect(page, rows, node=Content.of, cursor=lambda row: msgspec.json.encode(_content_key(row)).decode())


def _content_key(content: query_service.Content) -> _ContentKey:
    return (content.container.key, content.content.key, isoformat(content.since))

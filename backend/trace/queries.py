"""From any identifier to its object, its trace and its contents."""

from datetime import datetime

import msgspec
import strawberry

from backend.catalog.loaders import sites_for
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.pagination import Connection, Page, connect, cut, decode_cursor
from backend.objects import service as objects
from backend.objects.types import TraceableObject
from backend.search.finding_types import ObjectFilterInput
from backend.trace import impact, query_service, service
from backend.trace.enums import Direction, TankPolicy
from backend.trace.impact_types import Impact, ImpactPart
from backend.trace.node_types import Content
from backend.trace.parts import Part
from backend.trace.starts import found_keys, named_keys
from backend.trace.types import Trace
from infra.clock import isoformat
from infra.errors import InvalidInputError
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
        description="Everything that objects came from, or that came from them, or both at once; for a container, what is in it.",
        directives=requires(Permission.TRACE_READ, Cost(weight=50)),
    )
    async def trace(
        self,
        info: Info,
        direction: Direction,
        *,
        key: str | None = None,
        keys: list[str] | None = None,
        filter: ObjectFilterInput | None = None,  # noqa: A002 - the name of such an argument elsewhere
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        tank_policy: TankPolicy | None = None,
        continue_after: str | None = None,
    ) -> Trace | None:
        """From `key`, from up to 100 `keys` at once, or from what a `filter` finds, which needs the permission to read events.

        With `asOf` the links of later events are left out, with `knownAt` what wasn't known then. Time never excludes a link otherwise.
        `tankPolicy` shapes certainty and quantities of what was drawn from tanks. `continueAfter` goes on in a trace that was `truncated`.
        """
        named = await _named(info, key, keys, filter)
        behind = decode_cursor(continue_after, "continueAfter") if continue_after is not None else None
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            found = await service.trace(
                tx, named, direction, as_of=as_of, known_at=known_at, sites=sites, continue_after=behind, tank_policy=tank_policy
            )
            return Trace.of(found)

    @field(
        description="What-if: if these goods are bad, what is hit, and where is it now? Nothing is written.",
        directives=requires(Permission.TRACE_READ, Cost(weight=100)),
    )
    async def impact(
        self,
        info: Info,
        *,
        key: str | None = None,
        keys: list[str] | None = None,
        filter: ObjectFilterInput | None = None,  # noqa: A002 - the name of such an argument elsewhere
        part: ImpactPart | None = None,
        continue_after: str | None = None,
    ) -> Impact | None:
        """Of `key`, up to 100 `keys`, or what a `filter` finds, which needs the permission to read events.

        With `part`, only of what of these lots was at a place within a time.
        """
        named = await _named(info, key, keys, filter)
        behind = decode_cursor(continue_after, "continueAfter") if continue_after is not None else None
        bounds = impact.part_of(part.place, Part(None, part.since, part.until)) if part is not None else None
        sites = await sites_for(info.context, Permission.TRACE_READ)
        async with info.context.reading() as tx:
            return Impact.of(await impact.impact(tx, named, part=bounds, sites=sites, continue_after=behind))

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


async def _named(info: Info, key: str | None, keys: list[str] | None, asked: ObjectFilterInput | None) -> list[str]:
    """The keys of what is asked about."""
    if asked is None:
        return named_keys(key, keys)
    if key is not None or keys is not None:
        raise InvalidInputError("Name what is asked about in one way: key, keys or filter.", field="filter")
    info.context.caller_principal.require(Permission.EVENTS_READ)
    sites = await sites_for(info.context, Permission.EVENTS_READ)
    async with info.context.reading() as tx:
        return await found_keys(tx, asked.read(), sites)


def _content_key(content: query_service.Content) -> _ContentKey:
    return (content.container.key, content.content.key, isoformat(content.since))

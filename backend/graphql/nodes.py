"""The interface of everything that has a global id, and how `node(id:)` finds it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import strawberry

from backend.graphql.access import check
from backend.graphql.context import Context, Info
from backend.graphql.directives import Requires, signed_in
from backend.graphql.fields import field
from backend.graphql.ids import parse_global_id
from tenants.permissions import Permission

Find = Callable[[Context, str], Awaitable["Node | None"]]


@strawberry.interface(description="Something with an id that stays the same.")
class Node:
    """Entities: types that are stored, declare a permission and can be asked for again."""

    id: strawberry.ID


@dataclass(frozen=True, slots=True)
class NodeKind:
    """How the nodes of one type are found by their public id; `find` gives None for an id that doesn't exist."""

    name: str
    permission: Permission
    find: Find


def node_queries(kinds: Iterable[NodeKind]) -> type:
    """The query `node` over these types."""
    by_name = {kind.name: kind for kind in kinds}

    @strawberry.type
    class NodeQueries:
        @field(
            description="Whatever has this id; null where there is no such thing.",
            directives=signed_in("the type that the id names needs its permission"),
        )
        async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002 - the name that Relay gives it
            parsed = parse_global_id(id)
            kind = by_name.get(parsed[0]) if parsed else None
            if parsed is None or kind is None:
                return None
            check(info.context.principal, Requires(permission=str(kind.permission)))
            return await kind.find(info.context, parsed[1])

    return NodeQueries

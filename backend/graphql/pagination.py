"""Relay connections: pages by keyset, forwards with `first` and `after`, backwards with `last` and `before`."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, Self, TypeVar
from uuid import UUID

import strawberry

from backend.graphql.fields import field
from backend.graphql.ids import parse_uuid
from infra.errors import InvalidInputError

MAXIMUM_PAGE: Final = 100
T = TypeVar("T")
R = TypeVar("R")


@strawberry.type(description="Where a page begins and ends.")
class PageInfo:
    """As Relay's connections have it."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One item of a page with its cursor.")
class Edge(Generic[T]):
    """As Relay's connections have it."""

    cursor: str
    node: T


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """As Relay's connections have it, with `nodes` beside `edges`."""

    edges: list[Edge[T]]
    page_info: PageInfo

    @field(description="The items without their cursors.")
    def nodes(self) -> list[T]:
        """The short way."""
        return [edge.node for edge in self.edges]


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for. `cursor` is decoded; rows are fetched from behind it, one more than `size`."""

    size: int
    cursor: str | None
    backward: bool

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> Self:
        """From a field's arguments; raises `InvalidInputError` unless exactly one of `first` and `last` is given, with its own cursor."""
        if (first is None) == (last is None):
            raise InvalidInputError(
                f"Say how much of the list you want: either first or last, from 1 to {MAXIMUM_PAGE}.", field="first" if last is None else "last"
            )
        backward = last is not None
        name, size = ("last", last) if last is not None else ("first", first or 0)
        if not 1 <= size <= MAXIMUM_PAGE:
            raise InvalidInputError(f"“{name}” is {size}; it must be from 1 to {MAXIMUM_PAGE}. Follow the cursors for more.", field=name)
        if (after if backward else before) is not None:
            raise InvalidInputError("“after” goes with first, “before” with last.", field="after" if backward else "before")
        given = before if backward else after
        return cls(size, decode_cursor(given, "before" if backward else "after") if given is not None else None, backward)

    @property
    def limit(self) -> int:
        """How many rows to fetch: the one too many tells whether there is more."""
        return self.size + 1

    def number(self) -> int:
        """The cursor of a list in order of a number; 0 where there is none."""
        if self.cursor is None:
            return 0
        if not self.cursor.isascii() or not self.cursor.isdigit() or len(self.cursor) > 18:
            raise self.unknown_cursor()
        return int(self.cursor)

    def uuid(self) -> UUID | None:
        """The cursor of a list in order of public ids."""
        found = parse_uuid(self.cursor) if self.cursor is not None else None
        if found is None and self.cursor is not None:
            raise self.unknown_cursor()
        return found

    def unknown_cursor(self) -> InvalidInputError:
        """The refusal of a cursor that isn't of this list."""
        return foreign_cursor("before" if self.backward else "after")


def foreign_cursor(name: str) -> InvalidInputError:
    """The refusal of a cursor that isn't of this list."""
    return InvalidInputError(f"The cursor in “{name}” isn't one of this list. Take it from the pageInfo of the page before.", field=name)


def encode_cursor(value: str) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, name: str) -> str:
    """What stands in a cursor; raises `InvalidInputError`."""
    try:
        value = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode() if cursor.isascii() else "\x00"
    except (binascii.Error, UnicodeDecodeError, ValueError):
        value = "\x00"
    if "\x00" in value or len(value) > 4_000:
        raise foreign_cursor(name)
    return value


def connect(page: Page, rows: Sequence[R], *, node: Callable[[R], T], cursor: Callable[[R], str]) -> Connection[T]:
    """A page from its rows, given in the order of fetching (backwards for `last`), at most one more than was asked for."""
    more = len(rows) > page.size
    shown = list(rows[: page.size])
    if page.backward:
        shown.reverse()
    edges = [Edge(cursor=encode_cursor(cursor(row)), node=node(row)) for row in shown]
    elsewhere = page.cursor is not None
    info = PageInfo(
        has_next_page=elsewhere if page.backward else more,
        has_previous_page=more if page.backward else elsewhere,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=info)


def cut(page: Page, ordered: Sequence[R], *, key: Callable[[R], Any], cursor_key: Callable[[str], Any]) -> list[R]:
    """The rows of a page out of a list that is whole in memory, sorted by `key`; `cursor_key` reads a key out of a cursor, else raises ValueError."""
    low, high = 0, len(ordered)
    if page.cursor is not None:
        try:
            at = cursor_key(page.cursor)
        except (ValueError, TypeError, LookupError) as problem:
            raise page.unknown_cursor() from problem
        if page.backward:
            high = bisect_left(ordered, at, key=key)
        else:
            low = bisect_right(ordered, at, key=key)
    if page.backward:
        return list(ordered[max(low, high - page.limit) : high])[::-1]
    return list(ordered[low : low + page.limit])

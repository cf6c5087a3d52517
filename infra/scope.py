"""The check that every statement names the tenant for each tenant-owned table it touches.

Row level security already hides other tenants' rows. Naming the tenant besides keeps index-only scans, sends the statement
to one shard on Citus, and means that a forgotten policy alone leaks nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from infra.errors import SuyuanError
from infra.schema import metadata

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<text>[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$)
      | "(?P<quoted>(?:[^"]|"")*)"
      | (?P<word>[A-Za-z_]\w*|\$\d+)
      | (?P<sign>::|.)""",
    re.VERBOSE | re.DOTALL,
)
_PIN: Final = ["tenant_id", "=", "$1"]
_BEFORE_PIN: Final = ("where", "and", "on")
_OUTER: Final = ("left", "right", "full")
_JOINS: Final = (*_OUTER, "join", "inner", "cross", "natural", "on", ",")
_TAIL: Final = ("group", "order", "having", "limit", "offset", "fetch", "for", "window", "returning", "values", "set")
# What may follow a pin ends the condition: nothing is added to it, and nothing is made of its truth.
_AFTER_PIN: Final = frozenset(("and", "where", *_JOINS, *_TAIL))
_NO_ALIAS: Final = _AFTER_PIN | {"using", "select", "default", "overriding", "tablesample", "with", "as"}
_CLAUSES: Final = {"where": "where", "select": "head"} | dict.fromkeys(_TAIL, "end")
_COMMANDS: Final = frozenset({"select", "with", "insert", "update", "delete", "values", "explain"})


class UnscopedStatementError(SuyuanError):
    """A defect in our own code: a statement on tenant-owned tables that doesn't name the tenant."""

    code = "INTERNAL"


def tenant_owned_tables() -> frozenset[str]:
    """The names of all tenant-owned tables that are declared."""
    return _owned_among(len(metadata.tables))


@lru_cache(maxsize=4)
def _owned_among(_declared: int) -> frozenset[str]:
    return frozenset(table.name for table in metadata.tables.values() if table.info.get("tenant_owned"))


def require_scope(statement: str) -> None:
    """Raise `UnscopedStatementError` unless each tenant-owned table read says `tenant_id = $1`, and each one written is given `$1` first.

    The condition belongs to that very reference, in the WHERE or the ON of its own query, with no OR beside it. It is read for
    what it says, not proved: it finds what was forgotten, and what was meant to pass is the policy's to stop.
    """
    # A statement that passed while its tables' declarations weren't imported yet is looked at again.
    _require_scope(statement, len(metadata.tables))


@lru_cache(maxsize=4096)
def _require_scope(statement: str, _declared: int) -> None:
    items = _nested(statement)
    first = next(_words(items), "")
    if first not in _COMMANDS and tenant_owned_tables() & set(_words(items)):
        raise UnscopedStatementError(f"{first} has no WHERE for the tenant to stand in: {statement[:300]}")
    if problem := next(_problems(items), None):
        raise UnscopedStatementError(f"{problem}: {statement[:300]}")


def _nested(statement: str) -> list[Any]:
    """Words and signs, with a list for what stands in brackets; comments are left out, and of a text only that there is one."""
    stack: list[list[Any]] = [[]]
    for found in _TOKEN.finditer(statement):
        if found["word"]:
            stack[-1].append(found["word"].lower())
        elif found["quoted"] is not None:
            stack[-1].append(found["quoted"])
        elif found["text"]:
            stack[-1].append("'")
        elif found["sign"] == "(":
            stack[-1].append([])
            stack.append(stack[-1][-1])
        elif found["sign"] == ")" and len(stack) > 1:
            stack.pop()
        elif found["sign"]:
            stack[-1].append(found["sign"])
    return stack[0]


def _words(items: list[Any]) -> Iterator[str]:
    for item in items:
        if isinstance(item, list):
            yield from _words(item)
        else:
            yield item


def _problems(items: list[Any]) -> Iterator[str]:
    """What is wrong with the queries on this level of brackets, then inside of it."""
    query: list[Any] = []
    for item in [*items, ";"]:
        if item in ("union", "intersect", "except", ";"):
            yield from _Query(query).problems()
            query = []
        else:
            query.append(item)
    for item in items:
        if isinstance(item, list):
            yield from _problems(item)


@dataclass
class _Reference:
    """One mention of a tenant-owned table."""

    table: str
    alias: str
    pinned: bool = False


@dataclass
class _Query:
    """One SELECT, INSERT, UPDATE or DELETE without what stands in its brackets, read from left to right."""

    items: list[Any]
    references: list[_Reference] = field(default_factory=list)
    clause: str = "head"
    expects_table: bool = False
    # The reference that was joined last, and how: an outer join's ON restricts one of its sides at most.
    joined: _Reference | None = None
    join: str = ""

    def problems(self) -> Iterator[str]:
        """Faults of this query alone."""
        for place, item in enumerate(self.items):
            if isinstance(item, list):
                if self.expects_table and item and item[0] not in _COMMANDS and tenant_owned_tables() & set(_words(item)):
                    yield "write joins without brackets, so that the tenant can be seen on each"
                self.expects_table = False
            elif item == "into":
                yield from self._insertion(place + 1)
            elif item == "or" and self.clause in ("where", "on") and self.references:
                yield "put the OR in brackets: beside the tenant it lets others in"
            else:
                self._read(place, item)
        for reference in self.references:
            if not reference.pinned:
                yield f"`tenant_id = $1` is missing for {reference.table}"

    def _at(self, place: int) -> Any:
        return self.items[place] if 0 <= place < len(self.items) else ""

    def _read(self, place: int, word: str) -> None:
        before = self._at(place - 1)
        if self.expects_table and word not in ("only", "lateral", "from"):
            self._refer(place)
        elif word == "join":
            self.clause, self.expects_table = "from", True
            self.join = next((kind for kind in (before, self._at(place - 2)) if kind in _OUTER), "")
        elif self._begins_tables(word, before):
            self.clause, self.expects_table, self.join = "from", True, ""
        elif word == "on" and self.clause == "from":
            self.clause = "on"
        elif word in _CLAUSES:
            self.clause = _CLAUSES[word]
        elif word == "tenant_id" and self.clause in ("where", "on"):
            self._pin(place)

    def _begins_tables(self, word: str, before: Any) -> bool:
        if word == "from":
            return bool(before != "distinct")
        if word == "update":
            return before not in ("for", "key", "do")
        return word in ("using", "table") or (word == "," and self.clause in ("from", "on"))

    def _name(self, place: int) -> tuple[str, int]:
        """The table's name, without its schema, and the place behind it."""
        while self._at(place + 1) == ".":
            place += 2
        return self._at(place), place + 1

    def _refer(self, place: int) -> None:
        self.expects_table, self.joined = False, None
        table, behind = self._name(place)
        if table not in tenant_owned_tables() or isinstance(self._at(behind), list):
            return
        alias = self._at(behind + (self._at(behind) == "as"))
        named = isinstance(alias, str) and alias.isidentifier() and alias not in _NO_ALIAS
        self.joined = _Reference(table, alias if named else table)
        self.references.append(self.joined)

    def _pin(self, place: int) -> None:
        """Take `[alias.]tenant_id = $1` for the reference that it restricts."""
        behind = self._at(place + 3)
        if self.items[place : place + 3] != _PIN or (behind and behind not in _AFTER_PIN):
            return
        alias = self._at(place - 2) if self._at(place - 1) == "." else None
        if self._at(place - (3 if alias else 1)) not in _BEFORE_PIN:
            return
        meant = [reference for reference in self.references if alias in (None, reference.alias)]
        if self.clause == "on" and self.join:
            meant = [reference for reference in meant if self.join == "left" and reference is self.joined]
        if len(meant) == 1:
            meant[0].pinned = True

    def _insertion(self, place: int) -> Iterator[str]:
        """INSERT INTO table [AS alias] (tenant_id, …) with `$1` as the first of every row."""
        table, behind = self._name(place)
        if table not in tenant_owned_tables():
            return
        if self._at(behind) == "as":
            behind += 2
        columns, source = self._at(behind), self._at(behind + 1)
        if not isinstance(columns, list) or columns[:1] != ["tenant_id"]:
            yield "an insert names tenant_id first"
        elif source == "select":
            first = behind + 2 + (self._at(behind + 2) == "distinct")
            if self._at(first) != "$1" or self._at(first + 1) not in (",", "from", "::", ""):
                yield "an insert selects $1 as the tenant"
        elif source != "values" or any(row[:1] != ["$1"] or row[1:2] not in ([], [","]) for row in self._rows(behind + 2)):
            yield "an insert gives $1 as the tenant of every row"

    def _rows(self, place: int) -> Iterator[list[Any]]:
        while isinstance(self._at(place), list):
            yield self._at(place)
            place += 1 + (self._at(place + 1) == ",")

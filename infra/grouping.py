"""Rows that belong to others: what hangs on each, from one statement for all."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from infra.database import Record

T = TypeVar("T")


def grouped(rows: Iterable[Record], column: str, made: Callable[[Record], T]) -> dict[Any, list[T]]:
    """What is made of each row, by the value of a column, in the rows' order."""
    found: dict[Any, list[T]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(made(row))
    return found

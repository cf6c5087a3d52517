"""Where the items of ordered columns stand, so that what belongs together is on one line; and how often arrows cross. Rules only."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Final

PASSES: Final = 6
QUARTERS: Final = 4


def align(
    columns: Sequence[Sequence[int]], height: Sequence[float], left: Mapping[int, Sequence[int]], right: Mapping[int, Sequence[int]]
) -> list[float]:
    """The upper edge of each item in rows, in quarters, from 0 on: no two of a column overlap, and each is near its neighbours' middle."""
    middles = [0.0] * len(height)
    for column in columns:
        top = 0.0
        for item in column:
            middles[item] = top + height[item] / 2
            top += height[item]
    for number in range(PASSES):
        neighbours = left if number % 2 == 0 else right
        order = columns if number % 2 == 0 else columns[::-1]
        for column in order:
            wanted = [_middle(middles, neighbours.get(item, ()), middles[item]) for item in column]
            for item, middle in zip(column, spread(wanted, [height[item] for item in column]), strict=True):
                middles[item] = middle
    edges = [0.0] * len(height)
    for column in columns:
        _settle(column, middles, height, edges)
    lowest = min(edges, default=0.0)
    return [edge - lowest for edge in edges]


def _middle(middles: Sequence[float], neighbours: Sequence[int], otherwise: float) -> float:
    return sum(middles[other] for other in neighbours) / len(neighbours) if neighbours else otherwise


def spread(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Middles in the given order, apart by what the items are high, with the least sum of squares from those that are wanted.

    Without the distances these are numbers that may only grow: neighbours that would fall take their common mean, until none does.
    """
    offsets: list[float] = []
    offset = 0.0
    for place, height in enumerate(heights):
        offset += (heights[place - 1] + height) / 2 if place else 0.0
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        total, count = want - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    levels = [total / count for total, count in pools for _ in range(count)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _settle(column: Sequence[int], middles: Sequence[float], height: Sequence[float], edges: list[float]) -> None:
    """Round the upper edges to quarters; what would come to overlap moves down."""
    free: float | None = None
    for item in column:
        edge = round((middles[item] - height[item] / 2) * QUARTERS) / QUARTERS
        edges[item] = edge if free is None else max(edge, free)
        free = edges[item] + height[item]


def count_crossings(column: Sequence[int], next_column: Sequence[int], right: Mapping[int, Sequence[int]]) -> int:
    """How often the arrows between two columns cross: the pairs whose order turns round."""
    place = {item: row for row, item in enumerate(next_column)}
    ends: list[int] = []
    for item in column:
        ends += sorted(place[other] for other in right.get(item, ()) if other in place)
    seen: list[int] = []
    crossings = 0
    for end in ends:
        at = bisect_left(seen, end + 1)
        crossings += len(seen) - at
        seen.insert(at, end)
    return crossings

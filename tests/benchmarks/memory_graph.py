"""The limit of tracing: one tenant's whole graph in memory as compressed sparse rows, searched frontier by frontier with numpy."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class Rows:
    """Compressed sparse rows: what hangs at place `p` is `targets[offsets[p]:offsets[p + 1]]`."""

    def __init__(self, places: int, sources: Ids, targets: Ids) -> None:
        order = np.argsort(sources, kind="stable")
        self._targets = targets[order]
        self._offsets = np.zeros(places + 1, dtype=np.int64)
        np.cumsum(np.bincount(sources, minlength=places), out=self._offsets[1:])

    def of(self, places: Ids) -> Ids:
        """All that hangs at these places, one after the other."""
        starts = self._offsets[places]
        counts = self._offsets[places + 1] - starts
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        found: Ids = self._targets[np.arange(total) + np.repeat(starts - (ends - counts), counts)]
        return found


class MemoryGraph:
    """Objects stand at places: their ids less the smallest. Not for use by two searches at a time."""

    def __init__(self, first_id: int, next_id: int, links: Iterable[tuple[Any, ...]], shipments: Iterable[tuple[Any, ...]]) -> None:
        places = next_id - first_id
        self._first_id = first_id
        self._seen = np.zeros(places, dtype=np.bool_)
        self._turn = np.zeros(places, dtype=np.int64)
        pairs = np.fromiter((part - first_id for row in links for part in row[1:3]), dtype=np.int64).reshape(-1, 2)
        self._down = Rows(places, pairs[:, 0], pairs[:, 1])
        self._up = Rows(places, pairs[:, 1], pairs[:, 0])
        carried = np.fromiter((part - first_id for row in shipments for part in row[1:3]), dtype=np.int64).reshape(-1, 2)
        self._shipments = Rows(places, carried[:, 0], carried[:, 1])

    def _reach(self, rows: Rows, start: int) -> Ids:
        frontier = np.array([start], dtype=np.int64)
        self._seen[start] = True
        reached = [frontier]
        while len(frontier):
            found = rows.of(frontier)
            found = found[~self._seen[found]]
            # Of those found twice, the last one stays.
            self._turn[found] = turns = np.arange(len(found))
            frontier = found[self._turn[found] == turns]
            self._seen[frontier] = True
            reached.append(frontier)
        every = np.concatenate(reached)
        self._seen[every] = False
        return every

    def ancestors(self, lot_id: int) -> Ids:
        """The lot and everything that it came from."""
        return self._reach(self._up, lot_id - self._first_id) + self._first_id

    def lots_and_shipments(self, lot_id: int) -> tuple[Ids, Ids]:
        """The lot and everything made from it, and every shipment of each of them."""
        reached = self._reach(self._down, lot_id - self._first_id)
        return reached + self._first_id, self._shipments.of(reached) + self._first_id

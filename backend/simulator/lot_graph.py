"""The lots of one synthetic tenant and the transformations between them, as compact arrays: four levels, windows, rework."""

from array import array
from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

FAN_IN = (3, 8)
TWO_OUTPUT_RATE = 0.1
GROWTH = 1.55  # transformations of a level for each one of the level before: a raw lot ends in about 460 finished ones
RAW_PER_TRANSFORMATION = 0.73
WINDOW = 400  # a step draws from the lots made most recently
STAPLE_SHARE = 0.03  # a few raw lots, such as salt, go into four times as much
STAPLE_DRAWS = 0.1
REWORK_RATE = 0.01
LEVELS = 3  # of transformations, between four levels of lots
LINKS_PER_TRANSFORMATION = sum(FAN_IN) / 2 + 1 + TWO_OUTPUT_RATE + REWORK_RATE


@dataclass(frozen=True, slots=True)
class Level:
    """`first_lot` up to `first_lot + lots` came out of `first_transformation` and the following ones (none for raw lots)."""

    first_lot: int
    lots: int
    first_transformation: int
    transformations: int


@dataclass
class LotGraph:
    """Lots and transformations are numbered from 0 in the order of their levels, and by time within a level.

    The inputs of transformation `t` are `inputs[starts[t]:starts[t + 1]]`, its outputs `outputs[t]` lots from `first_output[t]`.
    `rework` pairs a finished lot with the earlier transformation that its leftover went back into: each closes a cycle.
    """

    levels: list[Level]
    inputs: "array[int]" = field(default_factory=lambda: array("i"))
    starts: "array[int]" = field(default_factory=lambda: array("i", [0]))
    first_output: "array[int]" = field(default_factory=lambda: array("i"))
    outputs: "array[int]" = field(default_factory=lambda: array("b"))
    maker: "array[int]" = field(default_factory=lambda: array("i"))
    rework: list[tuple[int, int]] = field(default_factory=list)

    @property
    def lots(self) -> int:
        return len(self.maker)

    @property
    def transformations(self) -> int:
        return len(self.outputs)

    @property
    def links(self) -> int:
        return len(self.inputs) + sum(self.outputs) + len(self.rework)

    @property
    def finished(self) -> Level:
        return self.levels[-1]

    def level_of(self, lot: int) -> int:
        return next(number for number, level in enumerate(self.levels) if lot < level.first_lot + level.lots)

    @cached_property
    def _consumers(self) -> tuple["array[int]", "array[int]"]:
        """Compressed rows: the transformations that take lot `l` are `targets[offsets[l]:offsets[l + 1]]`."""
        offsets = array("i", bytes(4 * (self.lots + 1)))
        pairs = [(lot, t) for t in range(self.transformations) for lot in self.inputs[self.starts[t] : self.starts[t + 1]]]
        pairs += self.rework
        for lot, _ in pairs:
            offsets[lot + 1] += 1
        for lot in range(self.lots):
            offsets[lot + 1] += offsets[lot]
        targets = array("i", bytes(4 * len(pairs)))
        fill = array("i", offsets)
        for lot, transformation in pairs:
            targets[fill[lot]] = transformation
            fill[lot] += 1
        return offsets, targets

    def reached_finished_lots(self, lot: int) -> set[int]:
        """The right answer to a forward trace, cycles included."""
        offsets, targets = self._consumers
        seen = {lot}
        waiting = deque([lot])
        while waiting:
            here = waiting.popleft()
            for transformation in targets[offsets[here] : offsets[here + 1]]:
                first = self.first_output[transformation]
                for output in range(first, first + self.outputs[transformation]):
                    if output not in seen:
                        seen.add(output)
                        waiting.append(output)
        return {reached for reached in seen if reached >= self.finished.first_lot}

    def raw_lots_behind(self, lot: int) -> set[int]:
        """The right answer to a backward trace of a lot."""
        returned: dict[int, list[int]] = {}
        for leftover, transformation in self.rework:
            returned.setdefault(transformation, []).append(leftover)
        seen = {lot}
        waiting = [lot]
        while waiting:
            maker = self.maker[waiting.pop()]
            if maker >= 0:
                parents = [*self.inputs[self.starts[maker] : self.starts[maker + 1]], *returned.get(maker, ())]
                fresh = set(parents) - seen
                seen |= fresh
                waiting += fresh
        return {ancestor for ancestor in seen if self.maker[ancestor] < 0}


def grow_lot_graph(lot_links: int, random: Random) -> LotGraph:
    """A graph with about that many links, at least a handful of lots on each level."""
    base = lot_links / LINKS_PER_TRANSFORMATION / sum(GROWTH**level for level in range(LEVELS))
    raw_lots = max(8, round(base * RAW_PER_TRANSFORMATION))
    graph = LotGraph([Level(0, raw_lots, 0, 0)])
    graph.maker.extend([-1] * raw_lots)
    for number in range(LEVELS):
        _grow_level(graph, max(FAN_IN[1], round(base * GROWTH**number)), random)
    _add_rework(graph, random)
    return graph


def _grow_level(graph: LotGraph, transformations: int, random: Random) -> None:
    below = graph.levels[-1]
    first_lot, first_transformation = graph.lots, graph.transformations
    staples = max(1, round(below.lots * STAPLE_SHARE))
    for step in range(transformations):
        newest = max(FAN_IN[1], (step + 1) * below.lots // transformations)
        newest = min(newest, below.lots)
        oldest = max(0, newest - WINDOW)
        drawn = {below.first_lot + lot for lot in random.sample(range(oldest, newest), random.randint(*FAN_IN))}
        if len(graph.levels) == 1 and random.random() < STAPLE_DRAWS * len(drawn):
            drawn.add(below.first_lot + _staple_before(newest, below.lots, staples, random))
        graph.inputs.extend(sorted(drawn))
        graph.starts.append(len(graph.inputs))
        outputs = 2 if random.random() < TWO_OUTPUT_RATE else 1
        graph.first_output.append(graph.lots)
        graph.outputs.append(outputs)
        graph.maker.extend([first_transformation + step] * outputs)
    graph.levels.append(Level(first_lot, graph.lots - first_lot, first_transformation, transformations))


def _staple_before(newest: int, lots: int, staples: int, random: Random) -> int:
    """One of the staples that lie evenly among the lots, in use around now."""
    spacing = max(1, lots // staples)
    latest = (newest - 1) // spacing
    return max(0, latest - random.randint(0, 1)) * spacing


def _add_rework(graph: LotGraph, random: Random) -> None:
    """Leftovers of finished lots go back into a step that led to them."""
    finished = graph.finished
    for position in sorted(random.sample(range(finished.lots), min(finished.lots, round(graph.transformations * REWORK_RATE)))):
        leftover = finished.first_lot + position
        maker = graph.maker[leftover]
        parent = random.choice(graph.inputs[graph.starts[maker] : graph.starts[maker + 1]])
        graph.rework.append((leftover, graph.maker[parent]))

"""Rework loops: goods that came, by way of others, from themselves. Pure; alias pairs are no rework."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from backend.genealogy.rules import LinkKind
from backend.trace.rules import Link


def loops(links: Iterable[Link]) -> list[list[int]]:
    """The nodes of each loop (strongly connected components of more than one node, or a node that leads to itself), the largest first.

    Without recursion, so that a loop of many thousand steps is found like any other.
    """
    onward: dict[int, set[int]] = defaultdict(set)
    for link in links:
        if link.kind is not LinkKind.ALIAS:
            onward[link.parent_id].add(link.child_id)
    found = [sorted(part) for part in _components(onward) if len(part) > 1 or part[0] in onward.get(part[0], ())]
    return sorted(found, key=lambda part: (-len(part), part))


def _components(onward: dict[int, set[int]]) -> Iterator[list[int]]:
    """Tarjan's strongly connected components with a stack of its own."""
    number: dict[int, int] = {}
    lowest: dict[int, int] = {}
    waiting: list[int] = []
    unfinished: set[int] = set()
    for root in list(onward):
        if root in number:
            continue
        walk: list[tuple[int, Iterator[int]]] = [(root, iter(onward.get(root, ())))]
        number[root] = lowest[root] = len(number)
        waiting.append(root)
        unfinished.add(root)
        while walk:
            node, rest = walk[-1]
            there = next((each for each in rest if each not in number or each in unfinished), None)
            if there is None:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    yield _finished(node, waiting, unfinished)
            elif there in number:
                lowest[node] = min(lowest[node], number[there])
            else:
                number[there] = lowest[there] = len(number)
                waiting.append(there)
                unfinished.add(there)
                walk.append((there, iter(onward.get(there, ()))))


def _finished(root: int, waiting: list[int], unfinished: set[int]) -> list[int]:
    part = []
    while True:
        node = waiting.pop()
        unfinished.discard(node)
        part.append(node)
        if node == root:
            return part

"""Which of what was found comes first: exact before prefix, suffix, word and infix; kinds together; what is new first. No I/O."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from backend.objects.service import TraceableObject
from backend.search.kinds import ORDER, SearchKind

_PLACE: Final = {kind: place for place, kind in enumerate(ORDER)}


class How(IntEnum):
    """How the text stands in what matched, the best first. `EXACT` in another case counts as `SAME`."""

    EXACT = 0
    SAME = 1
    PREFIX = 2
    SUFFIX = 3
    WORD = 4
    INFIX = 5


class Where(StrEnum):
    """What matched: the number or code, the whole identifier, a name of the catalogue, or the product that a lot is of."""

    CODE = "CODE"
    KEY = "KEY"
    NAME = "NAME"
    PRODUCT = "PRODUCT"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. `subject` is the tenant's own number; `matched` the text that matched, folded unless it is the code.

    `detail` says of which type a paper is, or what the field is called. `thing` is there for objects alone.
    """

    kind: SearchKind
    subject: int
    key: str
    code: str
    how: How
    where: Where
    matched: str
    detail: str = ""
    thing: TraceableObject | None = None

    @property
    def rank(self) -> tuple[int, int]:
        return (int(self.how), -self.subject)


def ranked(hits: Iterable[Hit], first: int) -> list[Hit]:
    """The best `first`, each thing once, kinds together in the order of their best. No kind keeps others out as long as there is room."""
    best: dict[tuple[bool, int], Hit] = {}
    for hit in hits:
        of = (hit.thing is None, hit.subject)
        if of not in best or hit.rank < best[of].rank:
            best[of] = hit
    groups: dict[SearchKind, list[Hit]] = defaultdict(list)
    for hit in sorted(best.values(), key=lambda hit: hit.rank):
        groups[hit.kind].append(hit)
    shares = _shares({kind: len(group) for kind, group in groups.items()}, first)
    ordered = sorted(groups, key=lambda kind: (groups[kind][0].how, _PLACE[kind]))
    return [hit for kind in ordered for hit in groups[kind][: shares[kind]]]


def _shares(sizes: dict[SearchKind, int], first: int) -> dict[SearchKind, int]:
    """How many of each kind: what one leaves over goes to the others."""
    shares: dict[SearchKind, int] = {}
    left = first
    for place, (kind, size) in enumerate(sorted(sizes.items(), key=lambda item: (item[1], _PLACE[item[0]]))):
        shares[kind] = min(size, -(-left // (len(sizes) - place)))
        left -= shares[kind]
    return shares

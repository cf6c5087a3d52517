"""Candidates for a cause: which goods each factor covers, how it is told from chance, and which can't be told from one another. No I/O.

The goods are numbered; a set of them is an integer with a bit for each, the bad ones among them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from backend.analysis.statistics import adjusted, fisher_greater, weighted_quantiles

# Of a group of factors that cover the same goods, so many are named.
MOST_NAMED: Final = 20
# From here on two candidates cover nearly the same bad goods (Jaccard).
NEARLY: Final = 0.8
_EDGES: Final = (0.1, 0.2, 0.4, 0.6, 0.8, 0.9)


class FactorKind(Enum):
    """What goods can have in common. The order is that in which factors that cover the same goods are named."""

    OBJECT = "object"
    EQUIPMENT = "equipment"
    PARAMETER = "parameter"
    OPERATOR = "operator"
    SUPPLIER = "supplier"
    PRODUCT = "product"
    MATERIAL = "material"
    READ_POINT = "readPoint"
    PLACE = "place"
    STEP = "step"
    SHIFT = "shift"
    DAY = "day"
    HOUR = "hour"


_ORDER: Final = {kind: place for place, kind in enumerate(FactorKind)}


class Factor(NamedTuple):
    """One thing in common: `value` is a key, URI or text; `step` the business step at which it was so; bands have bounds in `unit`.

    `low` is exclusive and `high` inclusive; None is open.
    """

    kind: FactorKind
    value: str
    step: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Factors that cover exactly the same goods, and how these divide into bad and good ones.

    `lift`: how many times as often a covered one is bad as one of all. `p` of Fisher's exact test, one-sided; `q` adjusted for all that was
    tested. `alike` are the places in the ranking, from 0, of candidates before it that cover nearly the same bad goods: data can't tell them apart.
    """

    factors: tuple[Factor, ...]
    factor_count: int
    bad: int
    good: int
    bad_others: int
    good_others: int
    lift: float
    p: float
    q: float
    alike: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The best candidates, and how many different sets of goods were tested."""

    candidates: tuple[Candidate, ...]
    tested: int


def rank(masks: Mapping[Factor, int], bad: int, total: int, *, most: int) -> Ranking:
    """Candidates by p, then lift, then how many bad ones they cover. `bad` is the set of bad goods among `total`.

    Factors that cover all goods, or one alone, explain nothing and aren't tested; nor does it depend on what is bad which ones are.
    """
    groups: dict[int, list[Factor]] = defaultdict(list)
    for factor, mask in masks.items():
        if 2 <= mask.bit_count() < total:
            groups[mask].append(factor)
    all_bad = bad.bit_count()
    counted = [(mask, (mask & bad).bit_count()) for mask in groups]
    ps = [fisher_greater(hit, mask.bit_count() - hit, all_bad - hit, total - all_bad - mask.bit_count() + hit) for mask, hit in counted]
    qs = adjusted(ps)
    found = []
    for (mask, hit), p, q in zip(counted, ps, qs, strict=True):
        covered = mask.bit_count()
        lift = hit * total / (covered * all_bad) if all_bad else 0.0
        if hit and lift > 1:
            found.append((p, -lift, -hit, mask, q))
    found.sort(key=lambda each: (*each[:3], _first(groups[each[3]])))
    return Ranking(tuple(_candidates(found[:most], groups, bad, total)), len(groups))


def _candidates(found: Sequence[tuple[float, float, int, int, float]], groups: Mapping[int, list[Factor]], bad: int, total: int) -> list[Candidate]:
    made: list[Candidate] = []
    all_bad = bad.bit_count()
    for place, (p, lift, hit, mask, q) in enumerate(found):
        covered, count = mask.bit_count(), -hit
        alike = tuple(before for before in range(place) if _alike(mask & bad, found[before][3] & bad))
        factors = sorted(groups[mask], key=_named)
        made.append(
            Candidate(
                tuple(factors[:MOST_NAMED]),
                len(factors),
                count,
                covered - count,
                all_bad - count,
                total - all_bad - covered + count,
                -lift,
                p,
                q,
                alike,
            )
        )
    return made


def _alike(one: int, other: int) -> bool:
    return (one & other).bit_count() >= NEARLY * (one | other).bit_count()


def _first(factors: Sequence[Factor]) -> tuple[int, str, str]:
    return min(_named(factor) for factor in factors)


def _named(factor: Factor) -> tuple[int, str, str]:
    return _ORDER[factor.kind], factor.value, factor.step


class Reading(NamedTuple):
    """A number that was measured, and the goods that it was measured for."""

    number: float
    goods: int


def _edges(values: Sequence[tuple[float, int]]) -> list[float]:
    """Quantiles; a value that is as frequent as a whole band stands in one of its own."""
    edges = set(weighted_quantiles(values, _EDGES))
    whole, distinct = sum(weight for _, weight in values), sorted({value for value, _ in values})
    for edge in list(edges):
        place = distinct.index(edge)
        if place and sum(weight for value, weight in values if value == edge) >= _EDGES[0] * whole:
            edges.add(distinct[place - 1])
    # The last band has no upper bound.
    return sorted(edges - {distinct[-1]})


def bands(name: str, step: str, unit: str, readings: Sequence[Reading]) -> dict[Factor, int]:
    """The goods of each band of a parameter: between quantiles of what was measured, and the tails as a whole. None where all are alike."""
    edges = _edges([(each.number, each.goods.bit_count()) for each in readings])
    bounds: list[tuple[float | None, float | None]] = list(zip([None, *edges], [*edges, None], strict=True))
    bounds += [(None, edge) for edge in edges[1 : len(edges) // 2]] + [(edge, None) for edge in edges[len(edges) // 2 : -1]]
    found: dict[Factor, int] = {}
    for low, high in bounds:
        mask = 0
        for each in readings:
            if (low is None or each.number > low) and (high is None or each.number <= high):
                mask |= each.goods
        if mask:
            found[Factor(FactorKind.PARAMETER, name, step, low, high, unit)] = mask
    return found if len({each.number for each in readings}) > 1 else {}

"""Fisher's exact test, the adjustment for many tests, and quantiles with weights; in plain Python, exact to floating point."""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, lgamma


@lru_cache(maxsize=65_536)
def _log_factorial(number: int) -> float:
    return lgamma(number + 1)


def _log_chosen(total: int, chosen: int) -> float:
    return _log_factorial(total) - _log_factorial(chosen) - _log_factorial(total - chosen)


def fisher_greater(bad_exposed: int, good_exposed: int, bad_others: int, good_others: int) -> float:
    """The one-sided p of Fisher's exact test (1935): how likely chance alone puts so many bad ones, or more, among the exposed.

    With all margins given, the count is hypergeometric; the tail is summed from its largest term on, in logarithms.
    """
    exposed, bad = bad_exposed + good_exposed, bad_exposed + bad_others
    total = exposed + bad_others + good_others
    whole = _log_chosen(total, exposed)
    terms = [
        _log_chosen(bad, count) + _log_chosen(total - bad, exposed - count) - whole
        for count in range(max(bad_exposed, exposed - (total - bad)), min(exposed, bad) + 1)
    ]
    if not terms:
        return 1.0
    largest = max(terms)
    return min(1.0, exp(largest) * sum(exp(term - largest) for term in terms))


def adjusted(ps: Sequence[float]) -> list[float]:
    """The p values by Benjamini and Hochberg (1995): the share of false ones among all that are as small, in the order given."""
    order = sorted(range(len(ps)), key=lambda place: ps[place], reverse=True)
    found, least = [1.0] * len(ps), 1.0
    for behind, place in enumerate(order):
        least = min(least, ps[place] * len(ps) / (len(ps) - behind))
        found[place] = least
    return found


def weighted_quantiles(values: Sequence[tuple[float, int]], shares: Sequence[float]) -> list[float]:
    """The least of the values up to which at least each share of the whole weight lies; `values` are (value, weight), in any order."""
    ordered = sorted(values)
    whole, found, passed, place = sum(weight for _, weight in ordered), [], 0, 0
    for share in sorted(shares):
        while place < len(ordered) - 1 and passed + ordered[place][1] < share * whole:
            passed += ordered[place][1]
            place += 1
        found.append(ordered[place][0])
    return found

"""Which specification holds for goods: the most specific one in force (no I/O)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final, Protocol, TypeVar


class Kind(IntEnum):
    """When goods are inspected; the numbers are stored and never change."""

    INCOMING = 1
    IN_PROCESS = 2
    FINAL = 3
    PERIODIC = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """What a specification is for, or what goods are: "" is any there, and unknown here.

    `product` is a GTIN-14, `material` the company's own code of a material, `supplier` and `customer` are parties' canonical URIs,
    `step` is a business step or the name of a step of the company's own, `kind` a `Kind` or 0.
    """

    product: str = ""
    material: str = ""
    supplier: str = ""
    step: str = ""
    customer: str = ""
    kind: int = 0


# Between specifications that name equally many, the one that names the first of these wins: what was agreed with somebody goes before
# what holds for everybody, and both before what is only about a step or a kind of inspection.
PRECEDENCE: Final = ("customer", "supplier", "product", "material", "step", "kind")


class Scoped(Protocol):
    """Whatever is for a scope."""

    @property
    def scope(self) -> Scope:
        """What it is for."""
        ...


S = TypeVar("S", bound=Scoped)


def covers(scope: Scope, goods: Scope) -> bool:
    """Whether everything that the scope names is so of the goods."""
    return all(getattr(scope, one.name) in ("", 0, getattr(goods, one.name)) for one in fields(Scope))


def specificity(scope: Scope) -> tuple[int, tuple[bool, ...]]:
    """How specific a scope is: how many things it names, then which."""
    named = tuple(bool(getattr(scope, name)) for name in PRECEDENCE)
    return sum(named), named


def most_specific(candidates: Iterable[S], goods: Scope) -> S | None:
    """The one that holds for the goods; no two have the same scope, so there is never a tie."""
    return max((one for one in candidates if covers(one.scope, goods)), key=lambda one: specificity(one.scope), default=None)

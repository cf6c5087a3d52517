"""Pure decisions: what a container holds from when to when, and where its lives end (MODEL: Containment, Tanks)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import IntEnum
from typing import Final

from backend.genealogy.rules import INFINITY
from backend.units.amounts import comparable, from_base, to_base

_CLEANING: Final = re.compile(r"(?:^|[/:#-])cleaning$")


class FactKind(IntEnum):
    """What an event says of a container; at one instant they count in this order."""

    BEGIN = 1
    ADD = 2
    OBSERVE = 3
    DELETE = 4
    EMPTY = 5
    SHIP = 6
    END = 7


@dataclass(frozen=True, slots=True)
class ContainerFact:
    """One thing that one event says of one container; `content_id` is None where it concerns the container itself."""

    at: datetime
    kind: FactKind
    event_key: str
    event_id: int
    content_id: int | None = None
    quantity: Decimal | None = None
    uom: str | None = None


@dataclass(slots=True)
class Stay:
    """A content's stay in a container: from (inclusive) to (exclusive); `quantity` is None for an instance.

    A `residue` is what was taken out of a tank by name and may be in it all the same: draws take of everything (MODEL: Tanks).
    """

    content_id: int
    opened_by: int
    valid_from: datetime
    valid_to: datetime
    closed_by: int | None
    quantity: Decimal | None
    uom: str | None
    residue: bool = False


def is_cleaning(step: str | None) -> bool:
    """Whether a business step is a cleaning. CBV 2.0 knows none: it is a firm's own word, alone or at the end of a URI."""
    return step is not None and _CLEANING.search(step) is not None


def stays(facts: Iterable[ContainerFact], *, is_tank: bool = False) -> list[Stay]:
    """What lay in one container from when to when, as a function of the set of facts: their order of arrival doesn't matter.

    A container has lives: what is still inside ends when it is commissioned anew, emptied, cleaned or destroyed, and at the first
    ADD after it was shipped (an SSCC that is used again). In a tank what was taken out by name leaves a residue until then.
    """
    closed: list[Stay] = []
    inside: dict[int, list[Stay]] = {}
    residues: dict[int, Stay] = {}
    shipped = False
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.kind, fact.event_key, fact.content_id or 0)):
        if fact.kind in (FactKind.BEGIN, FactKind.END, FactKind.EMPTY) or (fact.kind is FactKind.ADD and shipped):
            closed += _ended([*(stay for own in inside.values() for stay in own), *residues.values()], fact)
            inside, residues = {}, {}
            shipped = False
        if fact.kind is FactKind.SHIP:
            shipped = True
        if fact.content_id is None:
            continue
        own = inside.setdefault(fact.content_id, [])
        if fact.kind is FactKind.DELETE:
            taken = _taken_out(own, fact)
            closed += taken
            if is_tank and taken and not own:
                residues[fact.content_id] = Stay(fact.content_id, taken[0].opened_by, fact.at, INFINITY, None, None, None, residue=True)
            continue
        if fact.content_id in residues:
            closed += _ended([residues.pop(fact.content_id)], fact)
        if not own or (fact.kind is FactKind.ADD and fact.quantity is not None):
            own.append(Stay(fact.content_id, fact.event_id, fact.at, INFINITY, None, fact.quantity, fact.uom))
    still = [stay for own in inside.values() for stay in own]
    return [stay for stay in [*closed, *still, *residues.values()] if stay.valid_from < stay.valid_to]


def _ended(open_stays: list[Stay], fact: ContainerFact) -> list[Stay]:
    for stay in open_stays:
        stay.valid_to, stay.closed_by = fact.at, fact.event_id
    return open_stays


def _taken_out(inside: list[Stay], fact: ContainerFact) -> list[Stay]:
    """End the content's stays, oldest first; ADD 100 and DELETE 40 leave a stay of 60 from then on. Units of one dimension are converted.

    Without a quantity everything of the content is taken out, in whatever units it was put in.
    """
    closed = []
    left = None if fact.quantity is None else to_base(fact.quantity, fact.uom)
    for stay in [stay for stay in inside if _concerns(fact, stay)]:
        if left is not None and left <= 0:
            break
        inside.remove(stay)
        stay.valid_to, stay.closed_by = fact.at, fact.event_id
        closed.append(stay)
        if left is None or stay.quantity is None:
            continue
        held = to_base(stay.quantity, stay.uom)
        if held > left:
            rest = from_base(held - left, stay.uom)
            inside.append(Stay(stay.content_id, stay.opened_by, fact.at, INFINITY, None, rest, stay.uom))
        left -= held
    return closed


def _concerns(fact: ContainerFact, stay: Stay) -> bool:
    """Whether what is taken out may be of this stay: how much of one without a quantity is there, only the same unit tells."""
    if fact.quantity is None:
        return True
    return stay.uom == fact.uom if stay.quantity is None else comparable(stay.uom, fact.uom)

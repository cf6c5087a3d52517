"""What the events that name a tank say of it: fills, draws, and where its lives begin and end (MODEL: containment, tanks). Pure."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from backend.balance.tanks import Basis, TankFact, TankStep
from backend.events.canonical import Action, EventType, Role
from backend.events.vocabulary import SHIPPING_STEPS
from backend.units.amounts import Sums, code_of, comparable, to_base, unit_of

# CBV 2.0 has no such business step: it is a firm's own word, as a URI.
_CLEANING: Final = re.compile(r"(?:^|[/:#-])cleaning$")


@dataclass(frozen=True, slots=True)
class Line:
    """What one event names besides the tank."""

    object_id: int
    role: Role
    quantity: Decimal | None
    uom: str | None


@dataclass(frozen=True, slots=True)
class TankEvent:
    """An event that names the tank, in `role`; `node_id` is a transformation's node."""

    event_id: int
    event_key: str
    at: datetime
    type: EventType
    action: Action | None
    step: str | None
    role: Role
    quantity: Decimal | None
    uom: str | None
    node_id: int | None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class ToldFact:
    """A fact of the tank with the event that tells it, and the quantity as told there."""

    fact: TankFact
    event: TankEvent
    content: int | None


@dataclass(frozen=True, slots=True)
class TankStory:
    """All that is told of a tank, in order. `uom` is None where the quantities can't be added, or there is none."""

    told: tuple[ToldFact, ...]
    uom: str | None
    several_units: bool


@dataclass(slots=True)
class _Draft:
    at: datetime
    step: TankStep
    event: TankEvent
    content: int | None = None
    quantity: Decimal | None = None
    uom: str | None = None
    basis: Basis = Basis.MEASURED


def story_of(tank_id: int, events: Iterable[TankEvent], lines: Mapping[int, Sequence[Line]], parts: Mapping[int, Collection[int]]) -> TankStory:
    """The story of a tank. `lines` are by event; `parts` are the events of a transformation's node, of which several may share one."""
    drafts: list[_Draft] = []
    life = _Lives()
    for event in sorted(events, key=lambda event: (event.at, _order(event), event.event_key)):
        if event.type is EventType.TRANSFORMATION:
            drafts += life.passed(_transformed(tank_id, event, lines, parts))
        else:
            drafts += life.passed(_packed(event, lines.get(event.event_id, ()), life))
    return _in_one_unit(drafts)


def _order(event: TankEvent) -> int:
    """At one instant what goes in counts before what goes out, and the end of a life last."""
    if event.type is EventType.TRANSFORMATION:
        return 2 if event.role is Role.OUTPUT else 3
    if event.role is Role.PARENT:
        return {Action.ADD: 1, Action.OBSERVE: 2}.get(event.action or Action.OBSERVE, 4)
    return 0 if event.action is Action.ADD else 5


class _Lives:
    """What the tank holds since its life began, and whether it was shipped since."""

    def __init__(self) -> None:
        self.inside: set[int] = set()
        self.shipped = False

    def passed(self, drafts: list[_Draft]) -> list[_Draft]:
        """The same drafts, noted."""
        for draft in drafts:
            if draft.step in (TankStep.BEGUN, TankStep.CLEANED):
                self.inside, self.shipped = set(), False
            elif draft.step is TankStep.FILLED and draft.content is not None:
                self.inside.add(draft.content)
        return drafts


def _packed(event: TankEvent, lines: Sequence[Line], life: _Lives) -> list[_Draft]:
    if event.role is Role.SUBJECT:
        return _of_itself(event, life)
    children = [line for line in lines if line.role is Role.CHILD]
    if event.action is Action.DELETE:
        if not children:
            return [_Draft(event.at, TankStep.CLEANED, event)]
        return [_Draft(event.at, TankStep.DRAWN, event, line.object_id, line.quantity, line.uom, _basis(line.quantity)) for line in children]
    if event.action is Action.OBSERVE:
        children = [line for line in children if line.object_id not in life.inside]
    fills = [_Draft(event.at, TankStep.FILLED, event, line.object_id, line.quantity, line.uom, _basis(line.quantity)) for line in children]
    anew = event.action is Action.ADD and life.shipped
    return [*([_Draft(event.at, TankStep.BEGUN, event)] if anew else []), *fills]


def _of_itself(event: TankEvent, life: _Lives) -> list[_Draft]:
    if event.step in SHIPPING_STEPS:
        life.shipped = True
    elif event.type is EventType.OBJECT and event.action is Action.ADD:
        return [_Draft(event.at, TankStep.BEGUN, event)]
    elif event.type is EventType.OBJECT and (event.action is Action.DELETE or _CLEANING.search(event.step or "")):
        return [_Draft(event.at, TankStep.CLEANED, event)]
    return []


def _basis(quantity: Decimal | None) -> Basis:
    return Basis.NOT_TOLD if quantity is None else Basis.MEASURED


def _transformed(tank_id: int, event: TankEvent, lines: Mapping[int, Sequence[Line]], parts: Mapping[int, Collection[int]]) -> list[_Draft]:
    step = TankStep.FILLED if event.role is Role.OUTPUT else TankStep.DRAWN
    content = event.node_id if step is TankStep.FILLED else None
    if event.quantity is not None:
        return [_Draft(event.at, step, event, content, event.quantity, event.uom)]
    of_node = [line for part in parts.get(event.node_id or 0, (event.event_id,)) for line in lines.get(part, ())]
    found = _allocated(tank_id, event.role, of_node)
    if found is None:
        return [_Draft(event.at, step, event, content, basis=Basis.NOT_TOLD)]
    return [_Draft(event.at, step, event, content, found[0], found[1], Basis.ALLOCATED)]


def _allocated(tank_id: int, role: Role, lines: Sequence[Line]) -> tuple[Decimal, str] | None:
    """What the tank gave or took, as the difference of the other side and of its own side, as if nothing were lost.

    Only where every other line is told, all in one dimension, and the tank is named once: anything else would be a guess.
    """
    others = [line for line in lines if line.role in (Role.INPUT, Role.OUTPUT) and line.object_id != tank_id]
    named = sum(line.object_id == tank_id and line.role in (Role.INPUT, Role.OUTPUT) for line in lines)
    if named != 1 or not any(line.role is not role for line in others) or any(line.quantity is None for line in others):
        return None
    sums, accounts = Sums(), {unit_of(line.uom).account for line in others}
    for line in others:
        sums.add(line.quantity * (-1 if line.role is role else 1) if line.quantity is not None else Decimal(0), line.uom)
    if len(accounts) != 1:
        return None
    [amount] = sums.amounts()
    return (amount.quantity, amount.uom) if amount.quantity > 0 else None


def _in_one_unit(drafts: Sequence[_Draft]) -> TankStory:
    """The facts with quantities in the base of the tank's dimension. Where fills are told in litres and draws in kilograms, none is told."""
    codes: dict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        # What is measured decides; an allocation in another unit is no reason to tell nothing.
        if draft.quantity is not None and draft.basis is Basis.MEASURED:
            codes[unit_of(draft.uom).account].add(unit_of(draft.uom).code)
    if not codes:
        for draft in drafts:
            if draft.quantity is not None:
                codes[unit_of(draft.uom).account].add(unit_of(draft.uom).code)
    account = next(iter(codes)) if len(codes) == 1 else None
    uom = code_of(account, codes[account]) if account is not None else None
    told = [_told(number, draft, uom) for number, draft in enumerate(drafts, start=1)]
    return TankStory(tuple(told), uom, len(codes) > 1)


def _told(number: int, draft: _Draft, uom: str | None) -> ToldFact:
    quantity: Fraction | None = None
    if draft.quantity is not None and uom is not None and comparable(draft.uom, uom):
        quantity = to_base(draft.quantity, draft.uom)
    basis = draft.basis if quantity is not None else Basis.NOT_TOLD
    return ToldFact(TankFact(draft.at, draft.step, number, draft.content, quantity, basis), draft.event, draft.content)

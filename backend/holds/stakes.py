"""What an event does with goods that it may not do while they are held. No I/O."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from backend.events.canonical import Action, CanonicalEvent, EventType, Role
from backend.events.vocabulary import SHIPPING_STEPS
from backend.identifiers import Identifier, ObjectKind

# Steps and dispositions by which goods get to the consumer (CBV 2.0 §7.1.3, §7.2.3).
SELLING_STEPS: Final = frozenset({"retail_selling", "dispensing"})
SOLD: Final = frozenset({"retail_sold", "dispensed", "partially_dispensed"})
# Putting held goods aside is what a hold wants.
PUTTING_ASIDE: Final = frozenset({"holding"})


class Act(StrEnum):
    """What is done with goods; part of the kinds of alerts, and never changed."""

    SHIPPED = "shipped"
    CONSUMED = "consumed"
    PACKED = "packed"
    SOLD = "sold"


def act_of(event: CanonicalEvent) -> Act | None:
    """The act of an event that may not be done with held goods; None for what changes nothing for them, or takes them apart or aside."""
    if event.biz_step in SHIPPING_STEPS:
        return Act.SHIPPED
    if event.type is EventType.TRANSFORMATION:
        return Act.CONSUMED
    if event.biz_step in SELLING_STEPS or event.disposition in SOLD:
        return Act.SOLD
    if event.type is EventType.AGGREGATION and event.action is Action.ADD and event.biz_step not in PUTTING_ASIDE:
        return Act.PACKED
    return None


def at_stake(event: CanonicalEvent) -> list[Identifier]:
    """The goods with which the event does its act."""
    act = act_of(event)
    roles = {
        Act.SHIPPED: (Role.SUBJECT, Role.PARENT, Role.CHILD),
        Act.CONSUMED: (Role.INPUT,),
        Act.PACKED: (Role.CHILD,),
        Act.SOLD: (Role.SUBJECT, Role.PARENT, Role.CHILD),
    }
    if act is None:
        return []
    # Of a product without its lot nothing is known that could be held.
    return [part.identifier for part in event.participations if part.role in roles[act] and part.identifier.kind is not ObjectKind.PRODUCT_CLASS]


def done_with_goods(events: Iterable[CanonicalEvent]) -> list[Identifier]:
    """What all these events do an act with, but for shipments: whose goods those are, and what they carry, shipments know."""
    return [identifier for event in events if act_of(event) is not Act.SHIPPED for identifier in at_stake(event)]

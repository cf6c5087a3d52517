"""The words of a trace under the names that GraphQL gives them. Whoever uses one in a field imports it from here, so that it is named in time."""

from typing import Final

import strawberry

from backend.balance.enums import Basis, TankPolicy
from backend.genealogy.rules import LinkKind
from backend.trace.rules import Direction, Doubt

__all__ = ["Basis", "Direction", "Doubt", "LinkKind", "TankPolicy"]

_NAMED: Final = (
    strawberry.enum(Direction, name="TraceDirection", description="Which way a trace looks from its object."),
    strawberry.enum(LinkKind, description="Why one node leads to another."),
    strawberry.enum(Doubt, name="LinkDoubt", description="Why a link, or the way to an object, is possible and not certain."),
)

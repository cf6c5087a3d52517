"""What draws from tanks took, as a trace tells it by the policy that was chosen."""

from datetime import datetime
from decimal import Decimal

import strawberry

from backend.genealogy.rules import Certainty
from backend.graphql.directives import ListSize
from backend.objects.types import TraceableObject
from backend.trace import tanks


@strawberry.type(description="How much of one content a draw took, by the policy.")
class TraceTankShare:
    """`content` is a lot or unit that was filled in, or the transformation that filled. `quantity` is null where it can't be told."""

    content: TraceableObject
    quantity: Decimal | None
    certainty: Certainty


@strawberry.type(description="What a transformation of the trace took from a tank.")
class TraceTankDraw:
    """`byPolicy` is false where a quantity that the policy needs isn't told: then everything since the cleaning is possible."""

    tank: TraceableObject
    node: TraceableObject
    at: datetime
    quantity: Decimal | None
    uom: str
    by_policy: bool
    shares: list[TraceTankShare] = strawberry.field(directives=(ListSize(assumed_size=10),))

    @classmethod
    def of(cls, draw: tanks.Draw) -> "TraceTankDraw":
        """From the service's."""
        return cls(
            tank=TraceableObject.of(draw.tank, draw.at), node=TraceableObject.of(draw.node, draw.at), at=draw.at, quantity=draw.quantity,
            uom=draw.uom, by_policy=draw.by_policy,
            shares=[
                TraceTankShare(content=TraceableObject.of(one.thing, draw.at), quantity=one.quantity, certainty=one.certainty)
                for one in draw.shares
            ],
        )  # fmt: skip

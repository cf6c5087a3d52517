"""What customers received of a recall's goods, as GraphQL shows it."""

from datetime import datetime
from decimal import Decimal

import strawberry

from backend.catalog.types import Partner, load_partner
from backend.genealogy.rules import Certainty
from backend.graphql.context import Info
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.objects.service import TraceableObject as Stored
from backend.objects.types import TraceableObject
from backend.recall_scope import answer


@strawberry.type(description="What a customer received of one object, in one unit of measure.")
class RecallCustomerGoods:
    """`documents` are the delivery notes that the shipments name."""

    object: TraceableObject
    quantity: Decimal
    uom: str
    certainty: Certainty
    shipment_count: int
    first_shipped_at: datetime
    last_shipped_at: datetime
    documents: list[str] = strawberry.field(directives=(ListSize(assumed_size=5),))

    @classmethod
    def of(cls, one: answer.CustomerLot) -> "RecallCustomerGoods":
        """From the service's."""
        thing = Stored(one.object_id, one.kind, one.key, one.gtin, one.code)
        return cls(
            object=TraceableObject.of(thing, one.first_shipped_at), quantity=one.quantity, uom=one.uom, certainty=one.certainty,
            shipment_count=len(one.shipment_ids), first_shipped_at=one.first_shipped_at, last_shipped_at=one.last_shipped_at,
            documents=list(one.documents),
        )  # fmt: skip


@strawberry.type(description="A customer who received affected goods.")
class RecallCustomer:
    """`party` is null for shipments that name nobody. `goods` are at most 100 of `goodsCount`."""

    party: str | None
    shipment_count: int
    goods_count: int
    goods: list[RecallCustomerGoods] = strawberry.field(directives=(ListSize(assumed_size=10),))

    @classmethod
    def of(cls, one: answer.CustomerPart) -> "RecallCustomer":
        """From the service's."""
        return cls(
            party=one.party, shipment_count=one.shipments, goods_count=len(one.lots), goods=[RecallCustomerGoods.of(lot) for lot in one.lots[:100]]
        )

    @field(description="The catalogue's entry for the customer.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)

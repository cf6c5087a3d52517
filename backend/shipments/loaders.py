"""Shipments and what they carry, a whole batch in one statement."""

from backend.graphql.context import Context
from backend.shipments.query_service import CarriedLot, lots_carried


async def lots(context: Context, shipment_ids: list[int]) -> list[list[CarriedLot]]:
    """What each shipment carries."""
    async with context.reading() as tx:
        found = await lots_carried(tx, shipment_ids)
    return [found.get(shipment_id, []) for shipment_id in shipment_ids]

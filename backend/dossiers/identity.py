"""Who a lot is: its product as it was called then, its numbers and dates, from its own events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.catalog import service as catalog
from backend.catalog.languages import name_in
from backend.catalog.service import Product
from backend.catalog.sites import Sites
from backend.catalog.versions import names_then
from backend.documents.stamp import moment
from backend.documents.work import Work
from backend.dossiers import repository
from backend.events.lookup_service import events_by_ids
from backend.history.rules import read_body
from backend.identifiers import ObjectKind
from backend.objects.service import TraceableObject
from infra.database import TenantTransaction

# Dates are told where goods are made, and early.
EVENTS: Final = 30


@dataclass(frozen=True, slots=True)
class Identity:
    """`title` is product and number; `rows` what is told of it; `product` is None for what the catalogue doesn't know."""

    title: str
    rows: Sequence[tuple[str, str]]
    product: Product | None
    made_at: datetime | None


async def identity_of(tx: TenantTransaction, work: Work, thing: TraceableObject, sites: Sites | None) -> Identity:
    """Of a lot or unit, as far as events at the sites tell it."""
    product = (await catalog.products_by_gtin(tx, [thing.gtin])).get(thing.gtin) if thing.gtin else None
    rows_of_events = await repository.events_of(tx, thing.object_id, sites, behind=None, limit=EVENTS)
    in_force = [row for row in rows_of_events if not row["superseded"] and not row["declaration"]]
    bodies = await events_by_ids(tx, [row["event_id"] for row in in_force], sites)
    words = [said for row in in_force if row["event_id"] in bodies and (said := read_body(bodies[row["event_id"]].body_json)).tells_of(thing.code)]
    made_at = in_force[0]["event_time"] if in_force else None
    names = product.names if product else {}
    if product and made_at:
        names = (await names_then(tx, Product, [product.gtin])).of(product.gtin, made_at, product.names)
    name = name_in(names, "zh" if work.is_chinese else "en") if names else ""
    number = work.pick("序列号", "Serial") if thing.kind is ObjectKind.UNIT else work.pick("批号", "Lot")
    rows = [
        (work.pick("产品", "Product"), name or thing.gtin or "–"),
        ("GTIN", thing.gtin or "–"),
        (number, thing.code),
        (work.pick("标识", "Identifier"), thing.uri),
        (work.pick("首次记录", "First recorded"), moment(work, made_at)),
        (work.pick("生产日期", "Made on"), next((str(said.produced_on) for said in words if said.produced_on), "–")),
    ]
    until = [(work.pick("有效期至", "Use by"), next((said.expires_on for said in words if said.expires_on), None)),
             (work.pick("此日期前最佳", "Best before"), next((said.best_before for said in words if said.best_before), None))]  # fmt: skip
    rows += [(label, str(day)) for label, day in until if day]
    title = f"{name or thing.gtin or ''} · {number} {thing.code}".strip(" ·")
    return Identity(title, rows, product, made_at)

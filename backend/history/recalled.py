"""What pages say of recalls: which ones reach which goods, from what was published of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from backend.history import recall_repository, repository
from backend.history.document import Recalled, decode, encode
from backend.history.recall_repository import Goods
from infra.database import TenantTransaction

# Of several recalls of the same goods a page tells the newest.
MOST: Final = 20


async def of_objects(tx: TenantTransaction, objects: Collection[int]) -> Mapping[int, tuple[Recalled, ...]]:
    """By object: the recalls that name it."""
    found: dict[int, list[Recalled]] = defaultdict(list)
    for row in await recall_repository.of_objects(tx, objects) if objects else ():
        found[row["object_id"]].append(Recalled(str(row["case_id"]), row["possible"], row["partly"]))
    return {each: tuple(recalls[-MOST:]) for each, recalls in found.items()}


async def of_products(tx: TenantTransaction, gtins: Collection[str]) -> Mapping[str, tuple[Recalled, ...]]:
    """By product: the recalls of its lots, with the first lots' numbers."""
    found: dict[str, list[Recalled]] = defaultdict(list)
    for row in await recall_repository.of_products(tx, gtins) if gtins else ():
        listed = tuple(row["numbers"])
        found[row["gtin"]].append(Recalled(str(row["case_id"]), lots=listed, more=max(0, row["lots"] - len(listed))))
    return {each: tuple(recalls[-MOST:]) for each, recalls in found.items()}


async def tell_on_pages(tx: TenantTransaction, goods: Sequence[Goods], product_key_of: Mapping[str, str]) -> None:
    """Put what recalls reach these goods, and the products that they are of, on the pages that stand already; no page is made here."""
    by_key = {each.key: each.object_id for each in goods}
    recalls = await of_objects(tx, set(by_key.values()))
    of_product = await of_products(tx, product_key_of)
    by_page = {key: recalls.get(object_id, ()) for key, object_id in by_key.items()}
    by_page |= {key: of_product.get(gtin, ()) for gtin, key in product_key_of.items()}
    changed = [
        (row["key"], row["lot_key"], encode(replace(history, recalls=by_page[row["key"]])))
        for row in await recall_repository.pages(tx, by_page)
        if (history := decode(row["document"])).recalls != by_page[row["key"]]
    ]
    if changed:
        await repository.put(tx, changed)


async def reached(tx: TenantTransaction, case_id: UUID, *, keys: Collection[str], gtins: Collection[str]) -> set[str]:
    """Those of the goods' keys and products' GTINs that a published recall reaches."""
    return await recall_repository.named(tx, case_id, keys, gtins) if keys or gtins else set()


async def of_key(tx: TenantTransaction, key: str) -> tuple[Recalled, ...]:
    """The recalls that reach the lot or unit of a key."""
    rows = await recall_repository.of_key(tx, key)
    return tuple(Recalled(str(row["case_id"]), row["possible"], row["partly"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Publication:
    """How far a recall's publication is; `done_at` is None while goods of the version are still to come."""

    version: int
    begun_at: datetime
    done_at: datetime | None
    products: int
    lots: int
    units: int


async def publication_of(tx: TenantTransaction, case_id: UUID) -> Publication | None:
    """None for a case that was never published."""
    row, totals = await recall_repository.publication(tx, case_id), await recall_repository.totals(tx, case_id)
    if row is None or totals is None:
        return None
    return Publication(row["version"], row["begun_at"], row["done_at"], int(totals["products"]), int(totals["lots"]), int(totals["units"]))

"""Find and make traceable objects."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.catalog import service as catalog
from backend.catalog.sites import Sites
from backend.identifiers import Identifier, ObjectKind, parse_identifier
from backend.identifiers.errors import InvalidIdentifierError
from backend.objects import repository
from backend.objects.errors import AmbiguousCodeError, ObjectNotFoundError, Suggestion
from infra.database import Record, TenantTransaction

ObjectIds = Mapping[str, int]
ReadOn = Callable[[UUID | None, int], Awaitable[list[Record]]]
FIRST_STEP: Final = 500
MOST_IN_A_STEP: Final = 2_000


@dataclass(frozen=True, slots=True)
class TraceableObject:
    """One object as it is stored; `code` is its lot number, serial or other variable part."""

    object_id: int
    kind: ObjectKind
    key: str
    gtin: str | None
    code: str

    @classmethod
    def from_row(cls, row: Record) -> "TraceableObject":
        """From a row of the table."""
        return cls(row["object_id"], ObjectKind(row["kind"]), row["key"], row["gtin"], row["code"])

    @property
    def uri(self) -> str:
        """The canonical URI."""
        return Identifier(self.kind, self.key, self.key).uri


def code_of(identifier: Identifier) -> str:
    """What people call the object: the serial of a unit, the lot number of a lot, else the last part of its key."""
    if identifier.kind is ObjectKind.UNIT and identifier.serial:
        return identifier.serial
    if identifier.kind is ObjectKind.LOT and identifier.lot:
        return identifier.lot
    return identifier.key.rsplit("/", 1)[-1] if identifier.is_gs1 else identifier.key


async def resolve(tx: TenantTransaction, identifiers: Iterable[Identifier]) -> ObjectIds:
    """The ids of all identifiers, making the tenant's own objects for those it has not met."""
    by_key = {identifier.key: identifier for identifier in identifiers}
    ids = await repository.ids_by_key(tx, by_key)
    missing = [by_key[key] for key in sorted(by_key.keys() - ids.keys())]
    if missing:
        await repository.insert_missing(
            tx, [int(i.kind) for i in missing], [i.key for i in missing], [i.gtin for i in missing], [code_of(i) for i in missing]
        )
        ids |= await repository.ids_by_key(tx, [identifier.key for identifier in missing])
    return ids


async def load(tx: TenantTransaction, ids: Collection[int]) -> dict[int, TraceableObject]:
    """Objects by id."""
    return {row["object_id"]: TraceableObject.from_row(row) for row in await repository.by_ids(tx, ids)} if ids else {}


async def met_at(tx: TenantTransaction, ids: Collection[int], sites: Sites | None) -> set[int]:
    """Those of these objects that an event in force at the sites names, or their lot, or a unit of theirs; all for None."""
    return await repository.met_at(tx, ids, sites) if sites is not None and ids else set(ids)


async def first_met(tx: TenantTransaction, read: ReadOn, *, cursor: UUID | None, limit: int, sites: Sites) -> list[Record]:
    """The first rows about objects that the sites meet. `read` gives so many rows behind a cursor, with `cursor` and `object_id`.

    It is read on in growing steps: a page that fills soon costs little, and one for whom there is nothing few statements.
    """
    found: list[Record] = []
    step = max(limit, FIRST_STEP)
    while True:
        rows = await read(cursor, step)
        met = await met_at(tx, {row["object_id"] for row in rows if row["object_id"] is not None}, sites)
        found += [row for row in rows if row["object_id"] in met]
        if len(found) >= limit or len(rows) < step:
            return found[:limit]
        cursor, step = rows[-1]["cursor"], min(4 * step, MOST_IN_A_STEP)


async def find(tx: TenantTransaction, text: str, sites: Sites | None = None) -> TraceableObject:
    """The object that a person or program means: any identifier form, or else a bare lot number, serial or SSCC that is unique here.

    With `sites` only what they meet is there. Raises `ObjectNotFoundError` with what may be meant instead, and `AmbiguousCodeError`
    where a bare code fits several objects (the full identifier then decides).
    """
    from backend.objects import nearest  # noqa: PLC0415 - it needs this module

    cleaned = text.strip()
    try:
        row = await repository.by_key(tx, parse_identifier(cleaned).key, sites)
    except InvalidIdentifierError:
        row = None
    if row is not None:
        return TraceableObject.from_row(row)
    fitting = [TraceableObject.from_row(row) for row in await repository.by_codes(tx, [cleaned], nearest.MOST_CANDIDATES, sites)]
    if len(fitting) > 1:
        raise AmbiguousCodeError(cleaned[:200], await _told(tx, fitting))
    if not fitting:
        raise ObjectNotFoundError(cleaned[:200], await _told(tx, await nearest.nearest(tx, cleaned, sites)))
    return fitting[0]


async def find_key(tx: TenantTransaction, key: str, sites: Sites | None = None) -> TraceableObject | None:
    """The object with exactly this canonical key, if the sites meet it."""
    row = await repository.by_key(tx, key, sites)
    return TraceableObject.from_row(row) if row is not None else None


async def find_keys(tx: TenantTransaction, keys: Collection[str], sites: Sites | None = None) -> dict[str, TraceableObject]:
    """The objects with exactly these canonical keys, as far as there are any that the sites meet."""
    return {row["key"]: TraceableObject.from_row(row) for row in await repository.by_keys(tx, keys, sites)} if keys else {}


async def _told(tx: TenantTransaction, things: Sequence[TraceableObject]) -> list[Suggestion]:
    products = await catalog.products_by_gtin(tx, {thing.gtin for thing in things if thing.gtin})
    names = {gtin: dict(product.names) for gtin, product in products.items()}
    return [{"kind": thing.kind.name, "key": thing.key, "names": names.get(thing.gtin or "", {})} for thing in things]

"""Freezing a scope: as it was announced it stays, with a digest by which anybody who has the list can tell that it is the whole list.

The digest is SHA-256 over the sorted SHA-256 of its lines; each line is canonical JSON (RFC 8785): the head (`["scope", case, version,
known at, sources, bounds]`), one for each item (`["item", role, key, certainty, doubts, root, units, quantities]`) and one for each
object, shipment and unit of measure that went to somebody (`["shipped", party, key, shipment, quantity, uom, certainty]`). Units under a lot
are told by their number: which they were, `units` reads from what was known then.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from backend.alerts import service as alerts
from backend.events import moments
from backend.events.canonical_json import canonical_json
from backend.genealogy.rules import Certainty
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.recall_scope import freezing_repository, reach_repository, repository, telling
from backend.recall_scope.answer import Affected, Amount, FrozenScope, Role, ScopeCounts
from backend.recall_scope.computing import Carried, Within, counts_of, reach_within, suspects_of
from backend.recall_scope.errors import NotFrozenError, UnknownScopeError
from backend.recall_scope.reaching import parts_of
from backend.recall_scope.sources import Bounds, Source
from backend.recall_scope.stored import frozen_of, item_of, plain, read_bounds, read_sources, write_amounts, write_counts, write_places
from backend.recall_scope.telling import came_of
from backend.trace.answer import ReachedShipment
from infra import clock
from infra.database import TenantTransaction
from infra.outbox import enqueue
from tenants.principal import Principal

LOOK: Final = "recall.look"
ALERT: Final = "recall_grown"
ROWS_AT_ONCE: Final = 2_000
# Where each of so many of the nearest goods was is frozen with them; of the others how much there was, and to whom it went.
MOST_PLACED: Final = 20_000
_Row = tuple[Any, ...]


def alert_key(case_id: UUID) -> str:
    """By which a case's alert is one, however often its scope grows until the next version."""
    return f"{ALERT}:{case_id}"


@dataclass(slots=True)
class _Writer:
    """Writes the rows of one version in parts, and keeps what the digest is made of: 32 bytes a line."""

    tx: TenantTransaction
    case_id: UUID
    version: int
    hashes: list[bytes] = field(default_factory=list)
    position: int = 0

    def line(self, *told: Any) -> None:
        self.hashes.append(hashlib.sha256(canonical_json(list(told))).digest())

    def digest(self) -> str:
        return hashlib.sha256(b"".join(sorted(self.hashes))).hexdigest()

    async def items(self, rows: Iterable[tuple[TraceableObject, Role, Affected]]) -> None:
        for part in parts_of(rows, ROWS_AT_ONCE):
            written: list[_Row] = []
            for thing, role, one in part:
                self.position += 1
                doubts = [doubt.value for doubt in one.doubts]
                amounts = [[plain(amount.quantity), amount.uom] for amount in one.quantities]
                self.line("item", int(role), thing.key, int(one.certainty), doubts, one.root, one.units, amounts)
                written.append((
                    self.position, thing.object_id, thing.key, int(thing.kind), thing.gtin, thing.code, int(role), int(one.certainty),
                    " ".join(doubts), one.steps, one.root, one.units, write_amounts(one.quantities), write_places(one.places),
                ))  # fmt: skip
            await freezing_repository.add_items(self.tx, self.case_id, self.version, written)

    async def shipped(self, shipments: Sequence[ReachedShipment]) -> None:
        rows: list[_Row] = []
        for one in shipments:
            shipment = one.shipment
            for lot in one.lots:
                thing, party = lot.lot, shipment.to_party or ""
                self.line("shipped", party, thing.key, str(shipment.public_id), plain(lot.quantity), lot.uom, int(lot.certainty))
                rows.append((
                    party, thing.object_id, shipment.shipment_id, lot.uom, thing.key, int(thing.kind), thing.gtin, thing.code, lot.quantity,
                    int(lot.certainty), shipment.public_id, shipment.shipped_at, shipment.from_place, shipment.document,
                ))  # fmt: skip
        for part in parts_of(rows, ROWS_AT_ONCE):
            await freezing_repository.add_shipped(self.tx, self.case_id, self.version, part)


async def freeze(tx: TenantTransaction, case_id: UUID, *, signature_id: UUID | None, principal: Principal | None) -> FrozenScope:
    """Write the case's scope as it is now as its next version: all of it, whatever its size. Raises `UnknownScopeError`, `ScopeTooLargeError`.

    The caller has checked who signed what. What is captured meanwhile is told by the watcher, which looks once after the commit.
    """
    await repository.lock_case(tx, case_id)
    question = await repository.question(tx, case_id)
    if question is None:
        raise UnknownScopeError
    version = await freezing_repository.last_version(tx, case_id) + 1
    sources, bounds = read_sources(question["sources"]), read_bounds(question["bounds"])
    known_at, at = await moments.last(tx) or clock.now(), clock.now()
    writer = _Writer(tx, case_id, version)
    writer.line("scope", str(case_id), version, clock.isoformat(known_at), [one.declared() for one in sources], bounds.declared())
    counts = await _write(writer, sources, bounds)
    await freezing_repository.add_version(
        tx, case_id, version, revision=question["revision"], at=at, by=principal.actor_id if principal else None, signature_id=signature_id,
        known_at=known_at, digest=writer.digest(), counts=write_counts(counts),
    )  # fmt: skip
    await repository.start_watch(tx, case_id)
    await alerts.reset_alert(tx, dedupe_key=alert_key(case_id), reason=f"Frozen anew as version {version}.")
    await enqueue(tx, LOOK, [{"case_id": str(case_id)}])
    return await frozen(tx, case_id, version)


async def _write(writer: _Writer, sources: Sequence[Source], bounds: Bounds) -> ScopeCounts:
    tx = writer.tx
    within = await reach_within(tx, sources, bounds)
    carried = Carried(bounds.include_possible)
    for ids in await telling.chunks(tx, within.goods[:MOST_PLACED]):
        chunk = await telling.chunk_of(tx, within.reached, ids)
        await writer.shipped(carried.add(chunk.shipments))
        await writer.items((one.thing, Role.AFFECTED, one) for one in await telling.told(tx, chunk))
        carried.forget()
    for part in parts_of(within.goods[MOST_PLACED:]):
        await writer.items((one.thing, Role.AFFECTED, one) for one in await _briefly(tx, within, part))
    for part in parts_of([*within.goods[MOST_PLACED:], *within.others]):
        things = await objects.load(tx, part)
        await writer.shipped(carried.add(await telling.shipments_of(tx, within.reached, part, things)))
        carried.forget()
    beside = await telling.co_packed(tx, within.reached, within.goods)
    await writer.items((one.thing, Role.CO_PACKED, _bare(one.thing, (Amount(one.quantity, one.uom),))) for one in beside)
    suspects, number = await suspects_of(tx, sources, within.reached)
    await writer.items(
        (one.thing, Role.INPUT, Affected(one.thing, one.certainty, one.doubts, one.steps, False, 0, False, (), ())) for one in suspects
    )
    for part in parts_of(sorted(within.reached.seeds.ids), 10 * ROWS_AT_ONCE):
        await freezing_repository.add_seeds(tx, writer.case_id, writer.version, part)
    return counts_of(within, carried, suspects=number, co_packed=len(beside))


async def _briefly(tx: TenantTransaction, within: Within, ids: Sequence[int]) -> list[Affected]:
    """Goods without their whereabouts."""
    reach, things = within.reached.reach, await objects.load(tx, ids)
    units, amounts = await reach_repository.unit_counts(tx, ids), await came_of(tx, ids)
    return [
        Affected(
            things[each], reach.certainty(each), reach.doubts(each), reach.distance(each), each in within.reached.seeds.themselves,
            units.get(each, 0), False, amounts.get(each, ()), (),
        )
        for each in ids
    ]  # fmt: skip


def _bare(thing: TraceableObject, amounts: tuple[Amount, ...]) -> Affected:
    return Affected(thing, Certainty.POSSIBLE, (), 0, False, 0, False, amounts, ())


async def frozen(tx: TenantTransaction, case_id: UUID, version: int | None = None) -> FrozenScope:
    """A frozen scope, the last one by default. Raises `NotFrozenError`."""
    row = await freezing_repository.version_of(tx, case_id, version)
    if row is None:
        raise NotFrozenError
    return frozen_of(row)


async def digest_of_rows(tx: TenantTransaction, scope: FrozenScope) -> str:
    """The digest made anew from the rows of a frozen scope: equal to its own unless somebody changed them."""
    writer = _Writer(tx, scope.case_id, scope.version)
    writer.line(
        "scope",
        str(scope.case_id),
        scope.version,
        clock.isoformat(scope.known_at),
        [one.declared() for one in scope.sources],
        scope.bounds.declared(),
    )
    await _read_items(writer)
    after: tuple[str, int, int, str] | None = None
    while rows := await freezing_repository.shipped_rows(tx, scope.case_id, scope.version, after, ROWS_AT_ONCE):
        for row in rows:
            writer.line("shipped", row["party"], row["key"], str(row["shipment"]), plain(row["quantity"]), row["uom"], row["certainty"])
        after = (rows[-1]["party"], rows[-1]["object_id"], rows[-1]["shipment_id"], rows[-1]["uom"])
    return writer.digest()


async def _read_items(writer: _Writer) -> None:
    position = 0
    while rows := await freezing_repository.items(
        writer.tx, writer.case_id, writer.version, cursor=position, backward=False, limit=ROWS_AT_ONCE, role=None
    ):
        for one in map(item_of, rows):
            amounts = [[plain(amount.quantity), amount.uom] for amount in one.quantities]
            writer.line("item", int(one.role), one.key, int(one.certainty), [doubt.value for doubt in one.doubts], one.root, one.units, amounts)
        position = rows[-1]["position"]

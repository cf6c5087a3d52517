"""Recalls' scopes as other features use them: what a case suspects, what that reaches, what was frozen, and what came since.

A case is only its id here; whoever may act on it, and in which state, its own feature decides.
"""

from collections.abc import Sequence
from uuid import UUID

from backend.genealogy.rules import Certainty
from backend.holds.scopes import Scope
from backend.identifiers import STEPS_OF_GENEALOGY, ObjectKind
from backend.recall_scope import customers as reading
from backend.recall_scope import freezing_repository, repository, resolving, watching
from backend.recall_scope.answer import (
    Addition,
    AdditionKind,
    Affected,
    Amount,
    Balance,
    CoPacked,
    CustomerLot,
    CustomerPart,
    FrozenScope,
    Item,
    RecallScope,
    Role,
    ScopeCounts,
    ScopeState,
    ScopeTotal,
    Suspect,
    Whereabouts,
)
from backend.recall_scope.computing import compute, reach_within, scope_of, shipments_within
from backend.recall_scope.errors import NotFrozenError, UnknownScopeError
from backend.recall_scope.freezing import digest_of_rows, freeze, frozen
from backend.recall_scope.reaching import backward, kinds_of
from backend.recall_scope.sources import NO_BOUNDS, Bounds, Source, SourceKind, digest_of
from backend.recall_scope.stored import item_of, read_bounds, read_sources, write_bounds, write_sources
from backend.recall_scope.watching import GROWN, Watch
from infra import clock
from infra.database import TenantTransaction
from tenants.principal import Principal

__all__ = [
    "GROWN", "NO_BOUNDS", "Addition", "AdditionKind", "Affected", "Amount", "Balance", "Bounds", "CoPacked", "CustomerLot", "CustomerPart",
    "FrozenScope", "Item", "RecallScope", "Role", "ScopeCounts", "ScopeState", "ScopeTotal", "Source", "SourceKind", "Suspect", "Watch",
    "Whereabouts", "additions", "compute", "customers", "digest_of_rows", "freeze", "frozen", "hold_scopes", "items", "of_case", "put_sources",
    "question_of", "reached_ids", "sources_of", "units_of_item", "watch",
]  # fmt: skip


async def put_sources(
    tx: TenantTransaction,
    case_id: UUID,
    sources: Sequence[Source],
    bounds: Bounds = NO_BOUNDS,
    *,
    principal: Principal | None = None,
    drill: bool = False,
) -> int:
    """What a case suspects from now on, and within which bounds; the revision's number. The same again writes nothing.

    References are kept as the goods behind them as they are now. With `drill` nothing that the watcher finds is alerted. Raises what
    `resolving.settled` raises.
    """
    await repository.lock_case(tx, case_id)
    sources, bounds = await resolving.settled(tx, sources, bounds)
    known, digest = await repository.question(tx, case_id), digest_of(sources, bounds)
    if known is not None and known["digest"] == digest:
        return int(known["revision"])
    revision = known["revision"] + 1 if known is not None else 1
    by = principal.actor_id if principal else None
    await repository.add_question(
        tx, case_id, revision, sources=write_sources(sources), bounds=write_bounds(bounds), digest=digest, at=clock.now(), by=by
    )
    if known is None:
        await repository.put_watch(tx, case_id, state=int(Watch.OFF), drill=drill)
    return revision


async def question_of(tx: TenantTransaction, case_id: UUID) -> tuple[tuple[Source, ...], Bounds]:
    """What a case suspects, and its bounds. Raises `UnknownScopeError`."""
    row = await repository.question(tx, case_id)
    if row is None:
        raise UnknownScopeError
    return read_sources(row["sources"]), read_bounds(row["bounds"])


async def sources_of(tx: TenantTransaction, case_id: UUID) -> tuple[Source, ...]:
    """What a case suspects. Raises `UnknownScopeError`."""
    return (await question_of(tx, case_id))[0]


async def of_case(tx: TenantTransaction, case_id: UUID, bounds: Bounds | None = None) -> RecallScope:
    """The scope of a case as it is now, within its own bounds or others. Raises `UnknownScopeError`, `ScopeTooLargeError`."""
    sources, own = await question_of(tx, case_id)
    if bounds is None:
        return await scope_of(tx, sources, own)
    return await scope_of(tx, *await resolving.settled(tx, sources, bounds))


async def hold_scopes(tx: TenantTransaction, case_id: UUID) -> list[Scope]:
    """On what holds are to be placed so that all that the case may reach is held, now and later; see `resolving.hold_scopes`."""
    return await resolving.hold_scopes(tx, await sources_of(tx, case_id))


async def watch(tx: TenantTransaction, case_id: UUID, state: Watch) -> None:
    """From when on late events are looked at for the case: RUNNING from announcing, CLOSED from closing, OFF when it was dismissed."""
    await repository.put_watch(tx, case_id, state=int(state), drill=None)


async def items(
    tx: TenantTransaction, case_id: UUID, version: int | None = None, *, after: int = 0, limit: int = 1_000, role: Role | None = None
) -> list[Item]:
    """Objects of a frozen scope (the last one by default) from behind a position: affected ones by nearness, co-packed ones, inputs.

    Raises `NotFrozenError`.
    """
    number = version or (await frozen(tx, case_id)).version
    rows = await freezing_repository.items(
        tx, case_id, number, cursor=after, backward=False, limit=limit, role=int(role) if role is not None else None
    )
    if not rows and version is not None:
        await frozen(tx, case_id, version)
    return [item_of(row) for row in rows]


async def units_of_item(tx: TenantTransaction, scope: FrozenScope, item: Item, *, after: str = "", limit: int = 1_000) -> list[tuple[str, Certainty]]:
    """The units under a lot of a frozen scope as was known then, by key: (key, how sure it is that it is affected).

    A unit for which another lot is told too is only possible.
    """
    if item.kind is not ObjectKind.LOT:
        return []
    rows = await freezing_repository.units(tx, item.object_id, scope.known_at, after=after, limit=limit)
    return [(row["key"], item.certainty if len(row["lots"]) == 1 else Certainty.POSSIBLE) for row in rows]


async def customers(
    tx: TenantTransaction, case_id: UUID, version: int | None = None, *, after: str | None = None, limit: int | None = None
) -> list[CustomerPart]:
    """What each customer received, by name, from behind one: of that version, of the last one, or of the scope as it is now before any.

    Raises `NotFrozenError` for a version that isn't there, `UnknownScopeError`.
    """
    try:
        return await reading.of_version(tx, case_id, version, after=after, limit=limit)
    except NotFrozenError:
        if version is not None:
            raise
    found = reading.of_shipments(await shipments_within(tx, *await question_of(tx, case_id)))
    return [one for one in found if after is None or (one.party or "") > after][:limit]


async def additions(tx: TenantTransaction, case_id: UUID) -> list[Addition]:
    """What has changed since the last frozen version; empty where nothing is frozen. Raises `UnknownScopeError`."""
    return await watching.additions(tx, case_id)


async def reached_ids(tx: TenantTransaction, case_id: UUID) -> set[int]:
    """All lots, units and containers of a case's scope, both ways, by the log's own ids: as it is now, and as it was frozen last.

    Only inside this process; whoever tells of them names keys. Raises `UnknownScopeError`, `ScopeTooLargeError`.
    """
    sources, bounds = await question_of(tx, case_id)
    within = await reach_within(tx, sources, bounds)
    found = {*within.goods, *within.reached.seeds.ids}
    up = await backward(tx, within.reached.seeds.ids, lots=True) if within.reached.seeds.ids else None
    if up is not None:
        kinds = await kinds_of(tx, up.ids)
        found |= {object_id for object_id in up.ids if kinds.get(object_id, 0) not in STEPS_OF_GENEALOGY}
    try:
        version = (await frozen(tx, case_id)).version
    except NotFrozenError:
        return found
    position = 0
    while rows := await items(tx, case_id, version, after=position):
        found |= {item.object_id for item in rows if item.role is not Role.CO_PACKED}
        position = rows[-1].position
    return found

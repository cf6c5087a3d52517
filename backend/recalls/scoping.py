"""What the cases ask of their scopes beyond what `recall_scope` answers by itself."""

from uuid import UUID

from backend.recall_scope import service as scope
from infra.database import TenantTransaction


async def is_empty(tx: TenantTransaction, case_id: UUID) -> bool:
    """Whether nothing is reached. What is named is reached itself; only windows have to be looked into."""
    if any(not one.is_window for one in await scope.hold_scopes(tx, case_id)):
        return False
    return (await scope.of_case(tx, case_id)).counts.affected == 0


async def has_grown(tx: TenantTransaction, case_id: UUID) -> bool:
    """Whether the scope isn't what was frozen last: other sources or bounds, or what late events have added."""
    last = await scope.frozen(tx, case_id)
    sources, bounds = await scope.question_of(tx, case_id)
    return (last.sources, last.bounds) != (sources, bounds) or bool(await scope.additions(tx, case_id))


async def object_keys(tx: TenantTransaction, case_id: UUID, limit: int) -> list[str]:
    """The first objects that a case suspects by name."""
    return list(dict.fromkeys(source.key for source in await scope.sources_of(tx, case_id) if source.key))[:limit]

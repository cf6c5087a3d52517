"""One case, held by the transaction that acts on it: acts follow each other, and each is judged by the state that it meets."""

from collections.abc import Collection
from uuid import UUID

from backend.recalls import repository
from backend.recalls.errors import RecallStateError, UnknownRecallError
from backend.recalls.kinds import RecallState
from backend.recalls.stored import RecallCase
from infra.database import TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal


async def locked(tx: TenantTransaction, case_id: UUID) -> RecallCase:
    """As it is now, held until the transaction ends; raises `UnknownRecallError`."""
    row = await repository.lock(tx, case_id)
    if row is None:
        raise UnknownRecallError
    return RecallCase.from_row(row)


async def managed(tx: TenantTransaction, principal: Principal, case_id: UUID, permission: Permission = Permission.RECALLS_MANAGE) -> RecallCase:
    """The same for a caller who may act on recalls: a recall is the company's, and no site's."""
    principal.require_everywhere(permission)
    return await locked(tx, case_id)


def require_state(case: RecallCase, states: Collection[RecallState], message: str) -> None:
    """Raise `RecallStateError` unless the case is in one of these states."""
    if case.state not in states:
        raise RecallStateError(f"{message} It is {case.state.name} now.", field="caseId")


def require_running(case: RecallCase) -> None:
    """Raise unless it is neither closed nor dismissed."""
    if case.is_over:
        raise RecallStateError(f"This case is {case.state.name}: reopen it first.", field="caseId")

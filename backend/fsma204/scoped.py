"""The lots and units of a recall case's scope, and its number."""

from uuid import UUID

from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.recall_scope import service as recall_scope
from backend.recalls import service as recalls
from infra.database import TenantTransaction

_GOODS = frozenset({ObjectKind.LOT, ObjectKind.UNIT, ObjectKind.OTHER})


async def objects_of_case(tx: TenantTransaction, case_id: UUID) -> list[int]:
    """What the scope reaches, both ways, now and as it was frozen. Raises `UnknownRecallError`, `ScopeTooLargeError`."""
    await recalls.case_by_id(tx, case_id)
    found = sorted(await recall_scope.reached_ids(tx, case_id))
    goods: list[int] = []
    for at in range(0, len(found), 5_000):
        goods += [thing.object_id for thing in (await objects.load(tx, found[at : at + 5_000])).values() if thing.kind in _GOODS]
    return goods


async def number_of_case(tx: TenantTransaction, case_id: UUID) -> str:
    """Its number, as people call it."""
    return (await recalls.case_by_id(tx, case_id)).number

"""Read recall cases: pages of them, and what hangs on each, a whole batch at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.recalls import query_repository, repository
from backend.recalls.clocks import Clock, clocks_of, clocks_of_cases
from backend.recalls.errors import UnknownRecallError
from backend.recalls.kinds import RecallState
from backend.recalls.stored import RecallAct, RecallCase
from backend.recalls.timeline import timeline
from infra.database import TenantTransaction

__all__ = [
    "Clock", "RecallAct", "RecallCase", "Wanted", "case_by_id", "cases_by_ids", "clocks_of", "clocks_of_cases", "links_of", "page_of_cases",
    "timeline",
]  # fmt: skip
_SPECIAL: Final = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; what is None doesn't matter. `text` is looked for in number, title, reason, hazard and products.

    `reference` is the public id of something linked, or that told of it; `object_id` and `gtin` stand in a frozen scope.
    """

    open_only: bool = True
    states: Sequence[RecallState] | None = None
    drill: bool | None = None
    grown: bool | None = None
    text: str | None = None
    reference: str | None = None
    object_id: int | None = None
    gtin: str | None = None


async def page_of_cases(tx: TenantTransaction, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int) -> list[RecallCase]:
    """Cases, newest first, from behind the cursor (one's id), in the order of going."""
    rows = await query_repository.page(
        tx, open_only=wanted.open_only, states=[int(state) for state in wanted.states] if wanted.states is not None else None,
        drill=wanted.drill, grown=wanted.grown, search=f"%{wanted.text.translate(_SPECIAL)}%" if wanted.text else None,
        reference=wanted.reference, object_id=wanted.object_id, gtin=wanted.gtin, cursor=cursor, backward=backward, limit=limit,
    )  # fmt: skip
    return [RecallCase.from_row(row) for row in rows]


async def cases_by_ids(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, RecallCase]:
    """Those of these that exist here."""
    return {row["case_id"]: RecallCase.from_row(row) for row in await repository.by_ids(tx, ids)}


async def case_by_id(tx: TenantTransaction, case_id: UUID) -> RecallCase:
    """One case; raises `UnknownRecallError`."""
    found = await cases_by_ids(tx, [case_id])
    if case_id not in found:
        raise UnknownRecallError
    return found[case_id]


async def links_of(tx: TenantTransaction, ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The public ids of what belongs to each ("nonconformance:0190…"), in the order in which it was linked."""
    found: dict[UUID, list[str]] = {case_id: [] for case_id in ids}
    for row in await repository.links(tx, ids):
        found[row["case_id"]].append(row["reference"])
    return found

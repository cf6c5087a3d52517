"""What others do with the effectiveness of a recall: its board, its points over time, its checks."""

from uuid import UUID

from backend.recall_checks.board_service import Board, board_of
from backend.recall_checks.points import Point, points
from backend.recall_checks.query_service import counts_of, plans_of
from infra.database import TenantTransaction

__all__ = ["Board", "Point", "board", "counts_of", "plans_of", "points"]


async def board(tx: TenantTransaction, case_id: UUID) -> Board:
    """The effectiveness board of a case as it stands. Raises `UnknownRecallError`."""
    return await board_of(tx, case_id)

"""Follow a board as events are captured and customers answer: looked at where something may have changed, told where something has."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from backend.events.query_service import last_seq
from backend.recall_checks.board_service import Board, board_of
from backend.recalls.service import timeline
from infra import clock
from infra.database import TenantTransaction

# However much is captured, a board is added up at most so often for one who listens.
LEAST_SECONDS: Final = 2.0
# Before the announcement the whole scope is computed for it.
LEAST_SECONDS_COMPUTED: Final = 15.0


@dataclass(slots=True)
class Watch:
    """One listener's state: up to which event and which act he was told, and what."""

    case_id: UUID
    mark: tuple[int, UUID | None] | None = None
    fingerprint: str = ""
    next_at: float = 0.0

    async def listen(self, tx: TenantTransaction) -> Board | None:
        """The board, the first time and whenever it has changed; None else. Raises `UnknownRecallError`."""
        moment = clock.now().timestamp()
        if moment < self.next_at:
            return None
        # Whatever customers answer, and whatever is frozen, stands in the case's timeline.
        acts = await timeline(tx, self.case_id, backward=False, limit=1)
        mark = (await last_seq(tx), acts[0].act_id if acts else None)
        if mark == self.mark:
            return None
        found = await board_of(tx, self.case_id)
        self.mark = mark
        self.next_at = moment + (LEAST_SECONDS if found.version is not None else LEAST_SECONDS_COMPUTED)
        if found.fingerprint == self.fingerprint:
            return None
        self.fingerprint = found.fingerprint
        return found

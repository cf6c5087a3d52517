"""Records for tests."""

from uuid import uuid4

from backend.fsma204.elements import Cte, Side
from backend.fsma204.foods import Listed
from backend.fsma204.values import Record, Value
from infra.clock import now


def record(cte: Cte, *, side: Side = Side.LOT, produce: bool | None = None, aquaculture: bool | None = None, **facts: Value) -> Record:
    """A record with these facts."""
    event = uuid4()
    return Record(cte, side, 1, event, now(), str(event), 1, "lot", facts, Listed.LISTED, None, produce, aquaculture)

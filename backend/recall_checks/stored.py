"""Plans of effectiveness checks, checks and records as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.recall_checks.levels import CheckLevel, CheckMethod, CheckState, Stock
from infra.database import Record


@dataclass(frozen=True, slots=True)
class Plan:
    """One choice of a level. `chosen_by` is None where the service drew anew for an extended scope."""

    case_id: UUID
    plan_id: UUID
    level: CheckLevel
    percentage: Decimal | None
    seed: str
    version: int
    population: int
    method: CheckMethod
    due_at: datetime
    reason: str
    chosen_at: datetime
    chosen_by: UUID | None
    chosen_name: str

    @classmethod
    def from_row(cls, row: Record) -> "Plan":
        """From a row of the table."""
        return cls(**dict(row) | {"level": CheckLevel(row["level"]), "method": CheckMethod(row["method"])})


@dataclass(frozen=True, slots=True)
class Check:
    """A sampled consignee; `position` is his place in the draw, from 1 on."""

    case_id: UUID
    check_id: UUID
    party: str
    plan_id: UUID
    position: int
    method: CheckMethod
    state: CheckState
    due_at: datetime
    attempts: int
    checked_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Check":
        """From a row of the table."""
        return cls(**dict(row) | {"method": CheckMethod(row["method"]), "state": CheckState(row["state"])})


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """What was asked and answered once."""

    check_id: UUID
    record_id: UUID
    at: datetime
    recorded_by: UUID
    recorded_name: str
    method: CheckMethod
    person: str
    reached: bool
    received_notice: bool | None
    acted: bool | None
    stock: Stock
    stock_quantity: Decimal | None
    stock_uom: str
    told_onward: bool | None
    note: str
    state: CheckState
    follow_up: str
    follow_up_due: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "CheckRecord":
        """From a row of the table."""
        return cls(**dict(row) | {"method": CheckMethod(row["method"]), "state": CheckState(row["state"]), "stock": Stock(row["stock"])})

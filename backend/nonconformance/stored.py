"""Nonconformances, decisions and dispositions as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from backend.nonconformance import repository
from backend.nonconformance.rules import (
    Concerned,
    DecisionStatus,
    DispositionKind,
    DispositionStatus,
    Line,
    NcSeverity,
    NcSourceKind,
    NcStatus,
)
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Nonconformance:
    """What was found wrong. `opened_by` is None where the service itself opened it."""

    nonconformance_id: UUID
    number: str
    source: NcSourceKind
    source_reference: str
    severity: NcSeverity
    status: NcStatus
    title: str
    description: str
    characteristic: str | None
    place: str | None
    supplier: str | None
    customer: str | None
    opened_at: datetime
    opened_by: UUID | None
    closed_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Nonconformance":
        """From a row of the table."""
        return cls(
            row["nonconformance_id"], row["number"], NcSourceKind(row["source"]), row["source_reference"], NcSeverity(row["severity"]),
            NcStatus(row["status"]), row["title"], row["description"], row["characteristic"], row["place"], row["supplier"], row["customer"],
            row["opened_at"], row["opened_by"], row["closed_at"],
        )  # fmt: skip

    async def concerned(self, tx: TenantTransaction) -> list[Concerned]:
        """Its goods."""
        return [Concerned(row["object_id"], row["quantity"], row["uom"]) for row in await repository.objects_of(tx, [self.nonconformance_id])]


@dataclass(frozen=True, slots=True)
class Decision:
    """A signed decision; `second_by` is who signed or refused it as the second one."""

    decision_id: UUID
    nonconformance_id: UUID
    status: DecisionStatus
    reason: str
    decided_at: datetime
    decided_by: UUID
    second_at: datetime | None
    second_by: UUID | None
    second_reason: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Decision":
        """From a row of the table."""
        return cls(
            row["decision_id"], row["nonconformance_id"], DecisionStatus(row["status"]), row["reason"], row["decided_at"], row["decided_by"],
            row["second_at"], row["second_by"], row["second_reason"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disposition:
    """What becomes of so much of an object; without a quantity of all that is concerned."""

    disposition_id: UUID
    decision_id: UUID
    nonconformance_id: UUID
    object_id: int
    kind: DispositionKind
    status: DispositionStatus
    quantity: Decimal | None
    uom: str | None
    instruction: str
    approval_reference: str | None
    valid_until: datetime | None
    outcome_id: int | None
    event_id: UUID | None
    done_at: datetime | None
    done_by: UUID | None
    released: bool

    @classmethod
    def from_row(cls, row: Record) -> "Disposition":
        """From a row of the table."""
        return cls(
            row["disposition_id"], row["decision_id"], row["nonconformance_id"], row["object_id"], DispositionKind(row["kind"]),
            DispositionStatus(row["status"]), row["quantity"], row["uom"], row["instruction"], row["approval_reference"], row["valid_until"],
            row["outcome_id"], row["event_id"], row["done_at"], row["done_by"], row["released"],
        )  # fmt: skip

    @property
    def line(self) -> Line:
        """What the rules look at."""
        return Line(self.object_id, self.kind, self.quantity, self.uom, self.status)


async def dispositions_of(tx: TenantTransaction, nonconformance_id: UUID) -> list[Disposition]:
    """What was decided about the goods, oldest first."""
    return [Disposition.from_row(row) for row in await repository.dispositions_of(tx, [nonconformance_id])]


async def lines_of(tx: TenantTransaction, nonconformance_id: UUID) -> list[Line]:
    """The same as the rules look at it."""
    return [each.line for each in await dispositions_of(tx, nonconformance_id)]

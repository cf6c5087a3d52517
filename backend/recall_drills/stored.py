"""Drills, steps and findings as they are stored."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.recall_drills.rules import DrillState, DrillStep, FindingSeverity, Policy
from infra.database import Record


@dataclass(frozen=True, slots=True)
class Drill:
    """One drill. Targets are those of when it began; scores are None until it is finished, and of a cancelled one for ever."""

    drill_id: UUID
    number: str
    case_id: UUID
    title: str
    state: DrillState
    seed: str
    participants: tuple[str, ...]
    target_seconds: int
    target_percent: Decimal
    started_at: datetime
    started_by: UUID
    started_name: str
    finished_at: datetime | None
    seconds: Decimal | None
    forward_percent: Decimal | None
    backward_percent: Decimal | None
    completeness_percent: Decimal | None
    passed: bool | None
    conclusion: str
    concluded_at: datetime | None
    concluded_by: UUID | None
    concluded_name: str
    signature_id: UUID | None

    @classmethod
    def from_row(cls, row: Record) -> "Drill":
        """From a row of the table."""
        told = {"state": DrillState(row["state"]), "participants": tuple(msgspec.json.decode(row["participants"]))}
        return cls(**dict(row) | told)

    @property
    def targets(self) -> Policy:
        """What it was to reach."""
        return Policy(self.target_seconds, self.target_percent)


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A step with its time, and what it found."""

    drill_id: UUID
    step: DrillStep
    at: datetime
    elapsed_ms: int
    machine_ms: int
    done_name: str
    detail: dict[str, Any]

    @classmethod
    def from_row(cls, row: Record) -> "DoneStep":
        """From a row of the table."""
        return cls(**dict(row) | {"step": DrillStep(row["step"]), "detail": msgspec.json.decode(row["detail"])})

    @property
    def seconds(self) -> Decimal:
        """From the drill's start on."""
        return Decimal(self.elapsed_ms) / 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a drill showed, and the corrective action that mends it."""

    finding_id: UUID
    drill_id: UUID
    at: datetime
    found_by: UUID
    found_name: str
    severity: FindingSeverity
    text: str
    corrective_action_id: UUID | None

    @classmethod
    def from_row(cls, row: Record) -> "Finding":
        """From a row of the table."""
        return cls(**dict(row) | {"severity": FindingSeverity(row["severity"])})

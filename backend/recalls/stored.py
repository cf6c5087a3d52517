"""A recall case and its acts as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec

from backend.recalls.kinds import ActKind, RecallClass, RecallDecision, RecallDepth, RecallState, Sector
from infra.database import Record


@dataclass(frozen=True, slots=True)
class RecallCase:
    """One recall. `products` and `instructions` are texts by language ("zh", "en"); `owner_id` is a membership, `opened_by` an actor.

    `opened_by` is None where the service itself opened it. `scope_version` is the last frozen scope that was signed, 0 before the
    announcement; `grown_at` says since when late events wait for somebody to extend or to reopen the case.
    """

    case_id: UUID
    number: str
    drill: bool
    state: RecallState
    title: str
    reason: str
    hazard: str
    products: Mapping[str, str]
    instructions: Mapping[str, str]
    source_reference: str
    sector: Sector | None
    countries: tuple[str, ...]
    contact_phone: str
    contact_email: str
    owner_id: UUID | None
    known_at: datetime
    opened_at: datetime
    opened_by: UUID | None
    decision: RecallDecision | None
    recall_class: RecallClass | None
    depth: RecallDepth | None
    decision_reason: str
    decided_at: datetime | None
    decided_by: UUID | None
    decided_name: str
    announced_at: datetime | None
    announced_by: UUID | None
    scope_version: int
    completed_at: datetime | None
    root_cause: str
    capa_waiver: str
    effect_waiver: str
    closed_at: datetime | None
    closed_by: UUID | None
    grown_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "RecallCase":
        """From a row of the table."""
        values = dict(row)
        values |= {
            "state": RecallState(row["state"]), "products": msgspec.json.decode(row["products"]),
            "instructions": msgspec.json.decode(row["instructions"]), "sector": Sector(row["sector"]) if row["sector"] else None,
            "countries": tuple(row["countries"].split(",")) if row["countries"] else (),
            "decision": RecallDecision(row["decision"]) if row["decision"] else None,
            "recall_class": RecallClass(row["recall_class"]) if row["recall_class"] else None,
            "depth": RecallDepth(row["depth"]) if row["depth"] else None,
        }  # fmt: skip
        return cls(**values)

    @property
    def subject(self) -> str:
        """What the trail, holds, signatures and alerts call it."""
        return subject_of(self.case_id)

    @property
    def is_over(self) -> bool:
        """Closed or dismissed."""
        return self.state in (RecallState.CLOSED, RecallState.DISMISSED)

    @property
    def takes_back(self) -> bool:
        """Whether it was decided that goods are taken back."""
        return self.decision in (RecallDecision.RECALL, RecallDecision.WITHDRAWAL)


def subject_of(case_id: UUID) -> str:
    """The public reference of a case."""
    return f"recall:{case_id}"


@dataclass(frozen=True, slots=True)
class RecallAct:
    """One act; what `detail_json` holds depends on its kind. `actor_id` is None of a guest, and of the service itself."""

    act_id: UUID
    at: datetime
    kind: ActKind
    actor_id: UUID | None
    actor: str
    reason: str
    detail_json: str
    signature_id: UUID | None

    @classmethod
    def from_row(cls, row: Record) -> "RecallAct":
        """From a row of the table."""
        return cls(row["act_id"], row["at"], ActKind(row["kind"]), row["actor_id"], row["actor"], row["reason"], row["detail"], row["signature_id"])

"""Corrective actions, their disciplines and items, requests to suppliers and their answers, as they are stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.capa.rules import ActionKind, ActionStatus, Cause, CauseCategory, Detail, Discipline, RequestStatus
from infra.database import Record


@dataclass(frozen=True, slots=True)
class CorrectiveAction:
    """An 8D report; `owner_id` is a membership. Its effect is checked at `check_at`, and watched for `watched_days` from `watched_from` on."""

    corrective_action_id: UUID
    number: str
    kind: ActionKind
    status: ActionStatus
    title: str
    owner_id: UUID
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    check_at: datetime | None
    criterion: str | None
    watched_gtin: str | None
    watched_characteristic: str | None
    watched_from: datetime | None
    watched_days: int | None

    @classmethod
    def from_row(cls, row: Record) -> "CorrectiveAction":
        """From a row of the table."""
        return cls(
            row["corrective_action_id"], row["number"], ActionKind(row["kind"]), ActionStatus(row["status"]), row["title"], row["owner_id"],
            row["opened_at"], row["due_at"], row["closed_at"], row["check_at"], row["criterion"], row["watched_gtin"],
            row["watched_characteristic"], row["watched_from"], row["watched_days"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """What a discipline says."""

    discipline: Discipline
    text: str
    detail: Detail
    due_at: datetime | None
    done_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Written":
        """From a row of the table."""
        return cls(Discipline(row["discipline"]), row["text"], read_detail(row["detail"]), row["due_at"], row["done_at"])


@dataclass(frozen=True, slots=True)
class Item:
    """An action to be done; `owner_id` is a membership."""

    action_item_id: UUID
    corrective_action_id: UUID
    discipline: Discipline
    text: str
    owner_id: UUID
    due_at: datetime | None
    done_at: datetime | None
    evidence: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Item":
        """From a row of the table."""
        return cls(
            row["action_item_id"], row["corrective_action_id"], Discipline(row["discipline"]), row["text"], row["owner_id"], row["due_at"],
            row["done_at"], row["evidence"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SupplierRequest:
    """A request to a supplier for corrective action; `supplier` is a party's URI."""

    supplier_request_id: UUID
    number: str
    status: RequestStatus
    supplier: str
    corrective_action_id: UUID | None
    text: str
    due_at: datetime
    sent_at: datetime
    acknowledged_at: datetime | None
    closed_at: datetime | None
    token_expires_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "SupplierRequest":
        """From a row of the table."""
        return cls(
            row["supplier_request_id"], row["number"], RequestStatus(row["status"]), row["supplier"], row["corrective_action_id"], row["text"],
            row["due_at"], row["sent_at"], row["acknowledged_at"], row["closed_at"], row["token_expires_at"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a supplier wrote, and what was said of it, if anything."""

    answer_id: UUID
    at: datetime
    written_by: str
    containment: str
    root_cause: str
    corrective_action: str
    done_by: str
    verdict: int | None
    comment: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Answer":
        """From a row of the table, joined with its review."""
        return cls(
            row["answer_id"], row["at"], row["written_by"], row["containment"], row["root_cause"], row["corrective_action"], row["done_by"],
            row["verdict"], row["comment"],
        )  # fmt: skip


def write_detail(detail: Detail) -> str:
    """As JSON."""
    causes = [{"category": one.category.name, "text": one.text.strip(), "root": one.root} for one in detail.causes]
    told = {"team": [one.strip() for one in detail.team], "whys": [one.strip() for one in detail.whys], "causes": causes}
    return msgspec.json.encode(told, order="sorted").decode()


def read_detail(text: str) -> Detail:
    """From JSON."""
    told: Mapping[str, Any] = msgspec.json.decode(text)
    causes = tuple(Cause(CauseCategory[one["category"]], one["text"], one["root"]) for one in told.get("causes", ()))
    return Detail(tuple(told.get("team", ())), tuple(told.get("whys", ())), causes)

"""What phones are answered."""

from enum import StrEnum
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

LARGEST_PHOTO: Final = 10_000_000


class EntryStatus(StrEnum):
    """What became of an entry; each of them is final for this entry's id."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    NEEDS_REVIEW = "needs_review"


class Cause(msgspec.Struct, frozen=True, rename="camel"):
    """A hold that stands in the way: on what (`root`) and which of the goods it reaches (`held`)."""

    hold_id: UUID
    reason: str
    root: str
    held: str
    correction_pending: bool


class DataQualityNote(msgspec.Struct, frozen=True, rename="camel"):
    """Something odd about an entry that was taken all the same."""

    code: str
    message: str


class EntryAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """One entry's answer. `event_id` is the stored event's public id; `code` and `message` say why an entry was refused or set aside.

    `id` is null where the entry had no readable one: answers stand in the order in which the entries were sent.
    """

    id: UUID | None
    status: EntryStatus
    event_id: UUID | None = None
    code: str | None = None
    message: str | None = None
    causes: list[Cause] = []
    notes: list[DataQualityNote] = []


class SyncAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """An answer for each entry, in the order sent."""

    entries: list[EntryAnswer]


class EventObject(msgspec.Struct, frozen=True, rename="camel"):
    """What took part in an event, and how; a quantity is a decimal number as text."""

    key: str
    role: Literal["subject", "parent", "child", "input", "output"]
    quantity: str | None
    uom: str | None


class CompactEvent(msgspec.Struct, frozen=True, rename="camel"):
    """An event as phones need it. `client_id` is set for events with a UUID of their own; `corrects` names the event that this one
    declares wrong. Of many objects the first fifty are told; `object_count` says how many there are."""

    seq: int
    id: UUID
    client_id: UUID | None
    type: str
    action: str | None
    step: str | None
    disposition: str | None
    time: str
    offset: str
    recorded_at: str
    place: str | None
    objects: list[EventObject]
    object_count: int
    superseded: bool
    corrects: UUID | None


class ChangedProduct(msgspec.Struct, frozen=True, rename="camel"):
    """A product, with its names by language."""

    gtin: str
    names: dict[str, str]
    kind: Literal["raw", "intermediate", "finished"]
    uom: str
    shelf_life_days: int | None


class ChangedLocation(msgspec.Struct, frozen=True, rename="camel"):
    """A place, with its names by language."""

    place: str
    parent_place: str | None
    names: dict[str, str]
    kind: str
    own: bool
    time_zone: str


class ChangedPartner(msgspec.Struct, frozen=True, rename="camel"):
    """A supplier or customer, with its names by language."""

    party: str
    names: dict[str, str]
    supplier: bool
    customer: bool


class HoldInForce(msgspec.Struct, frozen=True, rename="camel"):
    """A hold and an object on which it stands, one for each; what it reaches is asked online."""

    hold_id: UUID
    key: str
    uri: str
    reason: str
    placed_at: str


class Holds(msgspec.Struct, frozen=True, rename="camel"):
    """All holds in force, or none of them told because nothing has changed since `version` was sent."""

    version: str
    changed: bool
    in_force: list[HoldInForce]


class ChangesAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """What is new. Ask again with `since` = `next`, at once while `more`. Rows of master data replace those with the same key, and the
    same row may come twice."""

    events: list[CompactEvent]
    products: list[ChangedProduct]
    locations: list[ChangedLocation]
    partners: list[ChangedPartner]
    holds: Holds
    next: str
    more: bool


class UploadRequest(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A photo that a phone wants to upload; its length, type and SHA-256 become part of what is allowed."""

    content_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PHOTO)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", description="Of the whole content, hexadecimal")]


class UploadAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """Send the content with `method` to `url` with exactly these headers. What arrives stays in quarantine until it was checked."""

    id: UUID
    state: Literal["quarantined"]
    method: str
    url: str
    headers: dict[str, str]
    expires_at: str


class FieldProblem(msgspec.Struct, frozen=True):
    """A defect of one field."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """RFC 9457 with a code for programs and the request id for us."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str | None = None
    errors: list[FieldProblem] = []
    retry_after: int | None = None

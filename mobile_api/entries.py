"""What a phone reports: one small type for each kind of entry. A batch's entries are read one by one, so that none spoils another's."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

MOST_LINES: Final = 500
MOST_PHOTOS: Final = 10
LARGEST_SEQUENCE: Final = 2**53 - 1

Code = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=1024, description="A URI, a GS1 Digital Link, an element string like (01)…(10)…, or a stored key"),
]
Quantity = Annotated[Decimal, msgspec.Meta(description="Above zero, as a JSON number or as text; kept exactly")]
Unit = Annotated[str, msgspec.Meta(pattern="^[A-Z0-9]{2,3}$", description="UN/ECE Recommendation 20, like KGM; absent for pieces")]
Note = Annotated[str, msgspec.Meta(max_length=2_000)]


class Mode(StrEnum):
    """Whether something has happened, or is asked for."""

    FACT = "fact"
    COMMAND = "command"


class Result(StrEnum):
    """What an inspection found."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"


class Item(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A lot or product, then with its quantity if that was measured; or one unit, pallet, asset or tank."""

    key: Code
    quantity: Quantity | None = None
    uom: Unit | None = None


Items = Annotated[list[Item], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
PossiblyItems = Annotated[list[Item], msgspec.Meta(max_length=MOST_LINES)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True, tag_field="kind"):
    """What every entry has. `id` becomes the event's id; `sequence` counts up on the device and orders what its clock may not."""

    id: UUID
    sequence: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_SEQUENCE)]
    occurred_at: Annotated[str, msgspec.Meta(max_length=40, description="The device's clock with its offset: 2026-07-22T06:45:00.000+08:00")]
    mode: Mode


class Receive(Entry, tag="receive", frozen=True, kw_only=True):
    """Goods came in at a place."""

    goods: Items
    place: Code
    from_party: Code | None = None
    document: Code | None = None


class Consume(Entry, tag="consume", frozen=True, kw_only=True):
    """Goods went into a transformation; its outputs come in entries of their own."""

    transformation: Code
    inputs: Items
    place: Code


class Produce(Entry, tag="produce", frozen=True, kw_only=True):
    """Goods came out of a transformation, which is named, or whose inputs stand here."""

    outputs: Items
    place: Code
    inputs: PossiblyItems = []
    transformation: Code | None = None
    produced_on: date | None = None
    expires_on: date | None = None


class Inspect(Entry, tag="inspect", frozen=True, kw_only=True):
    """Goods were looked at; `photos` are the ids that uploads were given."""

    goods: Items
    place: Code
    result: Result
    note: Note | None = None
    photos: Annotated[list[UUID], msgspec.Meta(max_length=MOST_PHOTOS)] = []


class Pack(Entry, tag="pack", frozen=True, kw_only=True):
    """Goods were put into a container."""

    container: Code
    contents: Items
    place: Code


class Unpack(Entry, tag="unpack", frozen=True, kw_only=True):
    """Goods were taken out of a container; all of them where none is named."""

    container: Code
    place: Code
    contents: PossiblyItems = []


class Ship(Entry, tag="ship", frozen=True, kw_only=True):
    """Goods leave for a customer. As a command it is refused while any ancestor of them is on hold."""

    goods: Items
    from_place: Code
    to_party: Code
    document: Code | None = None


class Observe(Entry, tag="observe", frozen=True, kw_only=True):
    """Goods were seen at a business step of CBV 2.0, such as storing or stock_taking."""

    goods: Items
    place: Code
    step: Annotated[str, msgspec.Meta(max_length=200)]
    disposition: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Epcis(Entry, tag="epcis", frozen=True, kw_only=True):
    """A whole EPCIS 2.0 event. Its eventID is the entry's id or absent; an error declaration has the id of the event that it corrects."""

    event: dict[str, Any]


AnyEntry = Receive | Consume | Produce | Inspect | Pack | Unpack | Ship | Observe | Epcis


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is sent, in any order."""

    entries: Annotated[list[AnyEntry], msgspec.Meta(max_length=200)]

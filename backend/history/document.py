"""The document that is stored for a lot, a unit or a product: what anybody may see of it, and nothing else."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec.structs import replace

Names = dict[str, str]


class Status(StrEnum):
    """What a consumer is told of goods. The words are stored and never change."""

    CLEAR = "clear"
    """No hold reaches them."""
    REVIEW = "review"
    """A hold reaches them. Told neutrally: the maker is looking, and nothing is found yet."""


class StepKind(StrEnum):
    """The steps that a consumer may see. The words are stored and never change."""

    MADE = "made"
    NUMBERED = "numbered"
    INSPECTED = "inspected"
    PACKED = "packed"
    SHIPPED = "shipped"


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of the tenant's own places; `site` is the outermost place that it is a part of."""

    names: Names
    site: Names | None = None


class Temperature(msgspec.Struct, frozen=True):
    """The lowest and highest reading during a step; `uom` as UN/ECE writes it (CEL, FAH, KEL)."""

    low: Decimal
    high: Decimal
    uom: str


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step at one place, from its first event to its last. `zone` is an IANA name or an offset ("+08:00")."""

    kind: StepKind
    at: datetime
    until: datetime
    zone: str
    place: Place | None = None
    passed: bool = False
    temperature: Temperature | None = None


class MaterialLot(msgspec.Struct, frozen=True, omit_defaults=True):
    """A lot, or serial unit, that went in; `possible` where the events don't prove it but don't exclude it either."""

    number: str
    possible: bool = False


class Material(msgspec.Struct, frozen=True, omit_defaults=True):
    """A material that the tenant publishes; `more` counts the lots beyond those listed."""

    names: Names
    lots: tuple[MaterialLot, ...]
    more: int = 0


class Recalled(msgspec.Struct, frozen=True, omit_defaults=True):
    """That a recall reaches goods; what it says stands once, under the key `notice_key(case)`.

    `possible`: the records don't prove that they are affected, and they are recalled with the others. `partly`: of a lot only single
    units are recalled. Of a product `lots` are the recalled ones, as far as they are listed, and `more` counts the others.
    """

    case: str
    possible: bool = False
    partly: bool = False
    lots: tuple[str, ...] = ()
    more: int = 0


class RecallNotice(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the company tells consumers of one recall. `announced` and `closed` are days where the company is."""

    number: str
    products: Names = {}
    hazard: str = ""
    instructions: Names = {}
    phone: str = ""
    email: str = ""
    recall_class: str = ""
    announced: date | None = None
    closed: date | None = None


class History(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is published under one key: a product, a lot, or a unit.

    A unit whose lot is known tells only what is its own, and neither product nor name; None in `materials` then means its lot's.
    """

    gtin: str = ""
    names: Names = {}
    lot: str | None = None
    serial: str | None = None
    status: Status | None = None
    shelf_life_days: int | None = None
    produced_on: date | None = None
    expires_on: date | None = None
    best_before: date | None = None
    steps: tuple[Step, ...] = ()
    materials: tuple[Material, ...] | None = None
    certificates: tuple[str, ...] = ()
    recalls: tuple[Recalled, ...] = ()


_ENCODER = msgspec.json.Encoder(decimal_format="string")
_DECODER = msgspec.json.Decoder(History)
_NOTICE_DECODER = msgspec.json.Decoder(RecallNotice)
# A unit was packed and shipped by itself: when others of its lot were says nothing of it.
_UNIT_ONLY = (StepKind.PACKED, StepKind.SHIPPED)


def notice_key(case: str) -> str:
    """Under which a recall's notice stands beside the goods; no address leads to it."""
    return f"recall/{case}"


def encode(history: History | RecallNotice) -> str:
    """The document as it is stored; equal histories give equal texts."""
    return _ENCODER.encode(history).decode()


def decode(document: str) -> History:
    """The stored document read back."""
    return _DECODER.decode(document)


def decode_notice(document: str) -> RecallNotice:
    """A stored notice read back."""
    return _NOTICE_DECODER.decode(document)


def unit_in_lot(unit: History, lot: History) -> History:
    """A unit's history where its lot's goes on: what the unit doesn't tell of itself is the lot's."""
    own_making = any(step.kind is StepKind.MADE for step in unit.steps)
    shared = [step for step in lot.steps if step.kind not in _UNIT_ONLY and not (own_making and step.kind is StepKind.MADE)]
    return replace(
        unit,
        gtin=lot.gtin,
        names=lot.names,
        lot=lot.lot,
        status=unit.status or lot.status,
        produced_on=unit.produced_on or lot.produced_on,
        expires_on=unit.expires_on or lot.expires_on,
        best_before=unit.best_before or lot.best_before,
        steps=tuple(sorted([*shared, *unit.steps], key=lambda step: (step.at, step.until))),
        materials=lot.materials if unit.materials is None else unit.materials,
        certificates=tuple(dict.fromkeys([*lot.certificates, *unit.certificates])),
        recalls=_both(unit.recalls, lot.recalls),
    )


def _both(own: Sequence[Recalled], lots: Sequence[Recalled]) -> tuple[Recalled, ...]:
    """A recall of a whole lot is one of its units; one of single units only of those that it names."""
    found = {each.case: each for each in lots if not each.partly}
    for each in own:
        known = found.get(each.case)
        found[each.case] = each if known is None or known.possible else known
    return tuple(found.values())

"""Records, what they lack, foods and places as GraphQL shows them."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry import ID

from backend.fsma204 import details, foods, words
from backend.fsma204.cells import cells_of, columns_of
from backend.fsma204.completeness import Missing, Purpose, missing
from backend.fsma204.elements import SECTIONS, Cte, Side
from backend.fsma204.service import Checked
from backend.fsma204.values import Record
from backend.graphql.directives import ListSize
from backend.graphql.fields import field
from backend.graphql.ids import global_id

strawberry.enum(Cte, name="CriticalTrackingEvent", description="The events for which 21 CFR 1.1325 to 1.1350 ask for records.")
strawberry.enum(Side, name="RecordSide", description="Whether a line is about the lot itself, or about a lot used to make it.")
strawberry.enum(Purpose, name="RecordPurpose", description="RECORD: what we keep. HANDOVER: what has to be given to whoever is next.")
strawberry.enum(foods.Listed, name="FoodListed", description="Whether a food is on the Food Traceability List.")
_FEW = (ListSize(assumed_size=3),)
_CELLS = (ListSize(assumed_size=25),)


class Foods(Enum):
    """COVERED: those on the list, and those of which that isn't known."""

    COVERED = "COVERED"
    ALL = "ALL"


strawberry.enum(Foods, name="FoodsSelected")


@strawberry.type
class MissingElement:
    """A key data element that isn't complete. `toDecide`: nobody said whether it applies."""

    citation: str
    element: str
    parts: list[str]
    subject: str
    to_decide: bool
    mend: str

    @classmethod
    def of(cls, found: Missing, cte: Cte, language: str) -> "MissingElement":
        """In the reader's language."""
        parts = [words.part_title(part, language, cte) for part in found.lacking]
        return cls(
            citation=f"21 CFR {found.kde.cite}", element=found.kde.text, parts=parts, subject=found.subject, to_decide=found.to_decide,
            mend=words.mend(found, language),
        )  # fmt: skip


@strawberry.type
class RecordValue:
    """A value as the sheet has it; empty where nobody told it."""

    title: str
    value: str


@strawberry.type
class TraceabilityRecord:
    """A line of a critical tracking event. `event` is the EPCIS event's global id; lines of one transformation have the same `link`."""

    cte: Cte
    cte_name: str
    citation: str
    side: Side
    event: ID
    event_time: datetime
    link: str
    lot_code: str
    listed: foods.Listed
    category: str | None
    complete: bool
    record: strawberry.Private[Record]
    lacking: strawberry.Private[list[Missing]]
    language: strawberry.Private[str]

    @classmethod
    def of(cls, record: Record, purpose: Purpose, language: str) -> "TraceabilityRecord":
        """In the reader's language."""
        lacking = missing(record, purpose)
        code = record.facts.get("lot")
        return cls(
            cte=record.cte, cte_name=words.cte_name(record.cte, language), citation=f"21 CFR {SECTIONS[record.cte]}", side=record.side,
            event=global_id("Event", record.event), event_time=record.at, link=record.link, lot_code=getattr(code, "text", ""),
            listed=record.listed, category=record.category, complete=not lacking, record=record, lacking=lacking, language=language,
        )  # fmt: skip

    @field(description="What it lacks, with the paragraph of the rule and how to put it right.", directives=_FEW)
    def missing(self) -> list[MissingElement]:
        """In the order of the rule."""
        return [MissingElement.of(one, self.cte, self.language) for one in self.lacking]

    @field(description="Everything that is told, as the sheet has it.", directives=_CELLS)
    def values(self) -> list[RecordValue]:
        """In the order of the sheet."""
        columns = columns_of(self.cte, self.language)
        return [RecordValue(title=column.title, value=cell.text) for column, cell in zip(columns, cells_of(self.record, columns), strict=True)]


@strawberry.type
class MissingCount:
    """How many records lack an element."""

    citation: str
    element: str
    records: int


@strawberry.type
class CompletenessOfEvent:
    """Of one kind of critical tracking event."""

    cte: Cte
    cte_name: str
    citation: str
    records: int
    complete: int
    missing: list[MissingCount] = strawberry.field(directives=_FEW)


@strawberry.type
class Fsma204Completeness:
    """Of the events that were looked at: with `truncated` the first ones of more. The sheet checks all."""

    events: int
    truncated: bool
    records: int
    complete: int
    by_event: list[CompletenessOfEvent] = strawberry.field(directives=_FEW)

    @classmethod
    def of(cls, checked: Checked, language: str) -> "Fsma204Completeness":
        """In the order of the rule."""
        by_event = [
            CompletenessOfEvent(
                cte=cte, cte_name=words.cte_name(cte, language), citation=f"21 CFR {SECTIONS[cte]}", records=counts.records, complete=counts.complete,
                missing=[
                    MissingCount(citation=f"21 CFR {kde.cite}", element=kde.text, records=counts.missing[kde.cite])
                    for kde in words.elements_of(cte) if counts.missing[kde.cite]
                ],
            )
            for cte, counts in sorted(checked.by_cte.items())
        ]  # fmt: skip
        records, complete = sum(one.records for one in by_event), sum(one.complete for one in by_event)
        return cls(events=checked.events, truncated=checked.truncated, records=records, complete=complete, by_event=by_event)


@strawberry.type
class FoodListing:
    """Whether a food is on the list. `exempt`: it is, and the rule doesn't apply to it."""

    listed: foods.Listed
    category: str | None
    reason: str
    exempt: bool
    produce: bool | None

    @classmethod
    def of(cls, listing: foods.Listing) -> "FoodListing":
        """From the classifier's."""
        return cls(listed=listing.listed, category=listing.category, reason=listing.reason, exempt=listing.exempt, produce=listing.produce)


@strawberry.type
class FoodProduct:
    """What the company told of a food."""

    gtin: str
    listed: foods.Listed
    brand: str
    commodity: str
    variety: str
    packaging_size: str
    packaging_style: str
    species: str
    produce: bool | None
    aquaculture: bool | None

    @classmethod
    def of(cls, told: details.FoodProduct) -> "FoodProduct":
        """As it is stored."""
        return cls(**{name: getattr(told, name) for name in told.__slots__})


@strawberry.type
class FoodPlace:
    """What the company told of a place or party."""

    place: str
    name: str
    phone: str
    street: str
    city: str
    region: str
    postal_code: str
    country: str
    coordinates: str
    tlc_reference: str
    exempt: bool

    @classmethod
    def of(cls, told: details.FoodPlace) -> "FoodPlace":
        """As it is stored."""
        return cls(**{name: getattr(told, name) for name in told.__slots__})

"""Elements of a code as GraphQL shows them, with what their values mean."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import strawberry

from backend.barcodes.elements import Element
from backend.barcodes.titles import title_of
from backend.barcodes.values import Amount, Coordinates, Measure, Percentage, value_of

# A value has a field of the name `date`.
Day = date


@strawberry.enum(description="What the value of an element means.")
class CodeValueKind(StrEnum):
    """Decides which fields of a value are there."""

    TEXT = "text"
    DATE = "date"
    MOMENT = "moment"
    PERIOD = "period"
    COUNT = "count"
    MEASURE = "measure"
    AMOUNT = "amount"
    PERCENTAGE = "percentage"
    COORDINATES = "coordinates"


@strawberry.type(description="What the value of an element means; only the fields of its kind are there.")
class CodeValue:
    """Dates are "2027-02-28", times "2027-02-28T15:30:00" by the clock of the place: a code names no zone. `uom` is of UN/ECE Rec. 20."""

    kind: CodeValueKind
    date: str | None = None
    end_date: str | None = None
    time: str | None = None
    number: Decimal | None = None
    uom: str | None = None
    currency: str | None = None
    latitude: Decimal | None = None
    longitude: Decimal | None = None

    @classmethod
    def of(cls, element: Element, today: Day) -> "CodeValue":
        """By the element's identifier."""
        kind = CodeValueKind
        match value_of(element, today=today):
            case datetime() as moment:
                return cls(kind=kind.MOMENT, time=moment.isoformat())
            case Day() as day:
                return cls(kind=kind.DATE, date=day.isoformat())
            case (begin, end):
                return cls(kind=kind.PERIOD, date=begin.isoformat(), end_date=end.isoformat())
            case int() as count:
                return cls(kind=kind.COUNT, number=Decimal(count))
            case str():
                return cls(kind=kind.TEXT)
            case quantity:
                return cls._of_quantity(quantity)

    @classmethod
    def _of_quantity(cls, quantity: Measure | Amount | Percentage | Coordinates) -> "CodeValue":
        match quantity:
            case Measure(number, uom):
                return cls(kind=CodeValueKind.MEASURE, number=number, uom=uom)
            case Amount(number, currency):
                return cls(kind=CodeValueKind.AMOUNT, number=number, currency=currency)
            case Percentage(number):
                return cls(kind=CodeValueKind.PERCENTAGE, number=number)
            case Coordinates(latitude, longitude):
                return cls(kind=CodeValueKind.COORDINATES, latitude=latitude, longitude=longitude)


@strawberry.type(description="One application identifier with its value.")
class CodeElement:
    """`title` is in the language of Accept-Language, `dataTitle` GS1's own, as it is printed; `value` stands as in the code."""

    ai: str
    title: str
    data_title: str
    value: str
    meaning: CodeValue

    @classmethod
    def of(cls, element: Element, language: str, today: Day) -> "CodeElement":
        """With its titles."""
        data_title = element.entry.title if element.entry else ""
        return cls(
            ai=element.ai, title=title_of(element.ai, language) or data_title, data_title=data_title, value=element.value,
            meaning=CodeValue.of(element, today),
        )  # fmt: skip

"""Events for tests: short to write, complete in EPCIS; identifiers are of the GS1 example range with right check digits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from backend.events.canonical import CanonicalEvent
from backend.events.commands import read_command
from backend.events.projection import Source
from backend.events.service import Outcome
from backend.services import Services

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FLOUR, MEAT, DOUGH, DUMPLING = "09506000134307", "09506000134314", "09506000134321", "09506000134338"
PLANT = "https://id.gs1.org/414/9506000134000"
SHOP = "https://id.gs1.org/414/9506000134017"
CUSTOMER = "https://id.gs1.org/417/9506000134024"


def with_check_digit(digits: str) -> str:
    """The key with its GS1 check digit appended."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def gtin(number: int) -> str:
    """A GTIN-14 of the example range."""
    return with_check_digit(f"0950600013{number:03d}")


def lot(product: str, number: str) -> str:
    """A lot's URI."""
    return f"https://id.gs1.org/01/{product}/10/{number}"


def unit(product: str, serial: str) -> str:
    """A unit's URI."""
    return f"https://id.gs1.org/01/{product}/21/{serial}"


def sscc(number: int) -> str:
    """A logistic unit's URI."""
    return f"https://id.gs1.org/00/{with_check_digit(f'0950600013{number:07d}')}"


def at(minutes: float) -> str:
    """An event time, in minutes from the tests' start."""
    return (START + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(kind: str, minutes: float, **fields: Any) -> dict[str, Any]:
    given = {name: value for name, value in fields.items() if value is not None}
    return {"type": kind, "eventID": f"urn:uuid:{uuid4()}", "eventTime": at(minutes), "eventTimeZoneOffset": "+00:00", **given}


def quantity(of: str, amount: float, uom: str | None = "KGM") -> dict[str, Any]:
    """A quantity element."""
    return {"epcClass": of, "quantity": amount, **({"uom": uom} if uom else {})}


def made(of: Sequence[str] = (), amounts: Sequence[dict[str, Any]] = (), minutes: float = 0, **fields: Any) -> dict[str, Any]:
    """Commissioning at the plant."""
    defaults = {"action": "ADD", "bizStep": "commissioning", "disposition": "active", "bizLocation": {"id": PLANT}}
    return _event("ObjectEvent", minutes, epcList=list(of) or None, quantityList=list(amounts) or None, **(defaults | fields))


def transformed(
    inputs: Sequence[str], outputs: Sequence[str], minutes: float = 10, amount: float = 10, transformation: str | None = None, **fields: Any
) -> dict[str, Any]:
    """A transformation of lots (by quantity) and units (by EPC)."""

    def split(names: Sequence[str]) -> tuple[list[str] | None, list[dict[str, Any]] | None]:
        units = [name for name in names if "/21/" in name or "/00/" in name]
        return units or None, [quantity(name, amount) for name in names if name not in units] or None

    input_units, input_amounts = split(inputs)
    output_units, output_amounts = split(outputs)
    return _event(
        "TransformationEvent", minutes, inputEPCList=input_units, inputQuantityList=input_amounts, outputEPCList=output_units,
        outputQuantityList=output_amounts, transformationID=transformation, bizStep="creating_class_instance",
        **({"bizLocation": {"id": PLANT}} | fields),
    )  # fmt: skip


def packed(
    container: str, contents: Sequence[str] = (), amounts: Sequence[dict[str, Any]] = (), minutes: float = 20, **fields: Any
) -> dict[str, Any]:
    """An aggregation; ADD unless told otherwise."""
    defaults = {"action": "ADD", "bizStep": "packing", "bizLocation": {"id": PLANT}}
    return _event(
        "AggregationEvent", minutes, parentID=container, childEPCs=list(contents) or None, childQuantityList=list(amounts) or None,
        **(defaults | fields),
    )  # fmt: skip


def shipped(of: Sequence[str], amounts: Sequence[dict[str, Any]] = (), minutes: float = 30, **fields: Any) -> dict[str, Any]:
    """A shipment from the plant to the customer."""
    defaults = {
        "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit", "readPoint": {"id": PLANT},
        "destinationList": [{"type": "owning_party", "destination": CUSTOMER}],
    }  # fmt: skip
    return _event("ObjectEvent", minutes, epcList=list(of) or None, quantityList=list(amounts) or None, **(defaults | fields))


def declared_wrong(event: dict[str, Any], minutes: float = 60, reason: str = "incorrect_data") -> dict[str, Any]:
    """The error declaration of an event: the same event with the same id (EPCIS 2.0 §7.4.1.2)."""
    return {**event, "errorDeclaration": {"declarationTime": at(minutes), "reason": reason}}


def canonical(*bodies: dict[str, Any]) -> list[CanonicalEvent]:
    """The canonical events."""
    return [read_command(body) for body in bodies]


async def capture(services: Services, tenant_id: int, *bodies: dict[str, Any], together: bool = False) -> list[Outcome]:
    """Capture bodies, each in a transaction of its own unless `together`."""
    events = canonical(*bodies)
    outcomes: list[Outcome] = []
    for group in [events] if together else [[event] for event in events]:
        take = partial(services.capture.capture, events=group, source=Source.EPCIS)
        outcomes += await services.capturing(tenant_id, group, take)
    return outcomes

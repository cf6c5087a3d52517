"""Writes EPCIS 2.0 events down as they would be captured, error declarations included; knows nothing of where goods go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

Event = dict[str, Any]
STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EXTENSION = "plant"


@dataclass(frozen=True, slots=True)
class Submission:
    """An event and when it reached the traceability system."""

    captured_at: datetime
    event: Event


def number(value: Decimal) -> int | float:
    """A quantity as JSON number; at most three decimals are ever used, so the float prints exactly as the Decimal."""
    return int(value) if value == value.to_integral_value() else float(value)


def timestamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def extensions(**values: object) -> Event:
    """Fields of the manufacturer's own namespace; a None is left out."""
    return {f"{EXTENSION}:{name}": value for name, value in values.items() if value is not None}


class Recorder:
    def __init__(self, base: str, utc_offset: str, identifiers: Random) -> None:
        self.context: list[Any] = [
            STANDARD_CONTEXT,
            {EXTENSION: f"{base}/ns/plant#", "cbvmda": "urn:epcglobal:cbv:mda:"},
        ]
        self.submissions: list[Submission] = []
        self._utc_offset = utc_offset
        self._identifiers = identifiers

    def __len__(self) -> int:
        return len(self.submissions)

    def new_id(self) -> str:
        return f"urn:uuid:{UUID(int=self._identifiers.getrandbits(128), version=4)}"

    def record(self, event_type: str, at: datetime, body: Event, *, captured_at: datetime | None = None, event_id: str | None = None) -> Event:
        event: Event = {
            "type": event_type,
            "eventID": event_id or self.new_id(),
            "eventTime": timestamp(at),
            "eventTimeZoneOffset": self._utc_offset,
            **body,
        }
        self.submissions.append(Submission(captured_at or at, event))
        return event

    def declare_error(self, wrong: Event, at: datetime, reason: str, corrective_ids: Sequence[str] = ()) -> None:
        """EPCIS 2.0 §7.4.1.4: the same event once more, under the same event ID, with an error declaration."""
        declaration: Event = {"declarationTime": timestamp(at), "reason": reason}
        if corrective_ids:
            declaration["correctiveEventIDs"] = list(corrective_ids)
        self.submissions.append(Submission(at, {**wrong, "errorDeclaration": declaration}))

    def record_corrected(self, event_type: str, at: datetime, wrong: Event, right: Event, noticed_at: datetime) -> tuple[Event, Event]:
        """A wrong event, its declaration and the event that puts it right; returns the wrong one and the right one."""
        wrong_event = self.record(event_type, at, wrong)
        corrective_id = self.new_id()
        self.declare_error(wrong_event, noticed_at, "incorrect_data", [corrective_id])
        entered_at = noticed_at + timedelta(seconds=40)
        return wrong_event, self.record(event_type, at, right, captured_at=entered_at, event_id=corrective_id)

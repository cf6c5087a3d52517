"""Events of our own making: a body from a command, a phone or a form, read like anybody else's."""

from typing import Any

from backend.events.canonical import CanonicalEvent
from backend.events.faults import EventFaults, Fault
from backend.events.reader import read_event
from infra.errors import InvalidInputError


class EventInvalidError(InvalidInputError):
    """The event can't be taken; `faults` holds each defect with its path, rule and mend."""

    code = "EVENT_INVALID"

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(str(fault) for fault in faults[:10]), field=faults[0].path)
        self.faults = faults


def read_command(body: dict[str, Any]) -> CanonicalEvent:
    """One EPCIS event as the canonical event; raises `EventInvalidError` with all its faults."""
    event = read_event(body)
    if isinstance(event, EventFaults):
        raise EventInvalidError(event.faults)
    return event

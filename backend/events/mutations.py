"""Capturing events through the API: a command, which is refused as a whole where anything in it can't be taken."""

from typing import Annotated, Any

import msgspec
import strawberry
from strawberry.scalars import JSON

from backend.events.canonical import CanonicalEvent
from backend.events.command_service import capture_command
from backend.events.errors import CaptureLimitError
from backend.events.faults import MOST_FAULTS, DocumentFaults
from backend.events.reader import read_document
from backend.events.service import OutcomeStatus, gate_for
from backend.events.types import Event, find_event
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import Cost, ListSize, requires
from backend.graphql.errors import UserError, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.ids import global_id
from backend.shipments.command_gate import refuse_held
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.permissions import Permission

_ENCODER = msgspec.json.Encoder(decimal_format="number")
strawberry.enum(OutcomeStatus, name="CaptureStatus", description="What became of one event.")


@strawberry.input
class CaptureInput:
    """`events` is an EPCIS 2.0 document, a bare event or a list of them: as JSON, or as its text, which keeps every digit."""

    events: JSON


@strawberry.type(description="One event's answer, in the order of the document.")
class CapturedEvent:
    """DUPLICATE: the same event is stored already, which is a success. `id` is the stored event's."""

    status: OutcomeStatus
    id: strawberry.ID
    public_id: strawberry.Private[str]

    @field()
    async def event(self, info: Info) -> Event | None:
        """The stored event."""
        return await find_event(info.context, self.public_id)


@strawberry.type
class CapturePayload:
    """All events were taken, or none and `userErrors` lists every fault with its path, rule and mend."""

    events: list[CapturedEvent] = strawberry.field(directives=(ListSize(assumed_size=50),))
    user_errors: list[UserError]


@strawberry.type
class EventMutations:
    """Capture."""

    @mutation(
        description="Capture events as a command: a conflict, a fault or held goods refuse all of them. Needs an Idempotency-Key.",
        directives=requires(Permission.EVENTS_CAPTURE, Cost(weight=10)),
    )
    async def capture(self, info: Info, given: Annotated[CaptureInput, strawberry.argument(name="input")]) -> CapturePayload | None:
        """Documents beyond the size of a request go to the EPCIS interface."""
        context = info.context
        require_key(context)
        try:
            events = _read(given.events, context.services.settings.capture_max_events)
        except SuyuanError as refusal:
            return CapturePayload(events=[], user_errors=user_errors(refusal))

        async def use_case(tx: TenantTransaction) -> Reply:
            outcomes = await capture_command(tx, context.caller_principal, context.services.capture, events)
            await refuse_held(tx, events, outcomes)
            return {"events": [[str(outcome.status), str(outcome.public_id)] for outcome in outcomes]}

        done = await perform(info, given, use_case, gate=gate_for(events))
        answers = done.reply["events"] if done.reply else []
        captured = [CapturedEvent(status=OutcomeStatus(status), id=global_id("Event", told), public_id=told) for status, told in answers]
        return CapturePayload(events=captured, user_errors=done.user_errors)


def _read(given: JSON, most: int) -> list[CanonicalEvent]:
    """Every event, or `DocumentFaults` with the faults of all."""
    value: Any = given
    reading = read_document(value.encode() if isinstance(value, str) else _ENCODER.encode(value))
    if len(reading.events) > most:
        raise CaptureLimitError(f"The document has {len(reading.events)} events; {most} are allowed. Send several documents.", field="events")
    if reading.faults:
        raise DocumentFaults(reading.faults[:MOST_FAULTS])
    return reading.canonical

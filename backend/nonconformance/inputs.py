"""What is given to the mutations on nonconformances, and what they answer."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput
from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import field
from backend.nonconformance import rules
from backend.nonconformance.deciding import WantedLine
from backend.nonconformance.service import Goods
from backend.nonconformance.types import Nonconformance, load_nonconformance


@strawberry.input
class GoodsInput:
    """`key` in any form of an identifier, or a bare lot number, serial or SSCC that is unique; without a quantity all of the object."""

    key: str
    quantity: Decimal | None = None
    uom: str | None = None

    def goods(self) -> Goods:
        """As the service takes it."""
        return Goods(self.key, self.quantity, self.uom)


@strawberry.input
class OpenNonconformanceInput:
    """`supplier`, `customer` and `place` are URIs of the catalogue; with `hold` the goods are held at once."""

    title: str
    severity: rules.NcSeverity
    description: str = ""
    source: rules.NcSourceKind = rules.NcSourceKind.MANUAL
    source_reference: str = ""
    characteristic: str | None = None
    place: str | None = None
    supplier: str | None = None
    customer: str | None = None
    goods: list[GoodsInput] = strawberry.field(default_factory=list)
    hold: bool = False
    photo_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.input
class AddNonconformingGoodsInput:
    """Goods that something is decided about already stay as they are."""

    nonconformance_id: strawberry.ID
    goods: list[GoodsInput]


@strawberry.input
class ReviewNonconformanceInput:
    """Takes it up for review."""

    nonconformance_id: strawberry.ID
    comment: str = ""


@strawberry.input
class DispositionInput:
    """`instruction` says how to rework, or to what it is regraded; approval and `validUntil` are a concession's."""

    key: str
    kind: rules.DispositionKind
    quantity: Decimal | None = None
    uom: str | None = None
    instruction: str = ""
    approval_reference: str | None = None
    valid_until: datetime | None = None

    def line(self) -> WantedLine:
        """As the service takes it."""
        return WantedLine(self.key, self.kind, self.quantity, self.uom, self.instruction, self.approval_reference, self.valid_until)


@strawberry.input
class DecideNonconformanceInput:
    """One line for each kind of disposition and object. The signature means APPROVED."""

    nonconformance_id: strawberry.ID
    lines: list[DispositionInput]
    reason: str
    signature: SignatureInput


@strawberry.input
class CountersignDecisionInput:
    """The signature means APPROVED, or REJECTED where `accept` is false."""

    decision_id: strawberry.ID
    accept: bool
    reason: str
    signature: SignatureInput


@strawberry.input
class ExecuteDispositionInput:
    """`eventId` names the event that proves it, `outcomeKey` what came of a rework."""

    disposition_id: strawberry.ID
    event_id: strawberry.ID | None = None
    outcome_key: str | None = None
    comment: str = ""


@strawberry.input
class ReinspectReworkInput:
    """`reference` names the inspection. The signature means RELEASED, or REJECTED where `accept` is false."""

    disposition_id: strawberry.ID
    accept: bool
    reason: str
    signature: SignatureInput
    reference: str = ""


@strawberry.input
class CloseNonconformanceInput:
    """`unfounded`: there was nothing wrong. The signature means APPROVED."""

    nonconformance_id: strawberry.ID
    reason: str
    signature: SignatureInput
    unfounded: bool = False


@strawberry.input
class SetTwoPeopleDecideFromInput:
    """From this severity on, and for what is graver, two people decide. The signature means APPROVED."""

    severity: rules.NcSeverity
    reason: str
    signature: SignatureInput


@strawberry.type
class NonconformancePayload:
    """The nonconformance as it is now, or why nothing was done."""

    user_errors: list[UserError]
    nonconformance_id: strawberry.Private[UUID | None]

    @field()
    async def nonconformance(self, info: Info) -> Nonconformance | None:
        """The nonconformance."""
        return await load_nonconformance(info.context, self.nonconformance_id)


@strawberry.type
class TwoPeopleDecideFromPayload:
    """The severity from which on two people decide now, or why it stays."""

    severity: rules.NcSeverity | None
    user_errors: list[UserError]

"""What is given to the mutations on corrective actions and requests to suppliers, and what they answer."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput
from backend.capa import rules
from backend.capa.request_types import SupplierRequest, load_supplier_request
from backend.capa.types import CorrectiveAction, load_corrective_action
from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import field


@strawberry.input
class OpenCorrectiveActionInput:
    """`ownerId` is a member's id; the caller's own where it isn't given."""

    kind: rules.ActionKind
    title: str
    owner_id: strawberry.ID | None = None
    due_at: datetime | None = None
    nonconformance_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.input
class IshikawaCauseInput:
    """`root`: found to be the root cause."""

    category: rules.CauseCategory
    text: str
    root: bool = False


@strawberry.input
class WriteDisciplineInput:
    """The whole discipline, as it is to be from now on: what is left out is empty. `team` is D1's, `whys` and `causes` are D4's."""

    corrective_action_id: strawberry.ID
    discipline: rules.Discipline
    text: str
    team: list[str] = strawberry.field(default_factory=list)
    whys: list[str] = strawberry.field(default_factory=list)
    causes: list[IshikawaCauseInput] = strawberry.field(default_factory=list)
    due_at: datetime | None = None
    done: bool = False

    def detail(self) -> rules.Detail:
        """As the service takes it."""
        return rules.Detail(self.team, self.whys, [rules.Cause(one.category, one.text, one.root) for one in self.causes])


@strawberry.input
class AddActionItemInput:
    """Under D3, D5, D6 or D7; `ownerId` is a member's id, the caller's own where it isn't given."""

    corrective_action_id: strawberry.ID
    discipline: rules.Discipline
    text: str
    owner_id: strawberry.ID | None = None
    due_at: datetime | None = None


@strawberry.input
class CompleteActionItemInput:
    """`evidence` says how it was done, and where that can be seen."""

    action_item_id: strawberry.ID
    evidence: str
    photo_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.input
class PlanEffectivenessCheckInput:
    """Nonconformances of `gtin` and `characteristic` within `days` from now are told as recurrences."""

    corrective_action_id: strawberry.ID
    at: datetime
    criterion: str
    gtin: str | None = None
    characteristic: str | None = None
    days: int = 90


@strawberry.input
class SubmitCorrectiveActionInput:
    """All is done but for the check of its effect."""

    corrective_action_id: strawberry.ID


@strawberry.input
class VerifyCorrectiveActionInput:
    """The signature means APPROVED, or REJECTED where `effective` is false."""

    corrective_action_id: strawberry.ID
    effective: bool
    reason: str
    signature: SignatureInput


@strawberry.input
class ReopenCorrectiveActionInput:
    """`reason` says what has come back, or was overlooked."""

    corrective_action_id: strawberry.ID
    reason: str


@strawberry.input
class SendSupplierRequestInput:
    """`supplier` is the URI of a partner of the catalogue; `lots` in any form of an identifier."""

    supplier: str
    text: str
    due_at: datetime
    lots: list[str] = strawberry.field(default_factory=list)
    corrective_action_id: strawberry.ID | None = None


@strawberry.input
class RenewSupplierRequestLinkInput:
    """The link before opens nothing any more."""

    supplier_request_id: strawberry.ID


@strawberry.input
class ReviewSupplierAnswerInput:
    """Sent back, `comment` tells the supplier what is missing, and `dueAt` until when."""

    supplier_request_id: strawberry.ID
    accept: bool
    comment: str = ""
    due_at: datetime | None = None


@strawberry.input
class CancelSupplierRequestInput:
    """Its link opens nothing from then on."""

    supplier_request_id: strawberry.ID
    reason: str


@strawberry.type
class CorrectiveActionPayload:
    """The corrective action as it is now, or why nothing was done."""

    user_errors: list[UserError]
    corrective_action_id: strawberry.Private[UUID | None]

    @field()
    async def corrective_action(self, info: Info) -> CorrectiveAction | None:
        """The corrective action."""
        return await load_corrective_action(info.context, self.corrective_action_id)


@strawberry.type
class SupplierRequestPayload:
    """The request as it is now, or why nothing was done."""

    user_errors: list[UserError]
    supplier_request_id: strawberry.Private[UUID | None]

    @field()
    async def supplier_request(self, info: Info) -> SupplierRequest | None:
        """The request."""
        return await load_supplier_request(info.context, self.supplier_request_id)


@strawberry.type
class SupplierRequestLinkPayload:
    """The request and its link, which is shown here once: null where this is the repetition of a request."""

    link: str | None
    user_errors: list[UserError]
    supplier_request_id: strawberry.Private[UUID | None]

    @field()
    async def supplier_request(self, info: Info) -> SupplierRequest | None:
        """The request."""
        return await load_supplier_request(info.context, self.supplier_request_id)

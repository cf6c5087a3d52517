"""What is given to the mutations on recalls, and what they answer."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.access.signatures import SignatureInput
from backend.graphql.context import Info
from backend.graphql.errors import UserError
from backend.graphql.fields import field
from backend.recall_scope.inputs import RecallBoundsInput, RecallSourceInput
from backend.recalls import kinds
from backend.recalls.rules import Verdict
from backend.recalls.texts import countries_of
from backend.recalls.types import RecallCase, load_case


@strawberry.input(description="A text in Chinese and English; what is left out isn't written.")
class RecallTextsInput:
    """Who reads it takes the language that he reads."""

    zh: str | None = None
    en: str | None = None

    def given(self) -> dict[str, str]:
        """By language."""
        return {language: text for language, text in (("zh", self.zh), ("en", self.en)) if text is not None}


@strawberry.input
class OpenRecallInput:
    """`knownAt` is when the company came to know, now by default. Given sector and countries, the law's first clocks run at once.

    `sourceReference` is the public id of what told of it ("inspection:0190…"). Without an `ownerId` the caller answers for it.
    """

    title: str
    reason: str
    sources: list[RecallSourceInput]
    bounds: RecallBoundsInput | None = None
    drill: bool = False
    source_reference: str = ""
    hazard: str = ""
    products: RecallTextsInput | None = None
    instructions: RecallTextsInput | None = None
    sector: kinds.Sector | None = None
    countries: list[str] = strawberry.field(default_factory=list)
    contact_phone: str = ""
    contact_email: str = ""
    known_at: datetime | None = None
    owner_id: strawberry.ID | None = None


@strawberry.input
class ChangeRecallInput:
    """What is left out stays as it is. Sector and countries change with another decision, once there is one."""

    case_id: strawberry.ID
    title: str | None = None
    reason: str | None = None
    hazard: str | None = None
    products: RecallTextsInput | None = None
    instructions: RecallTextsInput | None = None
    sector: kinds.Sector | None = None
    countries: list[str] | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    known_at: datetime | None = None
    owner_id: strawberry.ID | None = None


@strawberry.input
class InvestigateRecallInput:
    """Takes a suspicion up."""

    case_id: strawberry.ID
    reason: str = ""


@strawberry.input
class CommentRecallInput:
    """Into the timeline."""

    case_id: strawberry.ID
    text: str


@strawberry.input
class SetRecallSourcesInput:
    """All that is suspected from now on, and the bounds. Once it is decided, new sources are held at once."""

    case_id: strawberry.ID
    sources: list[RecallSourceInput]
    bounds: RecallBoundsInput | None = None
    reason: str = ""


@strawberry.input
class HoldRecallInput:
    """Before anything is decided; the decision holds by itself."""

    case_id: strawberry.ID
    reason: str


@strawberry.input
class DecideRecallInput:
    """A RECALL or a WITHDRAWAL has class, depth, sector and countries (ISO 3166). The signature means APPROVED.

    `revises` is the `decidedAt` of the decision that this one replaces.
    """

    case_id: strawberry.ID
    decision: kinds.RecallDecision
    reason: str
    signature: SignatureInput
    recall_class: kinds.RecallClass | None = None
    depth: kinds.RecallDepth | None = None
    sector: kinds.Sector | None = None
    countries: list[str] = strawberry.field(default_factory=list)
    revises: datetime | None = None

    def verdict(self) -> Verdict:
        """As the service takes it; raises `InvalidInputError`."""
        return Verdict(self.decision, self.recall_class, self.depth, self.sector, countries_of(self.countries))


@strawberry.input
class AnnounceRecallInput:
    """`emptyScopeReason` says why it is announced though nothing is reached. The signature means RECALLED."""

    case_id: strawberry.ID
    reason: str
    signature: SignatureInput
    empty_scope_reason: str = ""


@strawberry.input
class ExtendRecallInput:
    """With `sources`, they are what is suspected from now on. The signature means RECALLED."""

    case_id: strawberry.ID
    reason: str
    signature: SignatureInput
    sources: list[RecallSourceInput] | None = None
    bounds: RecallBoundsInput | None = None


@strawberry.input
class CloseRecallInput:
    """`overrideReason` says why it is closed though duties are open. The signature means APPROVED."""

    case_id: strawberry.ID
    reason: str
    signature: SignatureInput
    override_reason: str = ""


@strawberry.input
class ReopenRecallInput:
    """The signature means APPROVED."""

    case_id: strawberry.ID
    reason: str
    signature: SignatureInput


@strawberry.input
class DismissRecallInput:
    """`releaseHoldIds` names the holds that it releases, for which the right to release holds is needed. The signature means APPROVED."""

    case_id: strawberry.ID
    reason: str
    signature: SignatureInput
    release_hold_ids: list[strawberry.ID] = strawberry.field(default_factory=list)


@strawberry.type
class RecallPayload:
    """The case as it is now, or why nothing was done."""

    user_errors: list[UserError]
    case_id: strawberry.Private[UUID | None]

    @field()
    async def recall(self, info: Info) -> RecallCase | None:
        """The case."""
        return await load_case(info.context, self.case_id)

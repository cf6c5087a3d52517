"""What is done with a case without a signature: opened, written, investigated, held, and its duties."""

from collections.abc import Awaitable, Callable
from dataclasses import is_dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.recall_scope.sources import NO_BOUNDS
from backend.recalls import holding, opening
from backend.recalls.errors import UnknownRecallError
from backend.recalls.inputs import (
    ChangeRecallInput,
    CommentRecallInput,
    HoldRecallInput,
    InvestigateRecallInput,
    OpenRecallInput,
    RecallPayload,
    SetRecallSourcesInput,
)
from backend.recalls.opening import Changes, Words
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission
from tenants.principal import Principal

MANAGE: Final = requires(Permission.RECALLS_MANAGE)
NOBODY: Final = UUID(int=0)


def case_id_of(given: strawberry.ID) -> UUID:
    """Its public id; any other text answers like one that doesn't exist."""
    found = uuid_of(given, "RecallCase")
    if found is None:
        raise UnknownRecallError
    return found


def payload(done: Done) -> RecallPayload:
    """The case that a mutation was about."""
    return RecallPayload(user_errors=done.user_errors, case_id=UUID(done.reply["recall"]) if done.reply else None)


def member_of(given: strawberry.ID | None) -> UUID | None:
    """A membership; any other text answers like one that doesn't exist."""
    return (uuid_of(given, "Member") or NOBODY) if given is not None else None


async def on_case(
    info: Info, given: Any, case_id: strawberry.ID, act: Callable[[TenantTransaction, Principal, UUID], Awaitable[object]], *,
    gate: Gate = Gate.NONE,
) -> RecallPayload:  # fmt: skip
    """Do something with a case, once for each Idempotency-Key."""

    async def use_case(tx: TenantTransaction) -> Reply:
        asked = case_id_of(case_id)
        await act(tx, info.context.caller_principal, asked)
        return {"recall": str(asked)}

    return payload(await perform(info, given, use_case, gate=gate))


def told(given: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """An input as it is compared with a repetition's: what was given of it."""
    return {name: _plain(value) for name, value in vars(given).items() if value is not strawberry.UNSET and name not in without}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return told(value) if is_dataclass(value) else value


@strawberry.type
class RecallMutations:
    """For whoever may manage recalls, in the whole company."""

    @mutation(description="Open a recall case as a suspicion, or a drill. Needs an Idempotency-Key.", directives=MANAGE)
    async def open_recall(self, info: Info, given: Annotated[OpenRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Nothing is held by it, and nobody told."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            words = Words(
                given.hazard, given.products.given() if given.products else {}, given.instructions.given() if given.instructions else {},
                given.contact_phone, given.contact_email,
            )  # fmt: skip
            opened = await opening.open_case(
                tx, info.context.caller_principal, title=given.title, reason=given.reason, sources=[one.source() for one in given.sources],
                bounds=given.bounds.bounds() if given.bounds else NO_BOUNDS, drill=given.drill, source_reference=given.source_reference,
                words=words, sector=given.sector, countries=given.countries, known_at=given.known_at, owner_id=member_of(given.owner_id),
            )  # fmt: skip
            return {"recall": str(opened)}

        return payload(await perform(info, told(given), use_case))

    @mutation(description="Write something else on a case: its words, whom to call, who answers for it.", directives=MANAGE)
    async def change_recall(self, info: Info, given: Annotated[ChangeRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """What it said before stands in the timeline."""

        async def act(tx: TenantTransaction, principal: Principal, case_id: UUID) -> None:
            changes = Changes(
                given.title, given.reason, given.hazard, given.products.given() if given.products else None,
                given.instructions.given() if given.instructions else None, given.contact_phone, given.contact_email, given.sector,
                given.countries, given.known_at, member_of(given.owner_id),
            )  # fmt: skip
            await opening.change(tx, principal, case_id, changes)

        return await on_case(info, given, given.case_id, act)

    @mutation(description="Take a suspicion up for investigation.", directives=MANAGE)
    async def investigate_recall(
        self, info: Info, given: Annotated[InvestigateRecallInput, strawberry.argument(name="input")]
    ) -> RecallPayload | None:
        """Once."""
        return await on_case(info, given, given.case_id, lambda tx, by, case_id: opening.investigate(tx, by, case_id, reason=given.reason))

    @mutation(description="Write a comment into the timeline of a case. Needs an Idempotency-Key.", directives=MANAGE)
    async def comment_recall(self, info: Info, given: Annotated[CommentRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Nobody can change it."""
        require_key(info.context)
        return await on_case(info, given, given.case_id, lambda tx, by, case_id: opening.comment(tx, by, case_id, text=given.text))

    @mutation(description="Say what a case suspects, and within which bounds. Needs an Idempotency-Key.", directives=MANAGE)
    async def set_recall_sources(
        self, info: Info, given: Annotated[SetRecallSourcesInput, strawberry.argument(name="input")]
    ) -> RecallPayload | None:
        """As a whole; once announced, by an extension only."""
        require_key(info.context)

        async def act(tx: TenantTransaction, principal: Principal, case_id: UUID) -> None:
            sources, bounds = [one.source() for one in given.sources], given.bounds.bounds() if given.bounds else NO_BOUNDS
            await opening.change_sources(tx, principal, case_id, sources, bounds, reason=given.reason)

        return await on_case(info, told(given), given.case_id, act, gate=Gate.EXCLUSIVE)

    @mutation(
        description="Hold what a case suspects, before anything is decided. Needs an Idempotency-Key.",
        directives=MANAGE,
    )
    async def hold_recall(self, info: Info, given: Annotated[HoldRecallInput, strawberry.argument(name="input")]) -> RecallPayload | None:
        """Needs the right to place holds, too; a drill holds nothing."""
        require_key(info.context)
        return await on_case(
            info, given, given.case_id, lambda tx, by, case_id: holding.hold_by_hand(tx, by, case_id, reason=given.reason), gate=Gate.EXCLUSIVE
        )

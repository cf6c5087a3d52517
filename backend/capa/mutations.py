"""Corrective actions: opened, written, done, checked, closed and reopened."""

from typing import Annotated, Final
from uuid import UUID

import strawberry

from backend.access.signatures import perform_signed
from backend.access.signing_in import HASHING
from backend.capa import service
from backend.capa.errors import ActionItemNotFoundError, CorrectiveActionNotFoundError
from backend.capa.inputs import (
    AddActionItemInput,
    CompleteActionItemInput,
    CorrectiveActionPayload,
    OpenCorrectiveActionInput,
    PlanEffectivenessCheckInput,
    ReopenCorrectiveActionInput,
    SubmitCorrectiveActionInput,
    VerifyCorrectiveActionInput,
    WriteDisciplineInput,
)
from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.photos.types import photo_ids
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from tenants.permissions import Permission
from tenants.signatures.service import Meaning, Signature

_MANAGE: Final = requires(Permission.ACTIONS_MANAGE)
_NOBODY: Final = UUID(int=0)


def action_id_of(given: strawberry.ID) -> UUID:
    """Its public id; any other text answers like one that doesn't exist."""
    found = uuid_of(given, "CorrectiveAction")
    if found is None:
        raise CorrectiveActionNotFoundError
    return found


def _owner(info: Info, given: strawberry.ID | None) -> UUID:
    if given is not None:
        return uuid_of(given, "Member") or _NOBODY
    own = info.context.caller_principal.membership_id
    if own is None:
        raise InvalidInputError("Say who answers for it: a machine doesn't.", field="ownerId")
    return own


def _payload(done: Done) -> CorrectiveActionPayload:
    return CorrectiveActionPayload(user_errors=done.user_errors, corrective_action_id=UUID(done.reply["action"]) if done.reply else None)


@strawberry.type
class CorrectiveActionMutations:
    """All but the judgement of the effect go without a signature."""

    @mutation(description="Open a corrective or preventive action. Needs an Idempotency-Key.", directives=_MANAGE)
    async def open_corrective_action(
        self, info: Info, given: Annotated[OpenCorrectiveActionInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """For nonconformances, or ahead of any."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            opened = await service.open_action(
                tx, info.context.caller_principal, kind=given.kind, title=given.title, owner_id=_owner(info, given.owner_id),
                due_at=given.due_at, nonconformance_ids=[uuid_of(one, "Nonconformance") or _NOBODY for one in given.nonconformance_ids],
            )  # fmt: skip
            return {"action": str(opened)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Write a discipline of D1 to D7 of a corrective action; what it said before stands in the history.", directives=_MANAGE)
    async def write_discipline(
        self, info: Info, given: Annotated[WriteDisciplineInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """As a whole."""

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            await service.write_discipline(
                tx, info.context.caller_principal, asked, given.discipline, text=given.text, detail=given.detail(), due_at=given.due_at,
                done=given.done,
            )  # fmt: skip
            return {"action": str(asked)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Add an action to be done. Needs an Idempotency-Key.", directives=_MANAGE)
    async def add_action_item(
        self, info: Info, given: Annotated[AddActionItemInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """With an owner, and perhaps a day."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            await service.add_item(
                tx, info.context.caller_principal, asked, discipline=given.discipline, text=given.text, owner_id=_owner(info, given.owner_id),
                due_at=given.due_at,
            )  # fmt: skip
            return {"action": str(asked)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Tell that an action is done, and how that can be seen.", directives=_MANAGE)
    async def complete_action_item(
        self, info: Info, given: Annotated[CompleteActionItemInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """Once."""

        async def use_case(tx: TenantTransaction) -> Reply:
            item_id = uuid_of(given.action_item_id, "ActionItem")
            if item_id is None:
                raise ActionItemNotFoundError
            of = await service.complete_item(
                tx, info.context.caller_principal, item_id, evidence=given.evidence, photo_ids=photo_ids(given.photo_ids)
            )
            return {"action": str(of)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Plan when the effect of a corrective action is checked, and by what it is judged.", directives=_MANAGE)
    async def plan_effectiveness_check(
        self, info: Info, given: Annotated[PlanEffectivenessCheckInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """Planned anew, it is watched from then on."""

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            check = service.Check(given.at, given.criterion, given.gtin, given.characteristic, given.days)
            await service.plan_check(tx, info.context.caller_principal, asked, check)
            return {"action": str(asked)}

        return _payload(await perform(info, given, use_case))

    @mutation(description="Tell that all is done: the corrective action waits for the check of its effect from then on.", directives=_MANAGE)
    async def submit_corrective_action(
        self, info: Info, given: Annotated[SubmitCorrectiveActionInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """D1 to D7 and every action are done, and a check is planned."""

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            await service.submit(tx, info.context.caller_principal, asked)
            return {"action": str(asked)}

        return _payload(await perform(info, given, use_case))

    @mutation(
        description="Judge the effect of a corrective action: it is closed, or open again. Is signed, and needs an Idempotency-Key.",
        directives=requires(Permission.ACTIONS_VERIFY, HASHING),
    )
    async def verify_corrective_action(
        self, info: Info, given: Annotated[VerifyCorrectiveActionInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """Not by whoever answers for it."""
        require_key(info.context)
        principal = info.context.caller_principal

        async def check(tx: TenantTransaction) -> None:
            await service.check_verify(tx, principal, action_id_of(given.corrective_action_id), reason=given.reason)

        async def act(tx: TenantTransaction, signature: Signature) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            await service.verify(tx, principal, asked, effective=given.effective, reason=given.reason, signature=signature)
            return {"action": str(asked)}

        signed = [given.corrective_action_id, given.effective, given.reason, given.signature.meaning, given.signature.reason]
        meanings = frozenset({Meaning.APPROVED if given.effective else Meaning.REJECTED})
        return _payload(await perform_signed(info, signed, given.signature, meanings=meanings, reason=given.reason, check=check, act=act))

    @mutation(description="Reopen a corrective action.", directives=_MANAGE)
    async def reopen_corrective_action(
        self, info: Info, given: Annotated[ReopenCorrectiveActionInput, strawberry.argument(name="input")]
    ) -> CorrectiveActionPayload | None:
        """With all that it says."""

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = action_id_of(given.corrective_action_id)
            await service.reopen(tx, info.context.caller_principal, asked, reason=given.reason)
            return {"action": str(asked)}

        return _payload(await perform(info, given, use_case))

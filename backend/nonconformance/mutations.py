"""Opening, reviewing and executing: what is done about nonconformances without a signature."""

from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Done, Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.fields import mutation
from backend.graphql.ids import uuid_of
from backend.nonconformance import executing, service
from backend.nonconformance.errors import DispositionNotFoundError, NonconformanceNotFoundError, ProofMissingError
from backend.nonconformance.inputs import (
    AddNonconformingGoodsInput,
    ExecuteDispositionInput,
    NonconformancePayload,
    OpenNonconformanceInput,
    ReviewNonconformanceInput,
)
from backend.photos.types import photo_ids
from infra.database import Gate, TenantTransaction
from tenants.permissions import Permission

_OPEN = requires(Permission.NONCONFORMANCES_OPEN)


def nonconformance_id_of(given: strawberry.ID) -> UUID:
    """Its public id; any other text answers like one that doesn't exist."""
    found = uuid_of(given, "Nonconformance")
    if found is None:
        raise NonconformanceNotFoundError
    return found


def disposition_id_of(given: strawberry.ID) -> UUID:
    """Its public id."""
    found = uuid_of(given, "Disposition")
    if found is None:
        raise DispositionNotFoundError
    return found


def payload(done: Done) -> NonconformancePayload:
    """What was done to which nonconformance."""
    return NonconformancePayload(user_errors=done.user_errors, nonconformance_id=UUID(done.reply["nonconformance"]) if done.reply else None)


@strawberry.type
class NonconformanceMutations:
    """What places a hold passes the tenant's gate alone."""

    @mutation(description="Open a nonconformance; with `hold` its goods are held at once. Needs an Idempotency-Key.", directives=_OPEN)
    async def open_nonconformance(
        self, info: Info, given: Annotated[OpenNonconformanceInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """The open one of the same source is given back."""
        require_key(info.context)
        found = service.Found(given.title, given.description, given.severity, given.characteristic, given.place, given.supplier, given.customer)

        async def use_case(tx: TenantTransaction) -> Reply:
            source = service.NcSource(given.source, given.source_reference)
            goods = [one.goods() for one in given.goods]
            opened = await service.open_nonconformance(
                tx, info.context.caller_principal, source=source, found=found, goods=goods, hold=given.hold, photo_ids=photo_ids(given.photo_ids)
            )
            return {"nonconformance": str(opened)}

        return payload(await perform(info, given, use_case, gate=Gate.EXCLUSIVE if given.hold else Gate.NONE))

    @mutation(description="Add goods to a nonconformance, or say another quantity of them. Needs an Idempotency-Key.", directives=_OPEN)
    async def add_nonconforming_goods(
        self, info: Info, given: Annotated[AddNonconformingGoodsInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """They aren't held by this: hold them by `placeHold` where what holds the others doesn't reach them."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = nonconformance_id_of(given.nonconformance_id)
            await service.add_objects(tx, info.context.caller_principal, asked, [one.goods() for one in given.goods])
            return {"nonconformance": str(asked)}

        return payload(await perform(info, given, use_case))

    @mutation(description="Take a nonconformance up for review: it waits for a decision from then on. Needs an Idempotency-Key.", directives=_OPEN)
    async def review_nonconformance(
        self, info: Info, given: Annotated[ReviewNonconformanceInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Once."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            asked = nonconformance_id_of(given.nonconformance_id)
            await service.review(tx, info.context.caller_principal, asked, comment=given.comment)
            return {"nonconformance": str(asked)}

        return payload(await perform(info, given, use_case))

    @mutation(
        description="Tell that goods were scrapped, returned or reworked, with the event that proves it. Needs an Idempotency-Key.",
        directives=_OPEN,
    )
    async def execute_disposition(
        self, info: Info, given: Annotated[ExecuteDispositionInput, strawberry.argument(name="input")]
    ) -> NonconformancePayload | None:
        """Nothing is released by it."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            event_id = None
            if given.event_id is not None and (event_id := uuid_of(given.event_id, "Event")) is None:
                raise ProofMissingError("There is no such event. Look it up in the list of events.", field="eventId")
            of = await executing.carry_out(
                tx, info.context.caller_principal, disposition_id_of(given.disposition_id), event_id=event_id, outcome_key=given.outcome_key,
                comment=given.comment,
            )  # fmt: skip
            return {"nonconformance": str(of)}

        return payload(await perform(info, given, use_case))

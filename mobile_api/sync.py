"""Synchronising a phone: each entry of a batch answered by itself, the same however often, in whatever pieces and order it comes.

Facts are captured in groups of up to 25, each group in one transaction; one that fails is done again entry by entry, so that no entry
takes another with it. A command has a transaction of its own, and its refusal is saved: one entry id, one answer, also after the hold
that stood in the way is gone. What only went wrong for the moment fails the request as a whole (503); what was committed by then is
answered as a duplicate when the batch comes again.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec
from sqlalchemy.exc import SQLAlchemyError

from backend.events.errors import EventConflictError
from backend.events.faults import Fault
from backend.events.projection import Source
from backend.events.reporting import EventsOutsideSitesError, outside_sites, require_inside
from backend.events.service import Outcome, OutcomeStatus, stored_contents
from backend.holds import service as holds
from backend.holds.errors import GoodsHeldError
from backend.objects import service as objects
from backend.services import Services
from backend.shipments import service as shipments
from infra import clock
from infra.database import TenantTransaction
from infra.errors import PermissionDeniedError, SuyuanError, UnavailableError
from infra.logging import get_logger
from mobile_api import review, rules
from mobile_api.batch import EntryInvalidError, EntryUnexpectedError, NotUnderstood, Received, Understood, groups, in_order, plain, read_batch
from mobile_api.entries import Mode
from mobile_api.schemas import Cause, EntryAnswer, EntryStatus, SyncAnswer
from tenants import audit
from tenants.errors import InFlightError
from tenants.idempotency import replay_or_claim, save_reply
from tenants.permissions import Permission
from tenants.principal import Principal

SYNCED: Final = "events.synced"
_IN_FLIGHT_TRIES: Final = 40
_IN_FLIGHT_PAUSE: Final = 0.05
_STATUS: Final = {
    OutcomeStatus.ACCEPTED: EntryStatus.ACCEPTED,
    OutcomeStatus.DUPLICATE: EntryStatus.DUPLICATE,
    OutcomeStatus.CONFLICT: EntryStatus.NEEDS_REVIEW,
}
_OTHER_CONTENT: Final = "Another entry with this id and other content is stored. This one is kept; somebody will look at both."
# The server or the way to it is at fault, not the entry: the batch comes again.
_MOMENTARY: Final = (
    UnavailableError,
    OSError,
    TimeoutError,
    SQLAlchemyError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,
)
_log = get_logger(__name__)


async def synchronise(services: Services, principal: Principal, body: bytes) -> SyncAnswer:
    """Take a batch in and answer each entry, in the order sent. Raises for a body that is no batch, with nothing written."""
    principal.require(Permission.MOBILE_SYNC)
    # Reading takes up to a tenth of a second, in which others are not to wait.
    received = await asyncio.to_thread(read_batch, body)
    work = _Sync(services, principal)
    answers: dict[int, EntryAnswer] = {}
    try:
        for group in groups(in_order(received)):
            taken = [group] if isinstance(group, NotUnderstood) else group
            given = [await work.put_by(group)] if isinstance(group, NotUnderstood) else await work.take(group)
            answers.update(zip((item.position for item in taken), given, strict=True))
    except Exception as problem:
        if not _is_momentary(problem):
            raise
        raise UnavailableError("This can't be taken at the moment. Send the batch again in a few seconds.", retry_after=2) from problem
    return SyncAnswer([answers[item.position] for item in received])


class _Sync:
    def __init__(self, services: Services, principal: Principal) -> None:
        self._services = services
        self._principal = principal

    async def put_by(self, item: NotUnderstood) -> EntryAnswer:
        """Refuse a command that can't be understood; keep anything else for a person."""
        return _refusal(item, item.problem) if item.mode is Mode.COMMAND else await self._set_aside(item, item.problem)

    async def take(self, group: Sequence[Understood]) -> list[EntryAnswer]:
        """Answer a group in one transaction, or each of it in one of its own."""
        try:
            return [await self._command(group[0])] if group[0].mode is Mode.COMMAND else await self._facts(group)
        except Exception as problem:
            if _is_momentary(problem):
                raise
            if len(group) > 1:
                _log.info("group_retried_singly", entries=len(group), problem=repr(problem))
                return [(await self.take([item]))[0] for item in group]
            return [await self._unexpected(group[0], problem)]

    async def _facts(self, group: Sequence[Understood]) -> list[EntryAnswer]:
        try:
            self._principal.require(Permission.EVENTS_CAPTURE)
        except PermissionDeniedError as refusal:
            return [await self._set_aside(item, refusal) for item in group]
        told = [item.event for item in group]

        async def capture(tx: TenantTransaction) -> tuple[dict[int, Fault], list[Outcome]]:
            outside = await outside_sites(tx, self._principal, list(enumerate(told)))
            outcomes = await self._services.capture.capture(
                tx, [event for place, event in enumerate(told) if place not in outside], source=Source.MOBILE
            )
            await self._record(tx, outcomes)
            return outside, outcomes

        outside, outcomes = await self._services.capturing(self._principal.tenant_id, told, capture)
        taken = iter(outcomes)
        return [
            await self._set_aside(item, EventsOutsideSitesError([outside[place]])) if place in outside else _answer(item, next(taken))
            for place, item in enumerate(group)
        ]

    async def _record(self, tx: TenantTransaction, outcomes: Sequence[Outcome]) -> None:
        """Who told it: the event log itself knows no persons."""
        keys = [outcome.event_key for outcome in outcomes if outcome.status is OutcomeStatus.ACCEPTED]
        if keys:
            await audit.record(tx, self._principal, SYNCED, f"{len(keys)} events", after={"events": keys})

    async def _set_aside(self, item: Received, problem: SuyuanError) -> EntryAnswer:
        reason = f"{problem.code}: {problem.message}"
        place = review.place_of(self._principal)
        await self._services.in_tenant(self._principal.tenant_id, lambda tx: review.keep(tx, item, reason, place=place))
        return EntryAnswer(item.client_id, EntryStatus.NEEDS_REVIEW, code=problem.code, message=plain(problem.message))

    async def _unexpected(self, item: Understood, problem: Exception) -> EntryAnswer:
        """One entry that makes us fail must not keep a phone's whole queue from ever being taken."""
        _log.error("entry_failed", entry=str(item.client_id), exc_info=problem)
        told = EntryUnexpectedError()
        return _refusal(item, told) if item.mode is Mode.COMMAND else await self._set_aside(item, told)

    async def _command(self, item: Understood) -> EntryAnswer:
        """The answer given before; or do it; or save why it was refused, in a transaction after the one that was undone."""
        odd = rules.clock_notes(item.event.event_time, clock.now())
        if odd:
            # Goods that leave now must not be recorded as of another year, when other goods lay in the same pallet.
            return _refusal(item, EntryInvalidError(odd[0].message, field="occurredAt"))
        for _ in range(_IN_FLIGHT_TRIES):
            try:
                return await self._decide(item)
            except InFlightError:
                await asyncio.sleep(_IN_FLIGHT_PAUSE)
        raise UnavailableError("A command of this batch is still being worked on.")

    async def _decide(self, item: Understood) -> EntryAnswer:
        try:
            return await self._services.capturing(self._principal.tenant_id, [item.event], lambda tx: self._obey(tx, item))
        except InFlightError:
            raise
        except SuyuanError as refusal:
            if refusal.status >= 500:
                raise
            answer = _refusal(item, refusal)
        return await self._services.in_tenant(self._principal.tenant_id, lambda tx: self._save(tx, item, answer))

    async def _obey(self, tx: TenantTransaction, item: Understood) -> EntryAnswer:
        known = await self._known(tx, item)
        if known:
            return known
        event, order = item.event, item.ship_order
        if order:
            outcome = await shipments.ship(tx, self._principal, self._services.capture, order, source=Source.MOBILE)
            return _answer(item, outcome)
        for permission in rules.permissions_for(event, orders=False):
            self._principal.require(permission)
        [outcome] = await self._services.capture.capture(tx, [event], source=Source.MOBILE, command=True)
        # Asked after it was captured, because the event itself may teach which lot a unit is of; what is refused is undone.
        at_stake = await objects.resolve(tx, holds.at_stake(event))
        await holds.refuse_if_held(tx, list(at_stake.values()))
        await self._record(tx, [outcome])
        return _answer(item, outcome)

    async def _known(self, tx: TenantTransaction, item: Understood) -> EntryAnswer | None:
        """What this command was answered before: stored, or refused. Raises `EventConflictError` where its id stands for something else."""
        saved = await replay_or_claim(tx, self._principal, f"mobile:{item.client_id}", item.content_sha256)
        if saved:
            return msgspec.json.decode(saved.reply, type=EntryAnswer)
        needed = rules.permissions_for(item.event, orders=item.ship_order is not None)
        for permission in sorted(needed & self._principal.permissions):
            await require_inside(tx, self._principal, [item.event], permission)
        stored = (await stored_contents(tx, [item.event.event_key])).get(item.event.event_key)
        if stored is None:
            return None
        public_id, content = stored
        if content != item.event.content_sha256:
            raise EventConflictError(item.event.event_key)
        return _answer(item, Outcome(OutcomeStatus.DUPLICATE, item.event.event_key, public_id))

    async def _save(self, tx: TenantTransaction, item: Understood, answer: EntryAnswer) -> EntryAnswer:
        try:
            known = await self._known(tx, item)
        except SuyuanError as refusal:
            if isinstance(refusal, InFlightError):
                raise
            return answer
        if known is None:
            reply = msgspec.json.encode(answer).decode()
            await save_reply(tx, self._principal, f"mobile:{item.client_id}", item.content_sha256, status=409, reply=reply)
        return known or answer


def _is_momentary(problem: Exception) -> bool:
    # What asyncpg can't encode is the entry's fault, although its class says interface.
    return isinstance(problem, _MOMENTARY) and not isinstance(problem, ValueError)


def _answer(item: Understood, outcome: Outcome) -> EntryAnswer:
    status = _STATUS[outcome.status]
    notes = rules.clock_notes(item.event.event_time, clock.now())
    if status is EntryStatus.NEEDS_REVIEW:
        return EntryAnswer(item.client_id, status, code=EventConflictError.code, message=_OTHER_CONTENT, notes=notes)
    return EntryAnswer(item.client_id, status, outcome.public_id, notes=notes)


def _refusal(item: Received, problem: SuyuanError) -> EntryAnswer:
    causes = []
    if isinstance(problem, GoodsHeldError):
        causes = [Cause(cause.hold_id, cause.reason, cause.root_uri, cause.held_uri, cause.correction_pending) for cause in problem.causes]
    return EntryAnswer(item.client_id, EntryStatus.REFUSED, code=problem.code, message=plain(problem.message), causes=causes)

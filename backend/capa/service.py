"""Corrective and preventive actions: opened, written discipline by discipline, done, checked for their effect, closed or reopened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.capa import looking, repository, rules
from backend.capa.errors import ActionItemNotFoundError, CorrectiveActionNotFoundError, CorrectiveActionStateError
from backend.capa.rules import ActionKind, ActionStatus, Detail, Discipline
from backend.capa.stored import CorrectiveAction, Written, write_detail
from backend.catalog.sites import sites_of
from backend.nonconformance import query_service as nonconformances
from backend.nonconformance.errors import NonconformanceNotFoundError
from backend.nonconformance.history import note
from backend.nonconformance.stored import Nonconformance
from backend.nonconformance.texts import LONG, TITLE, optional_text, text_of
from backend.numbering.service import number_of
from backend.photos import service as photos
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal
from tenants.signatures.service import Signature, sign

SERIES: Final = "CA"
MOST_NONCONFORMANCES: Final = 50
MOST_ITEMS: Final = 200
MOST_DAYS: Final = 1_095


@dataclass(frozen=True, slots=True)
class Check:
    """When the effect is checked, by what criterion, and what is watched for recurrence until then."""

    at: datetime
    criterion: str
    gtin: str | None = None
    characteristic: str | None = None
    days: int = 90


def subject_of(corrective_action_id: UUID) -> str:
    """What the trail, the history and signatures call it."""
    return f"corrective_action:{corrective_action_id}"


async def open_action(
    tx: TenantTransaction, principal: Principal, *, kind: ActionKind, title: str, owner_id: UUID, due_at: datetime | None,
    nonconformance_ids: Sequence[UUID],
) -> UUID:  # fmt: skip
    """Open one, for nonconformances or ahead of any; `owner_id` is an active member's."""
    sites = await sites_of(tx, principal, Permission.ACTIONS_MANAGE)
    if sites is not None and not nonconformance_ids:
        principal.require_everywhere(Permission.ACTIONS_MANAGE)
    title = text_of(title, "title", TITLE)
    if len(nonconformance_ids) > MOST_NONCONFORMANCES:
        raise InvalidInputError(f"Name at most {MOST_NONCONFORMANCES} nonconformances.", field="nonconformanceIds")
    if nonconformance_ids and (await nonconformances.by_id(tx, nonconformance_ids, sites)).keys() != set(nonconformance_ids):
        problem = NonconformanceNotFoundError()
        problem.field = "nonconformanceIds"
        raise problem
    await _require_members(tx, "ownerId", owner_id)
    corrective_action_id, number = uuid7(), await number_of(tx, SERIES)
    await repository.insert(
        tx, corrective_action_id=corrective_action_id, number=number, kind=int(kind), status=int(ActionStatus.OPEN), title=title,
        owner_id=owner_id, opened_at=clock.now(), opened_by=principal.actor_id, due_at=due_at,
    )  # fmt: skip
    if nonconformance_ids:
        await repository.add_causes(tx, corrective_action_id, nonconformance_ids)
    await looking.look_at(tx, due_at)
    after = {"number": number, "kind": kind.name, "owner": str(owner_id), "nonconformances": [str(one) for one in nonconformance_ids]}
    await _record_action(tx, principal, corrective_action_id, "corrective_action.opened", after=after, reason=title)
    return corrective_action_id


async def write_discipline(
    tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, discipline: Discipline, *, text: str, detail: Detail,
    due_at: datetime | None, done: bool,
) -> None:  # fmt: skip
    """What a discipline of D1 to D7 says from now on. D8 is the closing: see `verify`."""
    found = await _changeable(tx, principal, corrective_action_id)
    if discipline is Discipline.CLOSURE:
        raise InvalidInputError("D8 is written by verifying the effect.", field="discipline")
    text = text_of(text, "text", LONG, required=done)
    rules.check_detail(discipline, detail)
    written = write_detail(detail)
    at = clock.now() if done else None
    await repository.put_discipline(tx, found.corrective_action_id, discipline, text=text, detail=written, due_at=due_at, done_at=at)
    if not done:
        await looking.look_at(tx, due_at)
    await looking.settled(tx, "discipline", corrective_action_id, f"D{int(discipline)}", done=done)
    after = {"discipline": int(discipline), "text": text, "detail": written, "done": done, "dueAt": _iso(due_at)}
    await _record_action(tx, principal, corrective_action_id, "corrective_action.written", after=after)


async def add_item(
    tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, *, discipline: Discipline, text: str, owner_id: UUID,
    due_at: datetime | None,
) -> UUID:  # fmt: skip
    """An action to be done under D3, D5, D6 or D7."""
    found = await _changeable(tx, principal, corrective_action_id)
    if discipline not in rules.ITEMS:
        raise InvalidInputError("Actions stand under D3, D5, D6 and D7.", field="discipline")
    text = text_of(text, "text", LONG)
    await _require_members(tx, "ownerId", owner_id)
    if len(await repository.items_of(tx, [found.corrective_action_id])) >= MOST_ITEMS:
        raise InvalidInputError(f"A corrective action has at most {MOST_ITEMS} actions.", field="text")
    item_id = uuid7()
    await repository.insert_item(tx, item_id, corrective_action_id, discipline=discipline, text=text, owner_id=owner_id, due_at=due_at)
    await looking.look_at(tx, due_at)
    after = {"item": str(item_id), "discipline": int(discipline), "text": text, "owner": str(owner_id), "dueAt": _iso(due_at)}
    await _record_action(tx, principal, corrective_action_id, "corrective_action.item_added", after=after)
    return item_id


async def complete_item(tx: TenantTransaction, principal: Principal, item_id: UUID, *, evidence: str, photo_ids: Sequence[UUID] = ()) -> UUID:
    """An action is done, as `evidence` and photos say; gives the corrective action."""
    row = await repository.item(tx, item_id)
    if row is None:
        raise ActionItemNotFoundError
    try:
        found = await _changeable(tx, principal, row["corrective_action_id"])
    except CorrectiveActionNotFoundError:
        raise ActionItemNotFoundError from None
    evidence = text_of(evidence, "evidence", LONG)
    if not await repository.complete_item(tx, item_id, at=clock.now(), by=principal.actor_id, evidence=evidence):
        raise ActionItemNotFoundError
    await photos.attach(tx, principal, photo_ids=photo_ids, subject=f"action_item:{item_id}")
    await looking.settled(tx, "item", item_id, row["text"], done=True)
    await _record_action(tx, principal, found.corrective_action_id, "corrective_action.item_done", after={"item": str(item_id), "evidence": evidence})
    return found.corrective_action_id


async def plan_check(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, check: Check) -> None:
    """Say when the effect is checked and by what. What is watched recurs where a nonconformance names the same characteristic or product."""
    found = await _changeable(tx, principal, corrective_action_id)
    if not 1 <= check.days <= MOST_DAYS:
        raise InvalidInputError(f"Watch for 1 to {MOST_DAYS} days.", field="days")
    if check.at <= clock.now():
        raise InvalidInputError("The check lies in the past; plan it for a time when the effect can be seen.", field="at")
    criterion = text_of(check.criterion, "criterion", LONG)
    gtin, characteristic = optional_text(check.gtin, "gtin", 20), optional_text(check.characteristic, "characteristic", TITLE)
    await repository.plan_check(
        tx, found.corrective_action_id, at=check.at, criterion=criterion, gtin=gtin, characteristic=characteristic, since=clock.now(),
        days=check.days,
    )  # fmt: skip
    await looking.look_at(tx, check.at)
    after = {"at": _iso(check.at), "criterion": criterion, "gtin": gtin, "characteristic": characteristic, "days": check.days}
    await _record_action(tx, principal, corrective_action_id, "corrective_action.check_planned", after=after)


async def submit(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID) -> None:
    """All is done: from now on it waits for the check of its effect."""
    found = await _changeable(tx, principal, corrective_action_id)
    written = [Written.from_row(row) for row in await repository.disciplines_of(tx, [corrective_action_id])]
    items = await repository.items_of(tx, [corrective_action_id])
    rules.require_ready_for_check(
        {one.discipline for one in written if one.done_at}, sum(row["done_at"] is None for row in items), has_check=found.check_at is not None
    )
    await repository.set_status(tx, corrective_action_id, ActionStatus.CHECKING, None)
    await looking.settled(tx, "action", corrective_action_id, found.title, done=True)
    await _record_action(tx, principal, corrective_action_id, "corrective_action.submitted", after={"number": found.number})


async def check_verify(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, *, reason: str) -> None:
    """Raise what `verify` would raise."""
    await _verifiable(tx, principal, corrective_action_id, reason)


async def verify(
    tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, *, effective: bool, reason: str, signature: Signature
) -> None:
    """D8: the effect was checked, and it is closed; or it had none, and it is open again. What recurred meanwhile is signed with it."""
    found, reason = await _verifiable(tx, principal, corrective_action_id, reason)
    recurred = [one.number for one in await recurrences(tx, found)]
    content = {
        "act": "corrective_action.verified", "number": found.number, "title": found.title, "criterion": found.criterion or "",
        "effective": effective, "recurrences": recurred, "reason": reason,
    }  # fmt: skip
    signature_id = await sign(tx, principal, signature, subject=subject_of(corrective_action_id), content=content)
    at = clock.now()
    if effective:
        await repository.put_discipline(
            tx, corrective_action_id, Discipline.CLOSURE, text=reason, detail=write_detail(Detail()), due_at=None, done_at=at
        )
    await repository.set_status(tx, corrective_action_id, ActionStatus.CLOSED if effective else ActionStatus.OPEN, at if effective else None)
    await looking.settled(tx, "check", corrective_action_id, found.criterion or "", done=True)
    await _record_action(tx, principal, corrective_action_id, "corrective_action.verified", after=content, reason=reason, signature_id=signature_id)


async def reopen(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, *, reason: str) -> None:
    """It has come back, or something was overlooked: it is open again, with all that it says."""
    found = await _managed(tx, principal, corrective_action_id)
    reason = text_of(reason, "reason", LONG)
    if found.status is ActionStatus.OPEN:
        raise CorrectiveActionStateError("It is open already.", field="correctiveActionId")
    await repository.set_status(tx, corrective_action_id, ActionStatus.OPEN, None)
    await _record_action(tx, principal, corrective_action_id, "corrective_action.reopened", after={"number": found.number}, reason=reason)


async def recurrences(tx: TenantTransaction, found: CorrectiveAction) -> list[Nonconformance]:
    """Nonconformances since the check was planned that name what it watches; none where it watches nothing."""
    return (await recurrences_of(tx, [found]))[0]


async def recurrences_of(tx: TenantTransaction, actions: Sequence[CorrectiveAction]) -> list[list[Nonconformance]]:
    """The same of each, in their order."""
    watched = {
        place: (one.watched_gtin, one.watched_characteristic, one.watched_from, one.watched_from + timedelta(days=one.watched_days))
        for place, one in enumerate(actions)
        if one.watched_from is not None and one.watched_days is not None and (one.watched_gtin or one.watched_characteristic)
    }
    told = dict(zip(watched, await nonconformances.recurrences(tx, list(watched.values())), strict=True))
    return [told.get(place, []) for place in range(len(actions))]


async def _verifiable(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, reason: str) -> tuple[CorrectiveAction, str]:
    found = await _managed(tx, principal, corrective_action_id, Permission.ACTIONS_VERIFY)
    reason = text_of(reason, "reason", LONG)
    if found.status is not ActionStatus.CHECKING:
        raise CorrectiveActionStateError("It doesn't wait for a check of its effect.", field="correctiveActionId")
    if found.check_at is not None and found.check_at > clock.now():
        raise CorrectiveActionStateError(
            f"Its effect is checked from {_iso(found.check_at)} on; plan the check anew for another day.", field="correctiveActionId"
        )
    if found.owner_id == principal.membership_id:
        raise CorrectiveActionStateError("You answer for this action: somebody else judges whether it works.", field="signature")
    return found, reason


async def _changeable(tx: TenantTransaction, principal: Principal, corrective_action_id: UUID) -> CorrectiveAction:
    found = await _managed(tx, principal, corrective_action_id)
    if found.status is ActionStatus.CLOSED:
        raise CorrectiveActionStateError("It is closed: reopen it first.", field="correctiveActionId")
    return found


async def _managed(
    tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, permission: Permission = Permission.ACTIONS_MANAGE
) -> CorrectiveAction:
    """One that the caller may act on, held until the transaction ends."""
    sites = await sites_of(tx, principal, permission)
    if not await repository.by_ids(tx, [corrective_action_id], sites):
        raise CorrectiveActionNotFoundError
    row = await repository.lock(tx, corrective_action_id)
    if row is None:
        raise CorrectiveActionNotFoundError
    return CorrectiveAction.from_row(row)


async def _require_members(tx: TenantTransaction, field: str, *membership_ids: UUID) -> None:
    if not await repository.members_exist(tx, membership_ids):
        raise InvalidInputError("There is no such active member.", field=field)


async def _record_action(
    tx: TenantTransaction, principal: Principal, corrective_action_id: UUID, action: str, *, after: dict[str, Any], reason: str = "",
    signature_id: UUID | None = None,
) -> None:  # fmt: skip
    subject = subject_of(corrective_action_id)
    await audit.record(tx, principal, action, subject, after=after, reason=reason or None, signature_id=signature_id)
    await note(tx, principal, subject, action.partition(".")[2], reason, detail=after)


def _iso(moment: datetime | None) -> str | None:
    return clock.isoformat(moment) if moment else None

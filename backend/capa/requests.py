"""Requests to suppliers for corrective action: sent with a link, answered by a guest, reviewed, sent back or accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from backend.capa import looking, mailing, repository, rules
from backend.capa import request_repository as requests
from backend.capa.errors import CorrectiveActionNotFoundError, GuestLinkInvalidError, SupplierRequestNotFoundError, SupplierRequestStateError
from backend.capa.mail_words import Occasion
from backend.capa.rules import RequestStatus, Verdict
from backend.capa.stored import Answer, SupplierRequest
from backend.capa.tokens import RequestToken
from backend.catalog import service as catalog
from backend.catalog.sites import sites_of
from backend.nonconformance.history import note
from backend.nonconformance.texts import LONG, TITLE, text_of
from backend.numbering.service import number_of
from backend.objects import service as objects
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

SERIES: Final = "SCAR"
MOST_LOTS: Final = 50
MOST_ANSWERS: Final = 50
# A link outlives the day when the answer is due, so that a late answer still comes in.
GRACE: Final = timedelta(days=30)
LONGEST: Final = timedelta(days=366)
LIMITS: Final[Mapping[str, int]] = {"written_by": 100, "containment": LONG, "root_cause": LONG, "corrective_action": LONG, "done_by": 100}


@dataclass(frozen=True, slots=True)
class Opened:
    """What a guest's link shows: the request, its lots' numbers with their products' names, and what was answered. Nothing else."""

    request: SupplierRequest
    lots: Sequence[tuple[str, Mapping[str, str]]]
    answers: Sequence[Answer]


def subject_of(request_id: UUID) -> str:
    """What the trail and the history call it."""
    return f"supplier_request:{request_id}"


async def send(
    tx: TenantTransaction, principal: Principal, *, supplier: str, text: str, due_at: datetime, lot_keys: Sequence[str],
    corrective_action_id: UUID | None,
) -> tuple[UUID, RequestToken]:  # fmt: skip
    """A new request, and the token of its link, which is shown once."""
    sites = await sites_of(tx, principal, Permission.ACTIONS_MANAGE)
    text = text_of(text, "text", LONG)
    _require_soon(due_at)
    if supplier not in await catalog.partners_by_party(tx, [supplier]):
        raise InvalidInputError("The catalogue has no such partner. Name one of it by its URI, or put it into the catalogue.", field="supplier")
    if len(lot_keys) > MOST_LOTS:
        raise InvalidInputError(f"Name at most {MOST_LOTS} lots.", field="lots")
    if sites is not None and not lot_keys:
        principal.require_everywhere(Permission.ACTIONS_MANAGE)
    lots = [(await objects.find(tx, key, sites)).object_id for key in lot_keys]
    if corrective_action_id is not None and not await repository.by_ids(tx, [corrective_action_id], sites):
        raise CorrectiveActionNotFoundError
    request_id, number, token = uuid7(), await number_of(tx, SERIES), RequestToken.new(principal.tenant_public_id)
    await requests.insert(
        tx, supplier_request_id=request_id, number=number, status=int(RequestStatus.SENT), supplier=supplier,
        corrective_action_id=corrective_action_id, text=text, due_at=due_at, sent_at=clock.now(), sent_by=principal.actor_id,
        token_sha256=token.sha256, token_expires_at=due_at + GRACE,
    )  # fmt: skip
    if lots:
        await requests.add_objects(tx, request_id, lots)
    await looking.look_at(tx, due_at)
    await looking.remind_at(tx, request_id, due_at)
    await mailing.write_to_supplier(tx, request_id, due_at, Occasion.SENT)
    await _record_request(
        tx,
        principal,
        request_id,
        "supplier_request.sent",
        after={"number": number, "supplier": supplier, "dueAt": clock.isoformat(due_at)},
        reason=text,
    )
    return request_id, token


async def renew_link(tx: TenantTransaction, principal: Principal, request_id: UUID) -> RequestToken:
    """Another link; the one before opens nothing from now on."""
    found = await _managed(tx, principal, request_id)
    if found.status not in rules.ANSWERABLE:
        raise SupplierRequestStateError("It is over: there is nothing to answer.", field="supplierRequestId")
    token = RequestToken.new(principal.tenant_public_id)
    expires_at = max(found.due_at, clock.now()) + GRACE
    await requests.set_token(tx, request_id, token.sha256, expires_at)
    await _record_request(
        tx, principal, request_id, "supplier_request.link_renewed", after={"number": found.number, "expiresAt": clock.isoformat(expires_at)}
    )
    return token


async def review(tx: TenantTransaction, principal: Principal, request_id: UUID, *, accept: bool, comment: str, due_at: datetime | None) -> None:
    """Accept the supplier's last answer, or send it back with a comment and another day until when to answer."""
    found = await _managed(tx, principal, request_id)
    comment = text_of(comment, "comment", LONG, required=not accept)
    if found.status is not RequestStatus.ANSWERED:
        raise SupplierRequestStateError("There is no answer to be reviewed.", field="supplierRequestId")
    if due_at is not None:
        _require_soon(due_at)
    last = (await requests.answers_of(tx, [request_id]))[0]
    at, verdict = clock.now(), Verdict.ACCEPTED if accept else Verdict.SENT_BACK
    await requests.insert_review(tx, request_id, last["answer_id"], at=at, by=principal.actor_id, verdict=verdict, comment=comment)
    if accept:
        await requests.set_status(tx, request_id, RequestStatus.ACCEPTED, closed_at=at)
        await looking.settled(tx, "request", request_id, "", done=True)
    else:
        await requests.set_status(tx, request_id, RequestStatus.SENT_BACK, due_at=due_at)
        await looking.look_at(tx, due_at or found.due_at)
        await looking.remind_at(tx, request_id, due_at or found.due_at)
        await mailing.write_to_supplier(tx, request_id, due_at or found.due_at, Occasion.SENT_BACK)
    after = {"number": found.number, "answer": str(last["answer_id"])}
    await _record_request(
        tx, principal, request_id, "supplier_request.answer_accepted" if accept else "supplier_request.answer_sent_back", after=after, reason=comment
    )


async def cancel(tx: TenantTransaction, principal: Principal, request_id: UUID, *, reason: str) -> None:
    """It isn't wanted any more: its link opens nothing from now on."""
    found = await _managed(tx, principal, request_id)
    reason = text_of(reason, "reason", LONG)
    if found.closed_at is not None:
        raise SupplierRequestStateError("It is over already.", field="supplierRequestId")
    await requests.set_status(tx, request_id, RequestStatus.CANCELLED, closed_at=clock.now())
    await looking.settled(tx, "request", request_id, "", done=True)
    await _record_request(tx, principal, request_id, "supplier_request.cancelled", after={"number": found.number}, reason=reason)


async def open_link(tx: TenantTransaction, token: RequestToken) -> Opened:
    """What a guest sees; raises `GuestLinkInvalidError` for any link that opens nothing."""
    row = await requests.by_token(tx, token.sha256, clock.now())
    if row is None:
        raise GuestLinkInvalidError
    found = SupplierRequest.from_row(row)
    lots = await objects.load(tx, [each["object_id"] for each in await requests.objects_of(tx, [found.supplier_request_id])])
    products = await catalog.products_by_gtin(tx, {thing.gtin for thing in lots.values() if thing.gtin})
    told = [(thing.code, dict(products[thing.gtin].names) if thing.gtin in products else {}) for _, thing in sorted(lots.items())]
    answers = [Answer.from_row(each) for each in await requests.answers_of(tx, [found.supplier_request_id])]
    return Opened(found, told, answers)


async def acknowledge(tx: TenantTransaction, token: RequestToken, *, address: str) -> None:
    """The supplier has received it."""
    found = await _guests(tx, token)
    if found.status is RequestStatus.SENT:
        await requests.set_status(tx, found.supplier_request_id, RequestStatus.ACKNOWLEDGED, acknowledged_at=clock.now())
        await _record_request(
            tx,
            None,
            found.supplier_request_id,
            "supplier_request.acknowledged",
            after={"number": found.number, "from": address},
            guest=found.supplier,
        )


async def answer(tx: TenantTransaction, token: RequestToken, given: Mapping[str, str], *, address: str) -> None:
    """What the supplier writes, as a whole; `rules.answer_problems` was asked before."""
    found = await _guests(tx, token)
    words = {name: text_of(given.get(name, ""), name, limit) for name, limit in LIMITS.items()}
    if len(await requests.answers_of(tx, [found.supplier_request_id])) >= MOST_ANSWERS:
        raise SupplierRequestStateError("This request was answered too often. Ask whoever sent it for a new one.")
    at = clock.now()
    await requests.insert_answer(tx, found.supplier_request_id, uuid7(), at=at, words=words)
    await requests.set_status(tx, found.supplier_request_id, RequestStatus.ANSWERED, acknowledged_at=at)
    await looking.settled(tx, "request", found.supplier_request_id, "", done=True)
    await _record_request(
        tx,
        None,
        found.supplier_request_id,
        "supplier_request.answered",
        after={"number": found.number, "from": address, **words},
        guest=found.supplier,
    )


async def _guests(tx: TenantTransaction, token: RequestToken) -> SupplierRequest:
    row = await requests.by_token(tx, token.sha256, clock.now(), lock=True)
    if row is None or RequestStatus(row["status"]) not in rules.ANSWERABLE:
        raise GuestLinkInvalidError
    return SupplierRequest.from_row(row)


async def _managed(tx: TenantTransaction, principal: Principal, request_id: UUID) -> SupplierRequest:
    sites = await sites_of(tx, principal, Permission.ACTIONS_MANAGE)
    if not await requests.by_ids(tx, [request_id], sites):
        raise SupplierRequestNotFoundError
    row = await requests.lock(tx, request_id)
    if row is None:
        raise SupplierRequestNotFoundError
    return SupplierRequest.from_row(row)


def _require_soon(due_at: datetime) -> None:
    if not clock.now() < due_at <= clock.now() + LONGEST:
        raise InvalidInputError("Give a day within the next year until when it is to be answered.", field="dueAt")


async def _record_request(
    tx: TenantTransaction, principal: Principal | None, request_id: UUID, action: str, *, after: dict[str, Any], reason: str = "", guest: str = ""
) -> None:
    subject = subject_of(request_id)
    await audit.record(tx, principal, action, subject, after=after, reason=reason[:TITLE] or None)
    await note(tx, principal or guest or None, subject, action.partition(".")[2], reason, detail=after)

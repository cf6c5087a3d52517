"""Open a case, write on it, take it up for investigation, and change what it suspects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from backend.numbering.service import number_of
from backend.recall_scope import service as scope
from backend.recall_scope.sources import NO_BOUNDS, Bounds, Source
from backend.recalls import clocks, repository, topics
from backend.recalls.holding import hold_sources
from backend.recalls.kinds import ActKind, RecallState, Sector
from backend.recalls.locking import locked, managed, require_running, require_state
from backend.recalls.stored import RecallCase, subject_of
from backend.recalls.texts import LONG, TITLE, by_language, countries_of, text_of, written
from backend.recalls.timeline import record_act
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

SERIES: Final = "R"
DRILL_SERIES: Final = "RD"
_CONTACT: Final = 200


@dataclass(frozen=True, slots=True)
class Words:
    """What a case says beside its title and reason; `products` and `instructions` by language. Empty parts say nothing."""

    hazard: str = ""
    products: Mapping[str, str] = field(default_factory=dict)
    instructions: Mapping[str, str] = field(default_factory=dict)
    contact_phone: str = ""
    contact_email: str = ""

    def columns(self) -> dict[str, Any]:
        """Checked, as they are stored. Raises `InvalidInputError`."""
        return {
            "hazard": text_of(self.hazard, "hazard", LONG, required=False), "products": written(by_language(self.products, "products")),
            "instructions": written(by_language(self.instructions, "instructions")),
            "contact_phone": text_of(self.contact_phone, "contactPhone", _CONTACT, required=False),
            "contact_email": text_of(self.contact_email, "contactEmail", _CONTACT, required=False),
        }  # fmt: skip


async def open_case(
    tx: TenantTransaction,
    principal: Principal | None,
    *,
    title: str,
    reason: str,
    sources: Sequence[Source],
    bounds: Bounds = NO_BOUNDS,
    drill: bool = False,
    source_reference: str = "",
    words: Words | None = None,
    sector: Sector | None = None,
    countries: Sequence[str] = (),
    known_at: datetime | None = None,
    owner_id: UUID | None = None,
) -> UUID:
    """Open a case as a suspicion; without a principal the service itself does. Where sector and countries are given, clocks run at once.

    `known_at` is when the company came to know, now by default; `owner_id` a membership, the caller's by default. Raises what
    `recall_scope` raises for sources, `InvalidInputError`, `PermissionDeniedError`.
    """
    if principal is not None:
        principal.require_everywhere(Permission.RECALLS_MANAGE)
    title, reason = text_of(title, "title", TITLE), text_of(reason, "reason", LONG)
    named = countries_of(countries)
    case_id, number, now = uuid7(), await number_of(tx, DRILL_SERIES if drill else SERIES), clock.now()
    await repository.insert(
        tx, case_id=case_id, number=number, drill=drill, state=int(RecallState.SUSPICION), title=title, reason=reason,
        **(words or Words()).columns(), source_reference=text_of(source_reference, "sourceReference", TITLE, required=False),
        sector=int(sector) if sector else None, countries=",".join(named), owner_id=owner_id or (principal.membership_id if principal else None),
        known_at=_known(known_at, now), opened_at=now, opened_by=principal.actor_id if principal else None, decision_reason="", decided_name="",
        scope_version=0, root_cause="", capa_waiver="", effect_waiver="",
    )  # fmt: skip
    await scope.put_sources(tx, case_id, sources, bounds, principal=principal, drill=drill)
    after = {
        "number": number, "drill": drill, "sources": [one.declared() for one in await scope.sources_of(tx, case_id)], "bounds": bounds.declared(),
        "reference": source_reference, "sector": sector.name if sector else None, "countries": list(named),
    }  # fmt: skip
    await audit.record(tx, principal, "recall.opened", subject_of(case_id), after=after, reason=reason)
    await record_act(tx, case_id, kind=ActKind.OPENED, actor=principal, reason=reason, detail=after | {"title": title})
    await clocks.settle(tx, await locked(tx, case_id))
    await enqueue(tx, topics.OPENED, [{"case_id": str(case_id), "drill": drill}])
    return case_id


def _known(known_at: datetime | None, now: datetime) -> datetime:
    if known_at is not None and known_at > now:
        raise InvalidInputError("The company can't have come to know of it in the future.", field="knownAt")
    return known_at or now


@dataclass(frozen=True, slots=True)
class Changes:
    """Other words of a case; what is None stays as it is."""

    title: str | None = None
    reason: str | None = None
    hazard: str | None = None
    products: Mapping[str, str] | None = None
    instructions: Mapping[str, str] | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    sector: Sector | None = None
    countries: Sequence[str] | None = None
    known_at: datetime | None = None
    owner_id: UUID | None = None


async def change(tx: TenantTransaction, principal: Principal, case_id: UUID, changes: Changes) -> None:
    """Say something else. Sector and countries belong to the decision once it is made."""
    case = await managed(tx, principal, case_id)
    require_running(case)
    if case.decision is not None and (changes.sector is not None or changes.countries is not None):
        raise InvalidInputError("Sector and countries were decided: they change with another decision.", field="sector")
    columns = await _changed(tx, case, changes)
    if not columns:
        raise InvalidInputError("Nothing to change was given.", field="caseId")
    await repository.update(tx, case_id, **columns)
    told = {name: clock.isoformat(value) if isinstance(value, datetime) else value for name, value in columns.items()}
    after = {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()}
    await audit.record(tx, principal, "recall.changed", subject_of(case_id), after=after)
    await record_act(tx, case_id, kind=ActKind.CHANGED, actor=principal, detail=after)
    if case.announced_at is not None:
        await enqueue(tx, topics.CHANGED, [{"case_id": str(case_id), "drill": case.drill}])
    await clocks.settle(tx, await locked(tx, case_id))


async def _changed(tx: TenantTransaction, case: RecallCase, changes: Changes) -> dict[str, Any]:
    texts = {
        name: value for name in ("hazard", "products", "instructions", "contact_phone", "contact_email")
        if (value := getattr(changes, name)) is not None
    }  # fmt: skip
    columns = {name: value for name, value in Words(**texts).columns().items() if name in texts}
    if changes.title is not None:
        columns["title"] = text_of(changes.title, "title", TITLE)
    if changes.reason is not None:
        columns["reason"] = text_of(changes.reason, "reason", LONG)
    if changes.sector is not None:
        columns["sector"] = int(changes.sector)
    if changes.countries is not None:
        columns["countries"] = ",".join(countries_of(changes.countries))
    if changes.known_at is not None:
        columns["known_at"] = _known(changes.known_at, clock.now())
    if changes.owner_id is not None:
        if not await repository.member_exists(tx, changes.owner_id):
            raise InvalidInputError("There is no such active member.", field="ownerId")
        columns["owner_id"] = changes.owner_id
    return columns


async def change_sources(
    tx: TenantTransaction, principal: Principal, case_id: UUID, sources: Sequence[Source], bounds: Bounds, *, reason: str = ""
) -> None:
    """Suspect something else from now on. Once it is decided that goods are taken back, what is new is held, behind the exclusive gate.

    What was announced changes by a signed extension only.
    """
    case = await managed(tx, principal, case_id)
    require_state(case, {RecallState.SUSPICION, RecallState.INVESTIGATION, RecallState.DECIDED}, "What was announced changes by an extension.")
    reason = text_of(reason, "reason", LONG, required=False)
    await scope.put_sources(tx, case_id, sources, bounds, principal=principal)
    told = {"sources": [one.declared() for one in await scope.sources_of(tx, case_id)], "bounds": bounds.declared()}
    await audit.record(tx, principal, "recall.sources_changed", case.subject, after={"number": case.number, **told}, reason=reason or None)
    await record_act(tx, case_id, kind=ActKind.SOURCES_CHANGED, actor=principal, reason=reason, detail=told)
    if case.takes_back:
        await hold_sources(tx, case, principal, reason=case.title)


async def investigate(tx: TenantTransaction, principal: Principal, case_id: UUID, *, reason: str = "") -> None:
    """Take it up: from a suspicion it becomes an investigation."""
    case = await managed(tx, principal, case_id)
    require_state(case, {RecallState.SUSPICION}, "Only a suspicion is taken up for investigation.")
    reason = text_of(reason, "reason", LONG, required=False)
    await repository.update(tx, case_id, state=int(RecallState.INVESTIGATION))
    await audit.record(tx, principal, "recall.investigated", case.subject, after={"number": case.number}, reason=reason or None)
    await record_act(tx, case_id, kind=ActKind.INVESTIGATED, actor=principal, reason=reason, detail={})


async def comment(tx: TenantTransaction, principal: Principal, case_id: UUID, *, text: str) -> None:
    """Write something into the timeline."""
    case = await managed(tx, principal, case_id)
    text = text_of(text, "text", LONG)
    await audit.record(tx, principal, "recall.commented", case.subject, after={"number": case.number}, reason=text)
    await record_act(tx, case_id, kind=ActKind.COMMENTED, actor=principal, reason=text, detail={})

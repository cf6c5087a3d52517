"""A recall from its opening to its documents, by the use cases that a page and the worker call: to be measured, and to be tried at any size."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Final
from uuid import UUID

from backend.documents.kinds import DocumentKind, DocumentState, Subject
from backend.documents.service import MAKE, Document
from backend.holds import service as holds
from backend.objects import service as objects
from backend.recall_notices import bells
from backend.recall_notices import service as notices
from backend.recall_scope import service as scopes
from backend.recall_scope.service import FrozenScope, RecallScope, Source
from backend.recalls import deciding, opening, topics
from backend.recalls.holding import holds_of
from backend.recalls.kinds import RecallClass, RecallDecision, RecallDepth, Sector
from backend.recalls.query_service import case_by_id
from backend.recalls.rules import Verdict
from backend.services import Services
from backend.worker import handlers
from infra.database import Gate, TenantTransaction
from infra.ids import uuid7
from infra.queue import LONG, Handler, perform
from tenants.principal import Principal
from tenants.signatures.service import Meaning
from tests.signing import signature_of

STATEMENT_MS: Final = 120_000
VERDICT: Final = Verdict(RecallDecision.RECALL, RecallClass.I, RecallDepth.CONSUMER, Sector.FOOD, ("CN",))
WORDS: Final = opening.Words(
    hazard="It makes ill", instructions={"zh": "停止销售并退回", "en": "Stop selling and return"}, contact_phone="+86 21 0000 0000"
)
_TELLING: Final = (topics.DECIDED, topics.ANNOUNCED, bells.WRITE)


def forget_peak() -> float:
    """From here on the process's peak is counted anew; gives the megabytes that it has now. Linux."""
    Path("/proc/self/clear_refs").write_text("5")
    return _megabytes("VmRSS")


def peak_megabytes() -> float:
    """The most memory that this process has had at a time since then."""
    return _megabytes("VmHWM")


def press_megabytes() -> float:
    """The most that any process has had which this one started and saw end: the press is the largest."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def _megabytes(what: str) -> float:
    return int(Path("/proc/self/status").read_text(encoding="ascii").partition(f"{what}:")[2].split()[0]) / 1024


@dataclass
class WholeRecall:
    """One case of a tenant; each step is a use case in transactions of its own."""

    services: Services
    principal: Principal
    keys: Sequence[str]
    case_id: UUID = field(default_factory=uuid7)

    @property
    def tenant_id(self) -> int:
        return self.principal.tenant_id

    @property
    def sources(self) -> list[Source]:
        return [Source.of_object(key) for key in self.keys]

    @cached_property
    def _handlers(self) -> dict[str, Handler]:
        return handlers(self.services)

    async def scope(self) -> RecallScope:
        """What a page shows at once: complete, both ways, before there is a case."""
        async with self.services.database.tenant(self.tenant_id, timeout_ms=STATEMENT_MS) as tx:
            return await scopes.compute(tx, self.sources)

    async def open(self) -> None:
        """A suspicion."""

        async def use(tx: TenantTransaction) -> UUID:
            reason = "A test found it"
            return await opening.open_case(tx, self.principal, title="Salmonella", reason=reason, sources=self.sources, words=WORDS)

        self.case_id = await self.services.in_tenant(self.tenant_id, use)

    async def hold(self) -> None:
        """Decided and signed: the hold is in force when this returns."""
        signature = signature_of(self.principal, meaning=Meaning.APPROVED)
        use = partial(deciding.decide, principal=self.principal, case_id=self.case_id, verdict=VERDICT, reason="Salmonella", signature=signature)
        await self.services.in_tenant(self.tenant_id, use, gate=Gate.EXCLUSIVE)

    async def held(self, keys: Sequence[str]) -> bool:
        """Whether none of these may leave."""
        async with self.services.database.tenant(self.tenant_id) as tx:
            things = [await objects.find_key(tx, key) for key in keys]
            return all([thing is not None and bool(await holds.why_held(tx, [thing.object_id])) for thing in things])

    async def announce(self) -> FrozenScope:
        """Frozen as a whole, with its digest, and signed."""
        signature = signature_of(self.principal, meaning=Meaning.RECALLED)

        async def use(tx: TenantTransaction) -> FrozenScope:
            await deciding.announce(tx, self.principal, self.case_id, reason="It may hurt people", signature=signature)
            return await scopes.frozen(tx, self.case_id)

        return await self.services.in_tenant(self.tenant_id, use)

    async def notify(self) -> int:
        """Every customer's notice is written and queued; how many."""
        while await self._perform(_TELLING):
            continue
        async with self.services.database.tenant(self.tenant_id, timeout_ms=STATEMENT_MS) as tx:
            return len(await notices.notices_of(tx, self.case_id))

    async def document(self, kind: DocumentKind, **parameters: str) -> Document:
        """Made and stored. Raises `RuntimeError` where it couldn't be."""
        subject = Subject(kind, f"recall:{self.case_id}", parameters)
        asked = await self.services.in_tenant(self.tenant_id, lambda tx: self.services.documents.ask(tx, self.principal, subject, language="en"))
        await self._perform((MAKE,), str(asked))
        made = await self.services.in_tenant(self.tenant_id, lambda tx: self.services.documents.get(tx, self.principal, asked))
        if made.state is not DocumentState.READY:
            raise RuntimeError(f"{kind.name} is {made.state.name}: {made.failure}")
        return made

    async def _perform(self, wanted: Sequence[str], named: str = "") -> int:
        """Do the tenant's open rows of these topics, which name something, as the worker would."""
        async with self.services.database.tenant(self.tenant_id) as tx:
            rows = await tx.fetch(
                """select outbox_id from outbox where tenant_id = $1 and topic = any($2::text[]) and done_at is null and due_at <= now()
                     and strpos(payload, $3::text) > 0 order by outbox_id""",
                list(wanted),
                named or str(self.case_id),
            )
        for row in rows:
            await perform(self.services.database, self._handlers, self.tenant_id, row["outbox_id"], seconds=LONG.job_seconds)
        return len(rows)

    async def end(self) -> None:
        """Nobody watches it any more, what it held is let go, and what is left to be done of it isn't: the next one finds all as this one did."""

        async def use(tx: TenantTransaction) -> None:
            await scopes.watch(tx, self.case_id, scopes.Watch.OFF)
            for hold in await holds_of(tx, await case_by_id(tx, self.case_id)):
                await holds.release_of_origin(tx, self.principal, hold_id=hold.hold_id, reason="measured", signature_id=uuid7())
            await tx.execute("update outbox set done_at = now() where tenant_id = $1 and done_at is null")

        await self.services.in_tenant(self.tenant_id, use, gate=Gate.EXCLUSIVE)

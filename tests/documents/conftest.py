"""A maker for tests, whose documents are made, refused or hindered as the test says; and the worker's side over it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from backend.documents.digests import digest_of
from backend.documents.errors import DocumentSubjectNotFoundError
from backend.documents.kinds import DocumentKind, Subject
from backend.documents.running import DocumentMaking
from backend.documents.service import MAKE, REMOVE, Document, Documents
from backend.documents.stamp import stamped
from backend.documents.storing import DocumentRemoval
from backend.documents.work import Made, Work
from backend.services import Services
from infra.database import TenantTransaction
from infra.printing.shell import PrintedDocument
from infra.queue import Handler
from tenants.permissions import Permission
from tenants.principal import Principal
from tests.firms import Firm
from tests.outbox import do_outbox

LOT = Subject(DocumentKind.LOT_DOSSIER, "lot-1")


@dataclass
class TrialMaker:
    """Writes what it is told. `hinder` is called in the middle of each making, with the work."""

    kind: DocumentKind = DocumentKind.LOT_DOSSIER
    permission: Permission = Permission.TRACE_READ
    hinder: Callable[[Work], Awaitable[None]] | None = None
    printed: bool = False
    begun: list[UUID] = field(default_factory=list)

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        if subject.reference.startswith("unknown"):
            raise DocumentSubjectNotFoundError

    async def make(self, work: Work) -> Made:
        self.begun.append(work.document_id)
        await work.progress(1, 2, work.pick("读取", "Reading"))
        if self.hinder is not None:
            await self.hinder(work)
        told = {"reference": work.subject.reference, "parameters": work.subject.parameters}
        digest, generator = digest_of(told), work.made_by("test", 1)
        if self.printed:
            page = PrintedDocument(title="Test", language=work.language, body=f"<h1>测试 {work.number}</h1>")
            return Made(
                stamped(work, page, digest=digest, generator=generator), "application/pdf", "测试.pdf", content_sha256=digest, generator=generator
            )
        path = work.directory / "file"
        path.write_text(str(told))
        return Made(path, "text/csv", f"批次 {work.subject.reference}.csv", rows=1, content_sha256=digest, generator=generator)


@dataclass
class House:
    """The framework over the test's maker."""

    services: Services
    firm: Firm
    maker: TrialMaker
    making: DocumentMaking

    async def within(self, use_case: Callable[[TenantTransaction], Awaitable[Any]], firm: Firm | None = None) -> Any:
        return await self.services.in_tenant((firm or self.firm).tenant_id, use_case)

    async def ask(self, subject: Subject = LOT, *, language: str = "zh-CN", principal: Principal | None = None, firm: Firm | None = None) -> UUID:
        who = principal or (firm or self.firm).principal
        document_id: UUID = await self.within(lambda tx: self.services.documents.ask(tx, who, subject, language=language), firm)
        return document_id

    async def get(self, document_id: UUID, principal: Principal | None = None, firm: Firm | None = None) -> Document:
        who = principal or (firm or self.firm).principal
        found: Document = await self.within(lambda tx: self.services.documents.get(tx, who, document_id), firm)
        return found

    @property
    def handlers(self) -> dict[str, Handler]:
        return {MAKE: self.making, REMOVE: DocumentRemoval(self.services.storage)}

    async def work(self) -> None:
        """Do what waits of these topics, whatever else is open."""
        await do_outbox(self.services, self.handlers, left=(), seconds=60)

    async def hurry(self, firm: Firm | None = None) -> None:
        """Nothing waits for its time any more."""
        await self.within(lambda tx: tx.execute("update outbox set due_at = now() where tenant_id = $1 and done_at is null"), firm)


@pytest.fixture
def maker() -> TrialMaker:
    return TrialMaker()


@pytest.fixture
def house(services: Services, firm: Firm, maker: TrialMaker) -> House:
    own = replace(services, documents=Documents([maker]))
    return House(own, firm, maker, DocumentMaking(services.database, services.storage, own.documents.makers, heartbeat=0.05))


async def soon(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it holds."""
    for _ in range(1_000):
        if await condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")

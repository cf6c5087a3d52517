"""What a maker of documents is given and gives back: the interface between the framework and the features whose documents they are."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from backend.documents.kinds import DocumentKind, Subject
from infra.database import TenantTransaction
from infra.printing.shell import PrintedDocument
from infra.storage.tenant import TenantStorage
from tenants.permissions import Permission
from tenants.principal import Principal

T = TypeVar("T")


class InTenant(Protocol):
    """Runs a use case in a transaction of the tenant, again from the start after a deadlock."""

    async def __call__(self, use_case: Callable[[TenantTransaction], Awaitable[T]], *, timeout_ms: int | None = None) -> T:
        """`timeout_ms` is of each statement; None for that of requests."""
        ...


class Progress(Protocol):
    """Tells whoever waits how far the work is. Raises `WithdrawnError` where nobody waits any more; a maker lets it pass."""

    async def __call__(self, done: int, total: int, words: str) -> None:
        """`done` of `total` steps of any size; `words` in the document's language, at most 200 characters."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """A document to be made, outside of any transaction.

    `principal` is who asked, with his rights as they were then, or None where the service itself did (a recall that was announced).
    `time_zone` is an IANA name in which times are written; `generator` the service's name and version; `directory` is the work's own and is
    removed afterwards. `number` and `made_at` stand in the document.
    """

    document_id: UUID
    number: str
    tenant_id: int
    tenant_public_id: UUID
    company: str
    subject: Subject
    language: str
    time_zone: str
    principal: Principal | None
    made_at: datetime
    generator: str
    directory: Path
    storage: TenantStorage
    in_tenant: InTenant
    progress: Progress

    @property
    def principal_id(self) -> UUID | None:
        """The public id of who asked."""
        return self.principal.actor_id if self.principal else None

    @property
    def is_chinese(self) -> bool:
        """Whether its language is Chinese."""
        return self.language.startswith("zh")

    def pick(self, chinese: str, english: str) -> str:
        """The words in the document's language."""
        return chinese if self.is_chinese else english

    def made_by(self, maker: str, version: int) -> str:
        """The generator with its maker: "Suyuan 0.1.0 recall-report 1". `version` goes up whenever the same data would look otherwise."""
        return f"{self.generator} {maker} {version}"


@dataclass(frozen=True, slots=True)
class Made:
    """What a maker gives back: a document to be printed, or a file that is finished (a path in the work's directory, or its bytes).

    `content_sha256` (hexadecimal) is that of the canonical data that it was made from (`backend/documents/digests.py`); it stands in the
    document. `generator` is `Work.made_by`. `pages` of a printed document are counted by the framework; `rows` where it is a table.
    """

    content: PrintedDocument | Path | bytes
    content_type: str
    filename: str
    pages: int | None = None
    rows: int | None = None
    content_sha256: str = ""
    generator: str = ""
    # What could not be told in it, in words, for the list: "2,000 of 31,000 lots printed, the others in the attached table".
    notes: tuple[str, ...] = field(default=())


class Maker(Protocol):
    """Makes the documents of one kind; one stands for all tenants, and keeps nothing between two of them."""

    @property
    def kind(self) -> DocumentKind:
        """Which kind."""
        ...

    @property
    def permission(self) -> Permission:
        """What who asks for such a document, lists or fetches it needs besides `DOCUMENTS_MAKE`."""
        ...

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """At request: raises unless what it is about is there for this caller and the parameters make sense (`InvalidInputError`)."""
        ...

    async def make(self, work: Work) -> Made:
        """At work. A `SuyuanError` it raises is told to whoever asked; an `UnavailableError` is tried again."""
        ...

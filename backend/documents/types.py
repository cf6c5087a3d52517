"""Documents as GraphQL shows them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import ID

from backend.documents.kinds import DocumentKind, DocumentState, title_of
from backend.documents.service import Document as StoredDocument
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from tenants.permissions import Permission

NAME = "Document"
strawberry.enum(DocumentKind, name="DocumentKind", description="What a document is.")
strawberry.enum(DocumentState, name="DocumentState", description="How far a document is; an expired one has no file any more.")


@strawberry.type(description="What a document's maker is told besides what it is about.", directives=requires(Permission.DOCUMENTS_MAKE))
class DocumentParameter:
    """A name and a text."""

    name: str
    value: str


@strawberry.type(description="How far a document is that is being made.", directives=requires(Permission.DOCUMENTS_MAKE))
class DocumentProgress:
    """`done` of `total` steps, 0 of 0 before it has begun; `words` in the document's language."""

    done: int
    total: int
    words: str


@strawberry.type(description="A document that was asked for: a PDF, a table or a file of events.", directives=requires(Permission.DOCUMENTS_MAKE))
class Document(Node):
    """`sha256` (hexadecimal) is that of the file, `contentSha256` that of what it says, which stands on each of its pages.

    `failure` says why the last attempt came to nothing; while `state` is QUEUED it is tried again by itself. `notes` say what isn't in it.
    """

    id: ID
    number: str
    kind: DocumentKind
    state: DocumentState
    reference: str
    parameters: list[DocumentParameter]
    language: str
    requested_at: datetime
    requested_by: str
    progress: DocumentProgress
    failure: str | None
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    file_name: str | None
    content_type: str | None
    # Of a file that may have more than 2³¹ bytes.
    bytes: float | None
    pages: int | None
    rows: float | None
    notes: list[str]
    sha256: str | None
    content_sha256: str | None
    generator: str | None
    document_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, stored: StoredDocument) -> "Document":
        """From the stored one."""
        return cls(
            id=global_id(NAME, stored.document_id), number=stored.number, kind=stored.subject.kind, state=stored.state,
            reference=stored.subject.reference,
            parameters=[DocumentParameter(name=name, value=value) for name, value in sorted(stored.subject.parameters.items())],
            language=stored.language, requested_at=stored.requested_at, requested_by=stored.requested_name,
            progress=DocumentProgress(done=stored.done, total=stored.total, words=stored.words), failure=stored.failure, attempts=stored.attempts,
            started_at=stored.started_at, finished_at=stored.finished_at, expires_at=stored.expires_at, file_name=stored.file_name,
            content_type=stored.content_type, bytes=stored.size, pages=stored.pages, rows=stored.rows, notes=list(stored.notes),
            sha256=stored.sha256.hex() if stored.sha256 else None, content_sha256=stored.content_sha256 or None, generator=stored.generator,
            document_id=stored.document_id,
        )  # fmt: skip

    @field(description="What its kind is called.")
    def title(self, info: Info) -> str:
        """In the reader's language."""
        return title_of(self.kind, info.context.language)

    @field(description="Where the file is fetched, with the same Authorization; null while there is none.")
    def path(self) -> str | None:
        """A path of this service."""
        return f"/documents/{self.document_id}" if self.state is DocumentState.READY else None


async def documents_of(context: Context, keys: list[UUID]) -> Sequence[StoredDocument | None]:
    """Documents by id, in one statement."""
    async with context.reading() as tx:
        found = await context.services.documents.by_ids(tx, context.caller_principal, keys)
    return [found.get(key) for key in keys]


async def load_document(context: Context, document_id: UUID | None) -> Document | None:
    """A document by its id; None where there is none for this caller."""
    found = await context.load(documents_of, document_id) if document_id is not None else None
    return Document.of(found) if found else None


async def find_document(context: Context, public_id: str) -> Document | None:
    """A document by its public id."""
    return await load_document(context, parse_uuid(public_id))


NODES = (NodeKind(NAME, Permission.DOCUMENTS_MAKE, find_document),)

"""Asking for documents, and what is done about those that were asked for."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID

from backend.documents.errors import DocumentInputError
from backend.documents.kinds import DocumentKind, Subject
from backend.documents.types import NAME, Document, load_document
from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Info
from backend.graphql.directives import Cost, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from infra.database import TenantTransaction
from tenants.permissions import Permission

_Input = strawberry.argument(name="input")
_MAKE = requires(Permission.DOCUMENTS_MAKE)


@strawberry.input(description="What a document's maker is told besides what it is about.")
class DocumentParameterInput:
    """A name and a text; each kind says which it takes."""

    name: str
    value: str


@strawberry.input
class MakeDocumentInput:
    """`reference` is what it is about ("recall:0190…", an object's key, …); `language` "zh-CN" or "en"; `timeZone` the company's if not given."""

    kind: DocumentKind
    reference: str
    language: str = "zh-CN"
    time_zone: str | None = None
    parameters: list[DocumentParameterInput] | None = None


@strawberry.input
class DocumentInput:
    """One document."""

    id: ID


@strawberry.type
class DocumentPayload:
    """The document as it is now, or why nothing was done."""

    user_errors: list[UserError]
    document_id: strawberry.Private[UUID | None]

    @field()
    async def document(self, info: Info) -> Document | None:
        """Ask for it again until it is ready."""
        return await load_document(info.context, self.document_id)


@strawberry.type
class DocumentMutations:
    """Each is on the audit trail."""

    @mutation(
        description="Have a document made in the background. Needs an Idempotency-Key, and the permission to read what it is about.",
        directives=requires(Permission.DOCUMENTS_MAKE, Cost(weight=100)),
    )
    async def make_document(self, info: Info, given: Annotated[MakeDocumentInput, _Input]) -> DocumentPayload | None:
        """It waits behind the company's other ones."""
        require_key(info.context)
        context = info.context

        async def use_case(tx: TenantTransaction) -> Reply:
            subject = Subject(given.kind, given.reference.strip(), _parameters(given.parameters or []))
            document_id = await context.services.documents.ask(
                tx, context.caller_principal, subject, language=given.language, time_zone=given.time_zone or ""
            )
            return {"document": str(document_id)}

        done = await perform(info, given, use_case)
        return DocumentPayload(user_errors=done.user_errors, document_id=UUID(done.reply["document"]) if done.reply else None)

    @mutation(description="Stop making a document that is under way.", directives=_MAKE)
    async def cancel_document(self, info: Info, given: Annotated[DocumentInput, _Input]) -> DocumentPayload | None:
        """Nothing is kept of it."""
        documents = info.context.services.documents
        return await _act(info, given, lambda tx, document_id: documents.cancel(tx, info.context.caller_principal, document_id))

    @mutation(description="Try to make a document again that has failed or was cancelled.", directives=_MAKE)
    async def retry_document(self, info: Info, given: Annotated[DocumentInput, _Input]) -> DocumentPayload | None:
        """From the beginning, with the data as they are then."""
        documents = info.context.services.documents
        return await _act(info, given, lambda tx, document_id: documents.retry(tx, info.context.caller_principal, document_id))

    @mutation(description="Delete a document's file before its time. Its number and hash stay on the audit trail.", directives=_MAKE)
    async def delete_document(self, info: Info, given: Annotated[DocumentInput, _Input]) -> DocumentPayload | None:
        """At once."""
        documents = info.context.services.documents
        return await _act(info, given, lambda tx, document_id: documents.delete(tx, info.context.caller_principal, document_id))


def _parameters(given: list[DocumentParameterInput]) -> dict[str, str]:
    names = [each.name for each in given]
    if len(set(names)) < len(names):
        raise DocumentInputError("A parameter is given twice.", field="parameters")
    return {each.name: each.value for each in given}


async def _act(info: Info, given: DocumentInput, act: Callable[[TenantTransaction, UUID | None], Awaitable[None]]) -> DocumentPayload:
    named = uuid_of(given.id, NAME)

    async def use_case(tx: TenantTransaction) -> Reply:
        await act(tx, named)
        return {"document": str(named)}

    done = await perform(info, given, use_case)
    return DocumentPayload(user_errors=done.user_errors, document_id=UUID(done.reply["document"]) if done.reply else None)

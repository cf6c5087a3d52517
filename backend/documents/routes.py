"""The route that hands out a document's file."""

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import Any, BinaryIO, Final, cast

from litestar import Request, Router, get
from litestar.params import FromPath
from litestar.response import Stream

from backend.documents.errors import DocumentGoneError
from backend.documents.kinds import DocumentState
from backend.documents.service import Document, subject_of
from backend.graphql.ids import parse_uuid, uuid_of
from backend.services import services_of
from infra.database import TenantTransaction
from infra.errors import UnavailableError
from infra.storage.disposition import attachment
from infra.storage.errors import ObjectNotFoundError
from infra.storage.keys import TenantPrefix
from infra.storage.tenant import TenantStorage
from tenants import audit
from tenants.http import end_turn, principal_of, requires
from tenants.permissions import Permission

_CHUNK: Final = 256_000
# Below it a file is kept in memory on its way.
_SMALL: Final = 4_000_000
_POLICY: Final = "default-src 'none'; sandbox"
_LOST: Final = "The file of this document can't be read at the moment. Try again; if it stays so, tell whoever runs the service."


def document_router() -> Router:
    """The routes, to be mounted once."""

    @get("/{document_id:str}", opt=requires(Permission.DOCUMENTS_MAKE))
    async def download(document_id: FromPath[str], request: Request[Any, Any, Any]) -> Stream:
        """The file of a document that is ready, by its UUID or its GraphQL id. It is on the audit trail."""
        services, principal = services_of(request), principal_of(request)
        wanted = parse_uuid(document_id) or uuid_of(document_id, "Document")

        async def look(tx: TenantTransaction) -> Document:
            found = await services.documents.get(tx, principal, wanted)
            _require_file(found)
            await audit.record(tx, principal, "document.fetched", subject_of(found.document_id), after={"number": found.number})
            return found

        document = await services.in_tenant(principal.tenant_id, look)
        # Whoever waits for the store, or for a slow reader, keeps nobody else of his company waiting.
        end_turn(request)
        own = TenantStorage(services.storage, TenantPrefix(principal.tenant_public_id))
        # Fetched whole and checked against its hash before the first byte goes out.
        file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_SMALL))  # noqa: SIM115 - closed at the end of the stream
        try:
            await _fetch(own, document, file)
        except BaseException:
            file.close()
            raise
        return Stream(_parts(file), headers=_headers(document), media_type=document.content_type)

    return Router("/documents", route_handlers=[download], tags=["documents"])


async def _fetch(own: TenantStorage, document: Document, file: BinaryIO) -> None:
    """Raises `UnavailableError` where the store hasn't got it, or has something else."""
    try:
        await own.get_into(document.storage_key or "", file)
    except ObjectNotFoundError as lost:
        raise UnavailableError(_LOST, retry_after=60) from lost
    file.seek(0)
    if await asyncio.to_thread(lambda: hashlib.file_digest(file, "sha256").digest()) != document.sha256:  # type: ignore[arg-type]
        raise UnavailableError(_LOST, retry_after=60)


def _require_file(document: Document) -> None:
    if document.state is DocumentState.READY and document.storage_key is not None:
        return
    if document.state is DocumentState.FAILED:
        raise DocumentGoneError(f"{document.number} couldn't be made: {document.failure}")
    if document.state in (DocumentState.EXPIRED, DocumentState.CANCELLED):
        raise DocumentGoneError(f"{document.number} has no file any more ({document.state.name}). Ask for a new one.")
    raise DocumentGoneError(f"{document.number} isn't ready yet. Ask document(id) how far it is.")


def _headers(document: Document) -> dict[str, str]:
    digest = document.sha256 or b""
    return {
        "Content-Disposition": attachment(document.file_name), "Content-Length": str(document.size), "Cache-Control": "no-store",
        "Content-Language": document.language, "Content-Security-Policy": _POLICY,
        # RFC 9530 §2.
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
    }  # fmt: skip


async def _parts(file: BinaryIO) -> AsyncIterator[bytes]:
    try:
        file.seek(0)
        while part := file.read(_CHUNK):
            yield part
    finally:
        file.close()

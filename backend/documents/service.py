"""Use cases of documents: ask for one, look at them, cancel, try again, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import available_timezones

import msgspec

from backend.documents import repository
from backend.documents.asked_by import Readable, limits_of, write_asker
from backend.documents.errors import DocumentInputError, DocumentNotFoundError, DocumentStateError, TooManyDocumentsError
from backend.documents.kinds import LANGUAGES, OPEN, DocumentKind, DocumentState, Subject, title_of
from backend.documents.work import Maker
from backend.numbering import service as numbering
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import uuid7
from infra.outbox import enqueue
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MAKE: Final = "document.make"
REMOVE: Final = "document.remove"
# What the service itself asks for comes beyond that: a recall's papers aren't kept out by somebody's flood.
MOST_OPEN: Final = 100
LONGEST_REFERENCE: Final = 500
MOST_PARAMETERS: Final = 12
LONGEST_NAME, LONGEST_VALUE = 40, 500
RETENTION: Final = timedelta(days=5 * 365 + 1)
_SERVICE: Final = "service"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it stands. `sha256` is that of the file, `content_sha256` (hexadecimal) that of what it says; `size` in bytes."""

    document_id: UUID
    number: str
    subject: Subject
    language: str
    time_zone: str
    state: DocumentState
    requested_by: str
    requested_name: str
    requested_at: datetime
    attempts: int
    done: int
    total: int
    words: str
    failure: str | None
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime
    storage_key: str | None
    file_name: str | None
    content_type: str | None
    size: int | None
    pages: int | None
    rows: int | None
    notes: tuple[str, ...]
    sha256: bytes | None
    content_sha256: str | None
    generator: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Document":
        """From a row of the table."""
        subject = Subject(DocumentKind(row["kind"]), row["reference"], msgspec.json.decode(row["parameters"]))
        state = DocumentState(row["state"])
        if state is DocumentState.READY and row["expires_at"] <= clock.now():
            state = DocumentState.EXPIRED
        return cls(
            row["document_id"], row["number"], subject, row["language"], row["time_zone"], state, row["requested_by"], row["requested_name"],
            row["requested_at"], row["attempts"], row["done"], row["total"], row["words"], row["failure"], row["started_at"], row["finished_at"],
            row["expires_at"], row["storage_key"], row["file_name"], row["content_type"], row["size"], row["pages"], row["rows"],
            tuple(msgspec.json.decode(row["notes"])), row["sha256"], row["content_sha256"], row["generator"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What documents a list shows; None for all."""

    kind: DocumentKind | None = None
    reference: str | None = None
    state: DocumentState | None = None


def subject_of(document_id: UUID) -> str:
    """What the trail calls it."""
    return f"document:{document_id}"


async def request(
    tx: TenantTransaction, principal: Principal | None, subject: Subject, *, language: str, time_zone: str = "", maker: Maker | None = None,
    retention: timedelta = RETENTION, due_at: datetime | None = None,
) -> UUID:  # fmt: skip
    """Put a document on the list of those to be made; gives its id.

    With a `maker`, whether the caller may have it and whether there is anything to make it of is checked here; whoever asks without one
    has seen to that. `time_zone` is an IANA name; empty for the company's. It isn't begun before `due_at`. The same caller asking for the
    same again, before it was begun, gets the one that waits. Raises `DocumentInputError`, `TooManyDocumentsError`, `PermissionDeniedError`
    and what `Maker.check` raises.
    """
    _check(subject, language, time_zone)
    limited_to = ""
    if principal is not None:
        principal.require(Permission.DOCUMENTS_MAKE)
        if maker is not None:
            limited_to = limits_of(principal, maker.permission)
            await maker.check(tx, principal, subject)
        elif principal.sites_for(Permission.DOCUMENTS_MAKE) is not None:
            limited_to = limits_of(principal, Permission.DOCUMENTS_MAKE)
    who = principal.subject if principal is not None else _SERVICE
    parameters = msgspec.json.encode(dict(subject.parameters), order="sorted").decode()
    await repository.lock_making(tx)
    waiting = await repository.same_open(
        tx, kind=subject.kind, reference=subject.reference, parameters=parameters, language=language, who=who, limited_to=limited_to
    )
    if waiting is not None:
        return waiting
    if principal is not None and await repository.count_open(tx) >= MOST_OPEN:
        raise TooManyDocumentsError(f"{MOST_OPEN} documents of your company wait to be made. Wait until some are ready, or cancel those not needed.")
    document_id, at = uuid7(), clock.now()
    number = await numbering.number_of(tx, "D")
    await repository.insert(
        tx, document_id, number=number, kind=subject.kind, reference=subject.reference, parameters=parameters, language=language,
        time_zone=time_zone, requested_by=who, requested_name=principal.display_name if principal is not None else "",
        asked_by=write_asker(principal) if principal is not None else None, limited_to=limited_to, at=at, expires_at=at + retention,
    )  # fmt: skip
    told = {"number": number, "kind": subject.kind.name, "reference": subject.reference, "language": language}
    await audit.record(tx, principal, "document.requested", subject_of(document_id), after=told)
    await enqueue(tx, MAKE, [{"document_id": str(document_id)}], due_at=due_at)
    return document_id


async def company_language(tx: TenantTransaction) -> str:
    """In which language documents are made that nobody asked for: the company's own."""
    return LANGUAGES[0] if (await repository.locale_of(tx)).startswith("zh") else LANGUAGES[1]


def _check(subject: Subject, language: str, time_zone: str) -> None:
    if language not in LANGUAGES:
        raise DocumentInputError(f"Documents are made in {' and '.join(LANGUAGES)}; “{language[:40]}” isn't one of them.", field="language")
    if time_zone and time_zone not in available_timezones():
        raise DocumentInputError(f"“{time_zone[:60]}” is no time zone: give its IANA name, such as Asia/Shanghai.", field="timeZone")
    if not 1 <= len(subject.reference) <= LONGEST_REFERENCE or "\x00" in subject.reference:
        raise DocumentInputError(f"The reference says what the document is about, in 1 to {LONGEST_REFERENCE} characters.", field="reference")
    _check_parameters(subject.parameters)


def _check_parameters(given: Mapping[str, str]) -> None:
    if len(given) > MOST_PARAMETERS:
        raise DocumentInputError(f"A document takes up to {MOST_PARAMETERS} parameters.", field="parameters")
    for name, value in given.items():
        if not 1 <= len(name) <= LONGEST_NAME or len(value) > LONGEST_VALUE or "\x00" in name + value:
            raise DocumentInputError(
                f"A parameter has a name of 1 to {LONGEST_NAME} characters and a value of up to {LONGEST_VALUE}.", field="parameters"
            )


class Documents:
    """The documents of all kinds that there are makers of; one for the process."""

    def __init__(self, makers: Sequence[Maker], *, retention: timedelta = RETENTION) -> None:
        self.retention = retention
        self.makers: Mapping[DocumentKind, Maker] = {maker.kind: maker for maker in makers}

    async def ask(self, tx: TenantTransaction, principal: Principal, subject: Subject, *, language: str, time_zone: str = "") -> UUID:
        """As `request`, checked by the kind's maker."""
        maker = self.makers.get(subject.kind)
        if maker is None:
            raise DocumentInputError(f"{title_of(subject.kind, 'en')}: documents of this kind aren't made here.", field="kind")
        principal.require(maker.permission)
        return await request(tx, principal, subject, language=language, time_zone=time_zone, maker=maker, retention=self.retention)

    async def by_ids(self, tx: TenantTransaction, principal: Principal, document_ids: Sequence[UUID]) -> dict[UUID, Document]:
        """Those of these that the caller may read."""
        readable = self._readable(principal)
        rows = await repository.by_ids(
            tx, document_ids, whole=readable.whole, kinds=list(readable.limited), limits=list(readable.limited.values()), who=readable.who
        )
        return {row["document_id"]: Document.from_row(row) for row in rows}

    async def get(self, tx: TenantTransaction, principal: Principal, document_id: UUID | None) -> Document:
        """One. Raises `DocumentNotFoundError`, also for another's."""
        found = await self.by_ids(tx, principal, [document_id]) if document_id is not None else {}
        if document_id is None or document_id not in found:
            raise DocumentNotFoundError
        return found[document_id]

    async def page(
        self, tx: TenantTransaction, principal: Principal, wanted: Wanted, *, cursor: UUID | None, backward: bool, limit: int
    ) -> list[Document]:
        """Those that the caller may read, newest first, from behind the cursor (an id), in the order of going."""
        readable = self._readable(principal)
        rows = await repository.page(
            tx, whole=readable.whole, kinds=list(readable.limited), limits=list(readable.limited.values()), who=readable.who, kind=wanted.kind,
            reference=wanted.reference, state=wanted.state, cursor=cursor, backward=backward, limit=limit,
        )  # fmt: skip
        return [Document.from_row(row) for row in rows]

    async def cancel(self, tx: TenantTransaction, principal: Principal, document_id: UUID | None) -> None:
        """Nobody waits for it any more; whoever is at it stops within seconds. Raises `DocumentStateError` where it isn't under way."""
        document = _taken_back(principal, await self._locked(tx, principal, document_id))
        if document.state not in OPEN:
            raise DocumentStateError(f"{document.number} isn't being made (it is {document.state.name}), so it can't be cancelled.", field="id")
        await repository.cancel(tx, document.document_id, clock.now())
        await audit.record(tx, principal, "document.cancelled", subject_of(document.document_id), after={"number": document.number})

    async def retry(self, tx: TenantTransaction, principal: Principal, document_id: UUID | None) -> None:
        """Try one again that has failed or was cancelled, in the name of who asked for it. Raises `DocumentStateError` for any other."""
        document = await self._locked(tx, principal, document_id)
        if document.state not in (DocumentState.FAILED, DocumentState.CANCELLED):
            raise DocumentStateError(f"{document.number} hasn't failed (it is {document.state.name}). Ask for a new document instead.", field="id")
        await repository.wait_again(tx, document.document_id)
        await audit.record(tx, principal, "document.retried", subject_of(document.document_id), after={"number": document.number})
        await enqueue(tx, MAKE, [{"document_id": str(document.document_id)}])

    async def delete(self, tx: TenantTransaction, principal: Principal, document_id: UUID | None) -> None:
        """Remove its file before its time; what it was, with its hash, stays on the list for a while, and on the trail for good.

        Raises `DocumentStateError` while it is being made.
        """
        document = _taken_back(principal, await self._locked(tx, principal, document_id))
        if document.state in OPEN:
            raise DocumentStateError(f"{document.number} is being made. Cancel it first.", field="id")
        if document.state is DocumentState.EXPIRED:
            raise DocumentStateError(f"{document.number} has no file any more.", field="id")
        await repository.expire(tx, document.document_id, clock.now())
        told = {"number": document.number, "file": document.file_name, "sha256": document.sha256.hex() if document.sha256 else None}
        await audit.record(tx, principal, "document.deleted", subject_of(document.document_id), before=told)
        await enqueue(tx, REMOVE, [{"document_id": str(document.document_id)}])

    def _readable(self, principal: Principal) -> Readable:
        return Readable.by(principal, list(self.makers.values()))

    async def _locked(self, tx: TenantTransaction, principal: Principal, document_id: UUID | None) -> Document:
        """One that the caller may read, as it is while nobody else changes it."""
        found = await self.get(tx, principal, document_id)
        row = await repository.lock(tx, found.document_id)
        if row is None:
            raise DocumentNotFoundError
        return Document.from_row(row)


def _taken_back(principal: Principal, document: Document) -> Document:
    """Whoever asked for a document may take it back; others' only who answers for such papers. Who only reads takes nobody's away."""
    if document.requested_by != principal.subject:
        principal.require_everywhere(Permission.RECALLS_MANAGE)
    return document

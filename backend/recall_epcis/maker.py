"""Makes the EPCIS documents of a recall's scope: every event that touches its goods, both ways, with master data in the header."""

import asyncio
from typing import Final
from uuid import UUID

from backend.catalog.master_data import FoundElement, MasterDataQuery, find
from backend.documents.errors import DocumentInputError
from backend.documents.kinds import DocumentKind, Subject
from backend.documents.work import Made, Work
from backend.events.lookup_service import events_by_ids
from backend.events.query_service import RecordedEvent
from backend.graphql.ids import parse_uuid
from backend.recall_epcis import repository
from backend.recall_epcis.naming import named_in
from backend.recall_epcis.writing import JsonWriter, XmlWriter
from backend.recall_scope import service as recall_scope
from backend.recalls import service as recalls
from infra.database import TenantTransaction
from infra.errors import TooLargeError
from tenants.permissions import Permission
from tenants.principal import Principal

VERSION: Final = 1
AT_ONCE: Final = 200
# Ids alone are held of these: 16 MB.
MOST_EVENTS: Final = 2_000_000
MOST_OBJECTS: Final = 2_000_000
_ELEMENTS_AT_ONCE: Final = 500
_RECALL: Final = "recall:"


def case_of(subject: Subject) -> UUID:
    """The recall that a document is about; raises `DocumentInputError`."""
    found = parse_uuid(subject.reference.removeprefix(_RECALL)) if subject.reference.startswith(_RECALL) else None
    if found is None:
        raise DocumentInputError("A recall is named by its public id: “recall:0190…”.", field="reference")
    if subject.parameters:
        raise DocumentInputError("This document takes no parameters.", field="parameters")
    return found


class ScopeMaker:
    """Of one of the two kinds."""

    permission = Permission.RECALLS_READ

    def __init__(self, kind: DocumentKind) -> None:
        self.kind = kind

    async def check(self, tx: TenantTransaction, principal: Principal, subject: Subject) -> None:
        """Whole events are told: who may have them reads events everywhere."""
        principal.require_everywhere(Permission.RECALLS_READ)
        principal.require_everywhere(Permission.EVENTS_READ)
        await recalls.case_by_id(tx, case_of(subject))

    async def make(self, work: Work) -> Made:
        """Page by page, each in a transaction of its own, straight into the file. Raises `NotWritableAsXmlError`, `TooLargeError`."""
        case_id = case_of(work.subject)
        case = await work.in_tenant(lambda tx: recalls.case_by_id(tx, case_id))
        events = await work.in_tenant(lambda tx: _events(tx, case_id))
        is_json = self.kind is DocumentKind.SCOPE_EPCIS_JSON
        path = work.directory / f"scope.{'json' if is_json else 'xml'}"
        writer = JsonWriter(path) if is_json else XmlWriter(path)
        named: set[str] = set()
        for at in range(0, len(events), AT_ONCE):
            page = await work.in_tenant(lambda tx, ids=events[at : at + AT_ONCE]: _page(tx, ids))  # type: ignore[misc]
            for event in page:
                named.update(named_in(event.body))
            await asyncio.to_thread(writer.add, [event.writable() for event in page])
            done = min(at + AT_ONCE, len(events))
            await work.progress(done, len(events), work.pick(f"已写入 {done:,} 个事件", f"{done:,} events written"))
        elements: list[FoundElement] = []
        ordered = sorted(named)
        for at in range(0, len(ordered), _ELEMENTS_AT_ONCE):
            part = tuple(ordered[at : at + _ELEMENTS_AT_ONCE])
            elements += await work.in_tenant(lambda tx, part=part: _elements(tx, part))  # type: ignore[misc]
        elements.sort(key=lambda element: (element.vocabulary, element.element))
        sender = f"urn:uuid:{work.tenant_public_id}"
        await asyncio.to_thread(writer.close, elements, created=work.made_at, number=work.number, sender=sender)
        media_type = "application/ld+json" if is_json else "application/xml"
        return Made(
            path, media_type, f"{case.number}-epcis.{'json' if is_json else 'xml'}", rows=writer.events, content_sha256=writer.digest.hexdigest(),
            generator=work.made_by("recall-epcis", VERSION),
        )  # fmt: skip


async def _events(tx: TenantTransaction, case_id: UUID) -> list[int]:
    reached = await recall_scope.reached_ids(tx, case_id)
    around = await repository.around(tx, sorted(reached), MOST_OBJECTS + 1) if reached else []
    rows = await repository.events_naming(tx, around, MOST_EVENTS + 1) if around else []
    if max(len(around), len(rows)) > MOST_EVENTS:
        raise TooLargeError(f"The scope has more than {MOST_EVENTS:,} events or objects. Narrow its bounds, or split the case.")
    return [row["event_id"] for row in rows]


async def _page(tx: TenantTransaction, ids: list[int]) -> list[RecordedEvent]:
    found = await events_by_ids(tx, ids)
    return [found[event_id] for event_id in ids if event_id in found]


async def _elements(tx: TenantTransaction, names: tuple[str, ...]) -> list[FoundElement]:
    return await find(tx, MasterDataQuery(include_attributes=True, include_children=True, names=names), after=("", ""), limit=20 * len(names))

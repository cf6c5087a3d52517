"""A report: which events it tells, how it is written, and what its receiver can verify it by."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from backend.catalog.sites import Sites
from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.json_text import write_json
from backend.events.query_service import EventFilter, RecordedEvent, find_events, last_seq
from backend.events.writer import EpcFormat, WritableEvent, write_query_document
from backend.events.xml_writer import write_xml_query_document
from backend.subscriptions.repository import NamedQuery
from backend.subscriptions.service import wanted_by
from backend.subscriptions.terms import ReportForm
from infra import clock
from infra.database import TenantTransaction

REPORT_ID: Final = "Suyuan-Report-Id"
SIGNATURE: Final = "GS1-Signature"
MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Content:
    """Events in order, up to a place of the feed; `final`: there is nothing behind it at this moment."""

    events: Sequence[RecordedEvent]
    until: int
    final: bool


def wanted_since(query: NamedQuery, initial: datetime | None) -> EventFilter:
    """What a query finds from a record time on."""
    wanted = wanted_by(query)
    if initial is None or (wanted.record_time_from is not None and wanted.record_time_from >= initial):
        return wanted
    return replace(wanted, record_time_from=initial)


async def next_content(tx: TenantTransaction, wanted: EventFilter, *, after: int, limit: int, sites: Sites | None) -> Content:
    """What is to be told next: `limit` events at most, and about `MOST_BYTES`."""
    # Before the page, so that nothing committed in between is passed over.
    end = await last_seq(tx)
    page = await find_events(tx, wanted, after_seq=after, limit=limit, sites=sites)
    size = 0
    events: list[RecordedEvent] = []
    for event in page.events:
        size += len(event.body_json)
        if events and size > MOST_BYTES:
            return Content(events, events[-1].seq, final=False)
        events.append(event)
    if page.next_seq is not None:
        return Content(events, page.next_seq, final=False)
    return Content(events, max([after, end, *(event.seq for event in events)]), final=True)


async def same_content(tx: TenantTransaction, wanted: EventFilter, *, after: int, until: int, limit: int, sites: Sites | None) -> Content:
    """What a report told when it was first sent, as far as the subscriber may still see it."""
    events: list[RecordedEvent] = []
    place: int | None = after
    while place is not None and place < until:
        page = await find_events(tx, wanted, after_seq=place, limit=limit, sites=sites)
        events += [event for event in page.events if event.seq <= until]
        place = page.next_seq
    behind = await find_events(tx, wanted, after_seq=until, limit=1, sites=sites)
    return Content(events, until, final=not behind.events)


def write_report(
    events: Sequence[WritableEvent], *, form: ReportForm, epc_format: EpcFormat, web_words: bool, query_name: str, subscription_id: str | None
) -> bytes:
    """An EPCISQueryDocument. Raises `NotWritableAsXmlError` for what XML has no form for."""
    created = clock.now()
    if form is ReportForm.XML:
        return write_xml_query_document(
            events, created=created, query_name=query_name, subscription_id=subscription_id, epc_format=epc_format, web_words=web_words
        )
    return write_json(write_query_document(events, created=created, query_name=query_name, subscription_id=subscription_id, epc_format=epc_format))


def headers_of(form: ReportForm, report_id: UUID, body: bytes, token: str | None) -> dict[str, str]:
    """The header fields of a report; with a token, signed at this moment."""
    headers = {
        "Content-Type": str(form), "User-Agent": "Suyuan", REPORT_ID: str(report_id),
        "GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0", "GS1-Extensions": f"suyuan={SUYUAN_NAMESPACE}",
    }  # fmt: skip
    return headers if token is None else headers | {SIGNATURE: signature(token, report_id, body, int(clock.now().timestamp()))}


def signature(token: str, report_id: UUID, body: bytes, moment: int) -> str:
    """`t=<Unix time>,v1=<HMAC-SHA-256 in hexadecimal>` over time, report id and body, joined by dots."""
    signed = f"{moment}.{report_id}.".encode() + body
    return f"t={moment},v1={hmac.new(token.encode(), signed, hashlib.sha256).hexdigest()}"

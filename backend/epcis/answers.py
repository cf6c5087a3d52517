"""In which form events are answered: JSON-LD or XML, in the version that the client can read (EPCIS 2.0 §12.1, content negotiation)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from litestar import Request

from backend.events.json_text import write_json
from backend.events.writer import EpcFormat, WritableEvent, write_event, write_query_document
from backend.events.xml_writer import write_xml_document, write_xml_query_document
from backend.events.xml_writer_events import XmlVersion
from infra import clock
from infra.errors import InvalidInputError, SuyuanError

QUERY_NAME: Final = "SimpleEventQuery"


class MediaType(StrEnum):
    """What can be answered; the first is given to whoever takes anything."""

    JSON = "application/json"
    JSON_LD = "application/ld+json"
    XML = "application/xml"
    TEXT_XML = "text/xml"


class NotAcceptableError(SuyuanError):
    """The header Accept names no form that there is."""

    code = "NOT_ACCEPTABLE"
    status = 406


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What the request's headers ask for; `xml` is None for JSON."""

    media_type: MediaType
    epc_format: EpcFormat
    xml: XmlVersion | None

    @property
    def headers(self) -> dict[str, str]:
        """What tells a client that it was given an older version, and caches that the answer depends on the request."""
        version = {"GS1-EPCIS-Version": "1.2.0", "GS1-CBV-Version": "1.2.0"} if self.xml is XmlVersion.V1_2 else {}
        return {**version, "Vary": "Accept, GS1-EPC-Format, GS1-EPCIS-Max"}

    def page(self, events: Sequence[WritableEvent]) -> bytes:
        """The results of a query."""
        if self.xml is not None:
            return write_xml_query_document(events, created=clock.now(), query_name=QUERY_NAME, version=self.xml, epc_format=self.epc_format)
        return write_json(write_query_document(events, created=clock.now(), query_name=QUERY_NAME, epc_format=self.epc_format))

    def single(self, event: WritableEvent) -> bytes:
        """One event: bare in JSON, in a document in XML, which has no other form."""
        if self.xml is not None:
            return write_xml_document([event], created=clock.now(), version=self.xml, epc_format=self.epc_format)
        return write_json(write_event(event, epc_format=self.epc_format))


def answer_form(request: Request[Any, Any, Any]) -> AnswerForm:
    """Read Accept, GS1-EPC-Format and GS1-EPCIS-Max. Raises `NotAcceptableError` and `InvalidInputError` naming the header."""
    media_type = preferred(request.headers.get("accept", ""))
    xml = _xml_version(request.headers.get("GS1-EPCIS-Max", "")) if media_type in (MediaType.XML, MediaType.TEXT_XML) else None
    return AnswerForm(media_type, _epc_format(request), xml)


def preferred(accept: str) -> MediaType:
    """The form with the highest quality (RFC 9110 §12.5.1); of equals the one named first. Raises `NotAcceptableError`."""
    best: MediaType | None = None
    best_quality = 0.0
    for part in accept[:1_000].split(",") if accept.strip() else ["*/*"]:
        named, _, parameters = part.strip().lower().partition(";")
        quality = _quality(parameters)
        if quality <= best_quality:
            continue
        found = next((media_type for media_type in MediaType if named in (media_type, f"{media_type.split('/')[0]}/*", "*/*")), None)
        if found is not None:
            best, best_quality = found, quality
    if best is None:
        raise NotAcceptableError(f"Events are told as {', '.join(MediaType)}. Name one of them in the header Accept.", field="Accept")
    return best


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _xml_version(newest: str) -> XmlVersion:
    """The newest version that is written and that the client reads, by the header GS1-EPCIS-Max."""
    if not newest:
        return XmlVersion.V2_0
    major = newest.partition(".")[0]
    if major not in ("1", "2"):
        raise InvalidInputError(f"GS1-EPCIS-Max is a version such as 2.0 or 1.2; it was “{newest[:20]}”.", field="GS1-EPCIS-Max")
    return XmlVersion.V2_0 if major == "2" else XmlVersion.V1_2


def _epc_format(request: Request[Any, Any, Any]) -> EpcFormat:
    value = request.headers.get("GS1-EPC-Format", EpcFormat.NO_PREFERENCE)
    try:
        return EpcFormat(value)
    except ValueError:
        raise InvalidInputError(f"GS1-EPC-Format is one of {', '.join(EpcFormat)}; it was “{value[:40]}”.", field="GS1-EPC-Format") from None

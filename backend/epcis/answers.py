"""In which form events are answered: JSON-LD or XML, in the version that the client can read (EPCIS 2.0 §12.1, content negotiation)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from litestar import Request

from backend.epcis.versions import V1_2, V2_0, NotAcceptableError, Version, readable, refusal
from backend.events.json_text import write_json
from backend.events.writer import EpcFormat, WritableEvent, write_query_document
from backend.events.xml_writer import write_xml_query_document
from backend.events.xml_writer_events import XmlVersion
from infra import clock
from infra.errors import InvalidInputError

__all__ = ["AnswerForm", "MediaType", "NotAcceptableError", "answer_form", "epc_format", "preferred"]

T = TypeVar("T", bound=StrEnum)
QUERY_NAME: Final = "SimpleEventQuery"
# On what an answer depends besides the address and the caller.
_VARY: Final = "Accept, GS1-EPC-Format, GS1-CBV-XML-Format, GS1-EPCIS-Min, GS1-EPCIS-Max, GS1-CBV-Min, GS1-CBV-Max"


class MediaType(StrEnum):
    """What can be answered; the first is given to whoever takes anything."""

    JSON = "application/json"
    JSON_LD = "application/ld+json"
    XML = "application/xml"
    TEXT_XML = "text/xml"


class CbvXmlFormat(StrEnum):
    """The values of the header GS1-CBV-XML-Format; words are kept as such, so that nothing would be the form in which they came."""

    NO_PREFERENCE = "No_Preference"
    NEVER_TRANSLATES = "Never_Translates"
    URN = "Always_URN"
    WEB = "Always_Web_URI"


_XML: Final = (MediaType.XML, MediaType.TEXT_XML)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What the request's headers ask for; `xml` is None for JSON."""

    media_type: MediaType
    epc_format: EpcFormat
    xml: XmlVersion | None
    web_words: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What tells a client that it was given an older version, and caches that the answer depends on the request."""
        version = {"GS1-EPCIS-Version": V1_2.epcis, "GS1-CBV-Version": V1_2.cbv} if self.xml is XmlVersion.V1_2 else {}
        return {**version, "Vary": _VARY}

    def page(self, events: Sequence[WritableEvent], query_name: str = QUERY_NAME) -> bytes:
        """The results of a query."""
        if self.xml is None:
            return write_json(write_query_document(events, created=clock.now(), query_name=query_name, epc_format=self.epc_format))
        return write_xml_query_document(
            events, created=clock.now(), query_name=query_name, version=self.xml, epc_format=self.epc_format, web_words=self.web_words
        )


def answer_form(request: Request[Any, Any, Any]) -> AnswerForm:
    """Read Accept, the versions, GS1-EPC-Format and GS1-CBV-XML-Format. Raises `NotAcceptableError` and `InvalidInputError` naming the header.

    Of the media types that the client takes, the one that it likes best and can read in a version that there is.
    """
    words = _header(request, "GS1-CBV-XML-Format", CbvXmlFormat, CbvXmlFormat.NO_PREFERENCE)
    fallback: tuple[Version, ...] = ()
    for media_type in _taken(request.headers.get("accept", "")):
        # Version 1.2 knows no web URIs.
        older = (V1_2,) if words is not CbvXmlFormat.WEB else ()
        versions = (V2_0, *older) if media_type in _XML else (V2_0,)
        version = readable(request, versions)
        if version is not None:
            xml = None if media_type not in _XML else XmlVersion.V2_0 if version is V2_0 else XmlVersion.V1_2
            return AnswerForm(media_type, epc_format(request), xml, words is CbvXmlFormat.WEB)
        fallback = (*fallback, *(each for each in versions if each not in fallback))
    raise refusal(request, fallback)


def preferred(accept: str) -> MediaType:
    """The form with the highest quality (RFC 9110 §12.5.1); of equals the one named first. Raises `NotAcceptableError`."""
    return _taken(accept)[0]


def _taken(accept: str) -> list[MediaType]:
    """Every form that is taken, the best first."""
    qualities: dict[MediaType, tuple[float, int]] = {}
    for place, part in enumerate(accept[:1_000].split(",") if accept.strip() else ["*/*"]):
        named, _, parameters = part.strip().lower().partition(";")
        quality = _quality(parameters)
        for media_type in MediaType:
            if quality > 0 and named in (media_type, f"{media_type.split('/')[0]}/*", "*/*"):
                qualities.setdefault(media_type, (-quality, place))
                qualities[media_type] = min(qualities[media_type], (-quality, place))
    if not qualities:
        raise NotAcceptableError(f"Events are told as {', '.join(MediaType)}. Name one of them in the header Accept.", field="Accept")
    return sorted(qualities, key=lambda media_type: qualities[media_type])


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def epc_format(request: Request[Any, Any, Any]) -> EpcFormat:
    """How identifiers are to be written."""
    return _header(request, "GS1-EPC-Format", EpcFormat, EpcFormat.NO_PREFERENCE)


def _header(request: Request[Any, Any, Any], name: str, kind: type[T], otherwise: T) -> T:
    value = request.headers.get(name, otherwise)
    try:
        return kind(value)
    except ValueError:
        raise InvalidInputError(f"{name} is one of {', '.join(kind)}; it was “{value[:40]}”.", field=name) from None

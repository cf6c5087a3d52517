"""Problem answers with the exception names of the EPCIS 2.0 REST binding (§12.3, RFC 7807)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from backend.events.errors import QueryParameterError, QueryTooComplexError, QueryTooLargeError
from backend.events.faults import DocumentFaults, Fault
from backend.events.jobs import fault_list
from backend.events.reporting import EventsOutsideSitesError
from infra.errors import SuyuanError
from infra.http import answer_unexpected, request_id

SECURITY: Final = "SecurityException"
_BY_STATUS: Final = {
    400: ("ValidationException", "The request can't be taken as it is"),
    401: ("SecurityException", "Not signed in"),
    403: ("SecurityException", "Not allowed"),
    404: ("NoSuchResourceException", "Resource not found"),
    405: ("UnsupportedOperationException", "Method not allowed"),
    406: ("NotAcceptableException", "Not acceptable"),
    409: ("ResourceAlreadyExistsException", "Resource exists with other content"),
    413: ("CaptureLimitExceededException", "Capture payload too large"),
    414: ("URITooLongException", "URI too long"),
    415: ("UnsupportedMediaTypeException", "Unsupported media type"),
    429: ("ImplementationException", "Too many requests"),
    503: ("ImplementationException", "Unavailable for the moment"),
}
_BY_ERROR: Final[dict[type[SuyuanError], str]] = {
    QueryParameterError: "QueryParameterException",
    QueryTooLargeError: "QueryTooLargeException",
    QueryTooComplexError: "QueryTooComplexException",
}


def problem(status: int, detail: str, *, name: str | None = None, **extra: Any) -> Response[bytes]:
    """An `application/problem+json` answer; `name` is the exception's where the status alone doesn't tell it."""
    exception, title = _BY_STATUS.get(status, _BY_STATUS[400])
    body = {"type": f"epcisException:{name or exception}", "title": title, "status": status, "detail": detail, "requestId": request_id(), **extra}
    headers = {"Retry-After": str(extra["retryAfter"])} if "retryAfter" in extra else None
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/problem+json", headers=headers)


def refuse_faults(faults: Sequence[Fault]) -> Response[bytes]:
    """All faults of a document at once."""
    shown = fault_list(faults)
    first = faults[0]
    detail = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}; the first: {first.path}: {first.message} {first.mend}"
    return problem(400, detail, errors=shown, errorCount=len(faults))


def _answer_faults(_request: Request[Any, Any, Any], error: DocumentFaults) -> Response[bytes]:
    return refuse_faults(error.faults)


def _answer_refusal(_request: Request[Any, Any, Any], error: SuyuanError) -> Response[bytes]:
    if error.status >= 500 and error.code == "INTERNAL":
        return answer_unexpected(_request, error)
    name = next((told for kind, told in _BY_ERROR.items() if isinstance(error, kind)), None)
    extra: dict[str, Any] = {"field": error.field} if error.field else {}
    if "retry_after" in error.detail:
        extra["retryAfter"] = error.detail["retry_after"]
    if isinstance(error, EventsOutsideSitesError):
        extra |= {"errors": fault_list(error.faults, SECURITY), "errorCount": len(error.faults)}
    return problem(error.status, error.message, name=name, code=error.code, **extra)


def _answer_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return answer_unexpected(_request, error)
    return problem(error.status_code, error.detail)


EXCEPTION_HANDLERS: Final[dict[Any, Any]] = {
    DocumentFaults: _answer_faults,
    SuyuanError: _answer_refusal,
    HTTPException: _answer_http,
    Exception: answer_unexpected,
}

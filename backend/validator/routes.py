"""`POST /epcis/validate`: the validator for programs, in the sender's own sandbox or in live data; it stores nothing."""

from typing import Any, Final

from litestar import Request, Response, post

from backend.epcis.paging import JSON, common_headers
from backend.events.errors import CaptureLimitError
from backend.events.json_text import write_json
from backend.history.negotiation import Language, choose_language
from backend.services import services_of
from backend.validator.reading import format_of
from backend.validator.service import LARGEST, examine_for
from tenants.http import principal_of, requires
from tenants.limits.edge import announced_length
from tenants.permissions import Permission

_LIMIT: Final = f"The validator takes documents of up to {LARGEST} bytes. Send a part of it; the faults of the rest will be of the same kinds."


@post("/validate", opt=requires(Permission.EVENTS_CAPTURE), status_code=200, request_max_body_size=LARGEST)
async def validate(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Every fault of a document with its line, what was understood of its good events, and what capture would do with them."""
    principal, services = principal_of(request), services_of(request)
    kind = format_of(request.headers.get("content-type") or JSON)
    if announced_length(request) > LARGEST and "transfer-encoding" not in request.headers:
        raise CaptureLimitError(_LIMIT, field="Content-Length")
    language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), Language.EN)
    report = await examine_for(services, principal, await request.body(), kind, language)
    headers = common_headers(services) | {"Content-Language": language.tag, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(write_json(report.as_json()), headers=headers, media_type=JSON)

"""The route that hands out a trace as a file."""

from typing import Any

from litestar import Request, Router, get
from litestar.params import FromPath
from litestar.response import Stream

from backend.catalog.languages import languages_of
from backend.graphql.context import DEFAULT_LANGUAGE, language_of
from backend.services import services_of
from backend.shapes.exports.asked import Format, read_question
from backend.shapes.exports.service import Asked, prepare, written
from infra.printing.press import Press
from tenants.http import end_turn, principal_of, requires
from tenants.permissions import Permission

# What stands in an SVG is never run, wherever somebody opens it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def trace_router() -> Router:
    """The routes, to be mounted once."""
    press = Press()

    @get("/exports/{form:str}", opt=requires(Permission.TRACE_READ))
    async def export_trace(form: FromPath[str], request: Request[Any, Any, Any]) -> Stream:
        """A trace as csv, json (EPCIS 2.0), graphml, svg or pdf, in the language of Accept-Language. It is on the audit trail."""
        wanted = Format.of(form)
        question, boxes = read_question(request.query_params)
        accepted = request.headers.get("accept-language", "")
        languages = languages_of(accepted) or (DEFAULT_LANGUAGE,)
        asked = Asked(principal_of(request), question, wanted, boxes, language_of(accepted), languages)
        prepared = await prepare(services_of(request), asked)
        # Whoever waits for the press, or for a slow reader, keeps nobody else of his company waiting.
        end_turn(request)
        parts = await written(press, asked, prepared)
        headers = {
            "Content-Disposition": f'attachment; filename="{prepared.name}"', "Cache-Control": "no-store", "Vary": "Accept-Language",
            "Content-Language": asked.language, "Content-Security-Policy": _POLICY,
        }  # fmt: skip
        return Stream(parts, headers=headers, media_type=wanted.media_type)

    return Router("/trace", route_handlers=[export_trace], tags=["trace"])

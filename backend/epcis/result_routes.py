"""What became of each event of a capture, as a list in pages or as a file (our own, beside the standard's routes)."""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from backend.bulk.results import all_results, as_csv, as_lines, csv_head, page_of_results
from backend.epcis.capture_routes import uuid_of
from backend.epcis.paging import JSON, common_headers, next_link, paging
from backend.events.errors import QueryParameterError
from backend.events.jobs import get_job
from backend.events.json_text import write_json
from backend.services import services_of
from infra.storage.disposition import attachment
from tenants.http import principal_of, requires
from tenants.permissions import Permission

CSV: Final = "text/csv"
LINES: Final = "application/x-ndjson"


@get("/capture/{job_id:str}/results", opt=requires(Permission.EVENTS_CAPTURE))
async def capture_results(job_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """`Accept: application/json` for pages, `text/csv` or `application/x-ndjson` for a file with all of them."""
    principal, services = principal_of(request), services_of(request)
    size, token = paging(request)
    place = _place(token)
    async with services.database.tenant(principal.tenant_id) as tx:
        job = await get_job(tx, principal, uuid_of(job_id))
        accepted = request.headers.get("accept", "")
        form = CSV if CSV in accepted else LINES if LINES in accepted else JSON
        results = await page_of_results(tx, job.job_id, place=place, limit=size + 1) if form == JSON else []
    if form == JSON:
        following = str(results[size]["index"]) if len(results) > size else None
        body = write_json({"captureID": str(job.job_id), "running": job.finished_at is None, "results": results[:size]})
        return Response(body, headers=common_headers(services) | next_link(request, following), media_type=JSON)

    async def file() -> AsyncIterator[bytes]:
        if form == CSV:
            yield csv_head()
        async for piece in all_results(services, principal.tenant_id, job.job_id, as_csv if form == CSV else as_lines):
            yield piece

    headers = common_headers(services) | {"Content-Disposition": attachment(f"capture-{job.job_id}.{'csv' if form == CSV else 'jsonl'}")}
    return Stream(file(), headers=headers, media_type=f"{form}; charset=utf-8")


def _place(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isascii() or not token.isdigit() or len(token) > 9:
        raise QueryParameterError("This nextPageToken is not one of ours. Take it from the Link header of the page before.", field="nextPageToken")
    return int(token)

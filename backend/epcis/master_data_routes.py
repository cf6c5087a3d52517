"""Routes for master data, which the standard's REST binding has none for: documents in, its SimpleMasterDataQuery out."""

from dataclasses import asdict
from typing import Any

from litestar import Request, Response, get, post

from backend.catalog.master_data import TooManyElementsError, find
from backend.catalog.vocabulary import absorb
from backend.epcis.answers import AnswerForm, answer_form
from backend.epcis.master_data import MasterDataDocument, read_master_data, write_json_results, write_xml_results
from backend.epcis.master_data_query import read_query, read_token, write_token
from backend.epcis.paging import JSON, common_headers, next_link, paging
from backend.epcis.problems import problem, refuse_faults
from backend.epcis.receiving import SHORT
from backend.events.errors import CaptureLimitError
from backend.events.jobs import fault_list
from backend.events.json_text import write_json
from backend.services import Services, services_of
from tenants.http import principal_of, requires
from tenants.permissions import Permission


async def _document(request: Request[Any, Any, Any], services: Services) -> MasterDataDocument:
    limit = services.settings.capture_max_bytes
    if int(request.headers.get("content-length") or 0) > limit:
        raise CaptureLimitError(f"The document is larger than {limit} bytes. Send it in parts.", field="Content-Length")
    raw = await request.body()
    if len(raw) > limit:
        raise CaptureLimitError(f"The document is larger than {limit} bytes. Send it in parts.", field="$")
    content_type = request.headers.get("content-type") or JSON
    if len(raw) <= SHORT:
        return read_master_data(raw, content_type)
    return await services.lane.compute(read_master_data, raw, content_type)


@post("/masterData", opt=requires(Permission.CATALOG_WRITE), status_code=200)
async def tell_master_data(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep the master data of a document: an EPCISMasterDataDocument, an EPCISDocument without events, or things of the GS1 Web
    Vocabulary. What is defective is told in `errors` and left out; the rest is kept. Sending it again changes nothing.
    """
    principal, services = principal_of(request), services_of(request)
    principal.require_everywhere(Permission.CATALOG_WRITE)
    document = await _document(request, services)
    absorbed = await services.in_tenant(
        principal.tenant_id,
        lambda tx: absorb(tx, principal, document.vocabularies, told_at=document.told_at, sender=document.sender, path=document.path),
    )
    if absorbed.faults and not absorbed.elements:
        return refuse_faults(absorbed.faults)
    counts = asdict(absorbed)
    del counts["faults"]
    body = {**counts, "errors": fault_list(absorbed.faults), "errorCount": len(absorbed.faults)}
    return Response(write_json(body), headers=common_headers(services), media_type=JSON)


@get("/masterData", opt=requires(Permission.CATALOG_READ))
async def master_data(request: Request[Any, Any, Any]) -> Response[Any]:
    """The elements that a SimpleMasterDataQuery finds, in order of vocabulary and URI, in pages."""
    principal, services = principal_of(request), services_of(request)
    principal.require_everywhere(Permission.CATALOG_READ)
    form = answer_form(request)
    size, token = paging(request)
    wanted, after = read_query(request.query_params.multi_items()), read_token(token)
    try:
        async with services.database.tenant(principal.tenant_id) as tx:
            found = await find(tx, wanted, after=after, limit=size + 1)
    except TooManyElementsError as refusal:
        return problem(refusal.status, refusal.message, name="QueryTooLargeException", code=refusal.code)
    last = found[size - 1] if len(found) > size else None
    headers = common_headers(services) | form.headers | next_link(request, write_token((last.vocabulary, last.element)) if last else None)
    return Response(_written(form, found[:size]), headers=headers, media_type=form.media_type)


def _written(form: AnswerForm, found: list[Any]) -> bytes:
    return write_json_results(found) if form.xml is None else write_xml_results(found, form.xml)

"""The routes under /mobile/v1."""

from typing import Annotated, Any, Final

from litestar import Request, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from backend.services import services_of
from mobile_api import changes, sync, uploads
from mobile_api.schemas import ChangesAnswer, Problem, SyncAnswer, UploadAnswer, UploadRequest
from tenants.http import principal_of, requires
from tenants.permissions import Permission

PATH: Final = "/mobile/v1"
LARGEST_BATCH: Final = 1_000_000
MOST_CHANGES: Final = 500
_HTTP = Request[Any, Any, Any]


def _problems(*extra: int) -> dict[int, ResponseSpec]:
    told = {
        400: "Can't be understood; the field is named, nothing was written",
        401: "Nobody has signed in, or no more",
        403: "The role lacks mobile.sync",
        413: "Beyond an announced limit, nothing was written",
        500: "A defect of ours; report the request id",
        503: "Try again; what was done by then isn't done twice",
    }
    statuses = (400, 401, 403, 500, 503, *extra)
    return {
        status: ResponseSpec(Problem, generate_examples=False, description=told[status], media_type="application/problem+json") for status in statuses
    }


@post("/sync", status_code=HTTP_200_OK, opt=requires(Permission.MOBILE_SYNC), responses=_problems(413), operation_id="sync")
async def sync_batch(request: _HTTP) -> SyncAnswer:
    """Take in a batch of entries. It may come again, whole or in part and in any order; each entry is answered by itself."""
    return await sync.synchronise(services_of(request), principal_of(request), await request.body())


@get("/changes", opt=requires(Permission.MOBILE_SYNC), responses=_problems(), operation_id="changes")
async def pull_changes(
    request: _HTTP,
    since: Annotated[str | None, Parameter(description="The `next` of the last answer, or a sequence number; absent to begin anew")] = None,
    limit: Annotated[int, Parameter(ge=1, le=MOST_CHANGES, description="Of events, and of rows of each kind of master data")] = 200,
) -> ChangesAnswer:
    """What is new since the last pull: events in the order of their commits, changed master data, and the holds in force."""
    return await changes.pull(services_of(request), principal_of(request), since=since, limit=limit)


@post("/uploads", status_code=HTTP_201_CREATED, opt=requires(Permission.MOBILE_SYNC), responses=_problems(413), operation_id="allowUpload")
async def allow_upload(request: _HTTP, data: JSONBody[UploadRequest]) -> UploadAnswer:
    """Ask to upload a photo; the answer says how, for five minutes and these bytes alone."""
    return await uploads.allow(services_of(request), principal_of(request), data)


def mobile_router() -> Router:
    """The routes, to be mounted once; they need `authorize` as the application's guard."""
    return Router(
        PATH,
        route_handlers=[sync_batch, pull_changes, allow_upload],
        request_max_body_size=LARGEST_BATCH,
        cache_control=CacheControlHeader(no_store=True),
        tags=["mobile"],
    )

"""The routes under /mobile/v1."""

from typing import Annotated, Any, Final

from litestar import Request, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.params import JSONBody, Parameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from backend.services import services_of
from mobile_api import changes, devices, leftovers, sync, uploads
from mobile_api.responses import problems
from mobile_api.schemas import ChangesAnswer, SyncAnswer, UploadAnswer, UploadRequest
from tenants.http import leftovers_of, principal_of, requires
from tenants.permissions import Permission

PATH: Final = "/mobile/v1"
LARGEST_BATCH: Final = 1_000_000
MOST_CHANGES: Final = 500
_HTTP = Request[Any, Any, Any]


@post("/sync", status_code=HTTP_200_OK, opt=requires(Permission.MOBILE_SYNC, takes_leftovers=True), responses=problems(413, 429), operation_id="sync")
async def sync_batch(request: _HTTP) -> SyncAnswer:
    """Take in a batch of entries. It may come again, whole or in part and in any order; each entry is answered by itself.

    A phone that was revoked is let in here with its key, and nowhere else: all that it tells is set aside for a person.
    """
    revoked = leftovers_of(request)
    if revoked is not None:
        return await leftovers.set_aside(services_of(request), revoked, await request.body())
    return await sync.synchronise(services_of(request), principal_of(request), await request.body())


@get("/changes", opt=requires(Permission.MOBILE_SYNC), responses=problems(), operation_id="changes")
async def pull_changes(
    request: _HTTP,
    since: Annotated[str | None, Parameter(description="The `next` of the last answer, or a sequence number; absent to begin anew")] = None,
    limit: Annotated[int, Parameter(ge=1, le=MOST_CHANGES, description="Of events, and of rows of each kind of master data")] = 200,
) -> ChangesAnswer:
    """What is new since the last pull: events in the order of their commits, changed master data, and the holds in force."""
    return await changes.pull(services_of(request), principal_of(request), since=since, limit=limit)


@post("/uploads", status_code=HTTP_201_CREATED, opt=requires(Permission.MOBILE_SYNC), responses=problems(413), operation_id="allowUpload")
async def allow_upload(request: _HTTP, data: JSONBody[UploadRequest]) -> UploadAnswer:
    """Ask to upload a photo; the answer says how, for five minutes and these bytes alone."""
    return await uploads.allow(services_of(request), principal_of(request), data)


def mobile_router() -> Router:
    """The routes, to be mounted once; they need `authorize` as the application's guard."""
    return Router(
        PATH,
        route_handlers=[sync_batch, pull_changes, allow_upload, devices.enrol, devices.token, devices.members, devices.switch],
        request_max_body_size=LARGEST_BATCH,
        cache_control=CacheControlHeader(no_store=True),
        tags=["mobile"],
    )

"""What a client may ask of the REST binding before it uses it: OPTIONS on every route, and the versions of a request (EPCIS 2.0 §12.1)."""

from collections import defaultdict
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from litestar import HttpMethod, Request, Response, route
from litestar.handlers import HTTPRouteHandler

from backend.epcis.answers import CbvXmlFormat
from backend.epcis.paging import common_headers
from backend.epcis.versions import SPOKEN, V1_2, V2_0, require_version
from backend.events.writer import EpcFormat
from backend.services import services_of
from tenants.http import public

_CAPTURE: Final = "/capture"
# In the order in which they are told.
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def _vendor_version() -> str:
    try:
        return version("suyuan")
    except PackageNotFoundError:
        return "unknown"


_SPOKEN: Final = {
    "GS1-EPCIS-Min": V1_2.epcis,
    "GS1-EPCIS-Max": V2_0.epcis,
    "GS1-CBV-Min": V1_2.cbv,
    "GS1-CBV-Max": V2_0.cbv,
    "GS1-EPC-Format": EpcFormat.NO_PREFERENCE,
    "GS1-CBV-XML-Format": CbvXmlFormat.NO_PREFERENCE,
    "GS1-Vendor-Version": f"suyuan {_vendor_version()}",
}


def discovery(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """An answer to OPTIONS for every path of these handlers. It is the same for everybody, so that nobody need sign in to learn how."""
    methods: dict[str, set[str]] = defaultdict(set)
    for handler in handlers:
        for path in handler.paths:
            methods[path] |= {str(method) for method in handler.http_methods}
    return [_answering(path, allowed) for path, allowed in methods.items()]


def check_versions(request: Request[Any, Any, Any]) -> None:
    """Before every handler: a request that no version fits is refused with 406."""
    require_version(request, SPOKEN)


def _answering(path: str, methods: set[str]) -> HTTPRouteHandler:
    allow = ", ".join(["OPTIONS", *(method for method in _METHODS if method in methods)])

    @route(
        path,
        http_method=HttpMethod.OPTIONS,
        opt=public("the standard lets clients ask what is spoken here; the answer is the same for everybody"),
        status_code=204,
    )
    async def discover(request: Request[Any, Any, Any]) -> Response[None]:
        behaviour = {"GS1-Capture-Error-Behaviour": "all"} if path.startswith(_CAPTURE) else {}
        return Response(None, status_code=204, headers=common_headers(services_of(request)) | _SPOKEN | behaviour | {"Allow": allow})

    return discover

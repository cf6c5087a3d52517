"""What the routes under /epcis share: versions and limits in headers, pages, tokens."""

import base64
import binascii
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request

from backend.events.contexts import SUYUAN_NAMESPACE
from backend.events.errors import QueryParameterError
from backend.services import Services

VERSIONS: Final = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0", "GS1-Extensions": f"suyuan={SUYUAN_NAMESPACE}"}
DEFAULT_PAGE: Final = 30
LARGEST_PAGE: Final = 200
JSON: Final = "application/json"
_NOT_OURS: Final = "This nextPageToken is not one of ours. Take it from the Link header of the page before."


def common_headers(services: Services) -> dict[str, str]:
    """What every answer says: the versions, and the bounds of a capture."""
    return VERSIONS | {
        "GS1-EPCIS-Capture-Limit": str(services.settings.capture_max_events),
        "GS1-EPCIS-Capture-File-Size-Limit": str(services.settings.capture_max_bytes),
    }


def paging(request: Request[Any, Any, Any]) -> tuple[int, str | None]:
    """How many a page holds, and the token of the page before. Raises `QueryParameterError`."""
    text = request.query_params.get("perPage", str(DEFAULT_PAGE))
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1:
        raise QueryParameterError(f"perPage is a whole number from 1; it was “{text[:20]}”.", field="perPage")
    return min(int(text[:9]), LARGEST_PAGE), request.query_params.get("nextPageToken")


def write_seq_token(seq: int) -> str:
    """Where a page of the event log ends."""
    return base64.urlsafe_b64encode(f"s{seq}".encode()).decode()


def read_seq_token(token: str) -> int:
    """Where the page before ended. Raises `QueryParameterError`."""
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        if text[:1] == "s" and text[1:].isascii() and text[1:].isdigit() and len(text) < 18:
            return int(text[1:])
    except (binascii.Error, ValueError):
        pass
    raise QueryParameterError(_NOT_OURS, field="nextPageToken")


def read_uuid_token(token: str) -> UUID:
    """The same of a list in the order of ids."""
    try:
        return UUID(token)
    except ValueError:
        raise QueryParameterError(_NOT_OURS, field="nextPageToken") from None


def next_link(request: Request[Any, Any, Any], token: str | None) -> dict[str, str]:
    """The header that leads to the next page; none at the end."""
    if token is None:
        return {}
    others = [(name, value) for name, value in request.query_params.multi_items() if name != "nextPageToken"]
    return {"Link": f'<{request.url.path}?{urlencode([*others, ("nextPageToken", token)])}>; rel="next"'}

"""Reading a GraphQL request: its headers, and its body as one operation."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec

from backend.graphql.errors import RequestRefusedError

RESPONSE_TYPE: Final = "application/graphql-response+json"
_JSON: Final = "application/json"


class GraphQLRequest(msgspec.Struct, rename={"operation_name": "operationName"}):
    """One operation: batches aren't taken."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


_NUL: Final = re.compile(rb"\\u(?:0000|\{0+\})")
# Numbers keep their digits: `events` of a capture may hold any.
_DECODER: Final = msgspec.json.Decoder(GraphQLRequest, float_hook=Decimal)


def read_request(body: bytes) -> GraphQLRequest:
    """The operation in a body; raises `RequestRefusedError` with what to mend."""
    try:
        request = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise RequestRefusedError(
            "INVALID_INPUT", f'The body is no GraphQL request ({problem}): send {{"query": "…", "variables": {{…}}}}, one at a time.'
        ) from problem
    except RecursionError as problem:
        raise RequestRefusedError("INVALID_INPUT", "The body is nested too deeply to be read.") from problem
    # PostgreSQL's text can't hold it, in whatever argument it comes.
    if _NUL.search(body):
        raise RequestRefusedError("INVALID_INPUT", "The request holds the character NUL (\\u0000), which no text here can have. Leave it out.")
    return request


def required_content_type(content_type: str) -> None:
    """Refuse anything but JSON: a form on another site can't send it, and there are no other bodies."""
    kind, _, parameters = content_type.partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != _JSON or charset not in ("", "utf-8", "utf8"):
        raise RequestRefusedError("UNSUPPORTED_CONTENT_TYPE", "Send the request with Content-Type: application/json, in UTF-8.")


@lru_cache(maxsize=256)
def answer_type(accept: str) -> str:
    """The media type of the answer: GraphQL's own where the caller names it, else JSON; raises `RequestRefusedError` for neither."""
    wanted = [part.split(";")[0].strip().lower() for part in accept[:500].split(",")]
    if RESPONSE_TYPE in wanted:
        return RESPONSE_TYPE
    if accept.strip() == "" or {_JSON, "*/*", "application/*"} & set(wanted):
        return _JSON
    raise RequestRefusedError("NOT_ACCEPTABLE", f"The answer is JSON: accept {RESPONSE_TYPE} or {_JSON}.")

"""The public pages under /01: a code's GS1 Digital Link, resolved to its page, or to the same facts for programs."""

import hashlib
from typing import Any, Final
from urllib.parse import quote

import msgspec
from litestar import HttpMethod, Request, Response, Router, route

from backend.history.addresses import Address, home_of, read_address
from backend.history.errors import HistoryNotFoundError, LinkTypeNotFoundError
from backend.history.negotiation import Format, Language, LinkType, choose_format, choose_language, choose_link_type
from backend.history.page import CONTENT_SECURITY_POLICY, render_history, render_message
from backend.history.rate_limit import PageRateLimit
from backend.history.service import PublishedHistory, find_history
from backend.history.structured_data import json_ld, linkset
from backend.history.words import WORDS, Notice, Words
from backend.services import Services
from infra.errors import SuyuanError, TooManyRequestsError
from infra.http import EXCEPTION_HANDLERS, answer_refusal, answer_unexpected, request_id
from tenants.http import client_address, public

PAGE_SECONDS: Final = 60
_LONGEST_QUERY: Final = 500
_VARY: Final = "Accept, Accept-Language"
_OPEN_TO_ALL: Final = public("who scans the code on a product is nobody here; the role that reads sees what is published, no more", counted=False)
PublicRequest = Request[Any, Any, Any]


def history_router(services: Services) -> Router:
    """The routes, to be mounted once."""
    limit = PageRateLimit(services.identity.limits)
    settings = services.settings

    @route(["/", "/{rest:path}"], http_method=[HttpMethod.GET, HttpMethod.HEAD], opt=_OPEN_TO_ALL, include_in_schema=False)
    async def resolve(request: PublicRequest) -> Response[bytes]:
        visitor = client_address(request, settings.trusted_proxies)
        await limit.take(request, visitor)
        address = read_address(_raw_path(request))
        if address.shortened:
            return _redirect(address.path + _query(request))
        found = await find_history(services.public_database, request.headers.get("host", ""), settings.public_url, address)
        if found is None:
            await limit.charge_for_miss(request, visitor)
            raise HistoryNotFoundError
        answer = _answer(request, found, home_of(found.tenant.slug, settings.public_url) + address.path, address)
        if found.tenant.sandbox:
            answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    return Router("/01", route_handlers=[resolve], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, answer_problem))


def _raw_path(request: PublicRequest) -> str:
    """The path as it was sent: decoded, a slash inside a lot number couldn't be told from one between segments."""
    raw = request.scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw else quote(request.scope["path"])


def _query(request: PublicRequest) -> str:
    query = request.scope["query_string"].decode("latin-1")
    return f"?{query}" if query and query.isascii() and query.isprintable() and len(query) <= _LONGEST_QUERY else ""


def _redirect(location: str) -> Response[bytes]:
    return Response(b"", status_code=307, media_type="text/plain", headers={"Location": location, "Cache-Control": f"public, max-age={PAGE_SECONDS}"})


def _language(request: PublicRequest, fallback: Language = Language.ZH) -> Language:
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), fallback)


def _answer(request: PublicRequest, found: PublishedHistory, url: str, address: Address) -> Response[bytes]:
    link_type = choose_link_type(request.query_params.get("linkType") or request.query_params.get("linktype"))
    if link_type is None:
        raise LinkTypeNotFoundError
    if link_type is LinkType.CERTIFICATES:
        return _certificates(request, found, url)
    chosen = choose_format(request.headers.get("accept", ""), link_type)
    if chosen is Format.LINKSET:
        return _cached(request, msgspec.json.encode(linkset(found.history, url)), Format.LINKSET)
    if chosen is Format.JSON_LD:
        return _cached(request, msgspec.json.encode(json_ld(found.history, url, found.recalls)), Format.JSON_LD)
    language = _language(request, Language.EN if found.tenant.locale.startswith("en") else Language.ZH)
    headers = {
        "Content-Language": language.tag,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Link": f'<{url}?linkType=linkset>; rel="linkset"; type="{Format.LINKSET}"',
    }
    return _cached(request, render_history(found, language, url), Format.PAGE, headers)


def _certificates(request: PublicRequest, found: PublishedHistory, url: str) -> Response[bytes]:
    """One is followed, several are offered (300), of none there is nothing to tell."""
    certificates = found.history.certificates
    if not certificates:
        raise LinkTypeNotFoundError
    if len(certificates) == 1:
        return _redirect(quote(certificates[0], safe=":/?#[]@!$&'()*+,;=%~"))
    return _cached(request, msgspec.json.encode(linkset(found.history, url)), Format.LINKSET, status=300)


def _cached(request: PublicRequest, body: bytes, media_type: Format, headers: dict[str, str] | None = None, *, status: int = 200) -> Response[bytes]:
    """An answer that may be kept for a moment and asked about by its tag (RFC 9110 §13.1.2)."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    kept = {**(headers or {}), "ETag": tag, "Cache-Control": f"public, max-age={PAGE_SECONDS}", "Vary": _VARY}
    known = [item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")]
    if status == 200 and (tag in known or "*" in known):
        return Response(b"", status_code=304, headers=kept)
    return _whole(request, body, media_type, kept, status)


def _whole(request: PublicRequest, body: bytes, media_type: str, headers: dict[str, str], status: int) -> Response[bytes]:
    """Body and all, or for HEAD all but the body."""
    given = {**headers, "Content-Length": str(len(body))}
    return Response(b"" if request.method == HttpMethod.HEAD else body, status_code=status, media_type=media_type, headers=given)


def answer_problem(request: PublicRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page to people and as problem details to programs."""
    told = answer_refusal(request, error) if isinstance(error, SuyuanError) else answer_unexpected(request, error)
    status = told.status_code or 500
    if choose_format(request.headers.get("accept", ""), None) is not Format.PAGE:
        return told
    language = _language(request)
    notice = _notice(WORDS[language], error, status)
    headers = {
        **told.headers,
        "Cache-Control": "no-store",
        "Content-Language": language.tag,
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Vary": _VARY,
    }
    page = render_message(notice, language, reference=request_id() if status >= 500 else "")
    return _whole(request, page, Format.PAGE, headers, status)


def _notice(words: Words, error: Exception, status: int) -> Notice:
    if isinstance(error, TooManyRequestsError):
        return Notice(words.too_many.title, words.too_many.text.format(seconds=error.detail["retry_after"]))
    by_code = {
        "WRONG_CHECK_DIGIT": words.wrong_check_digit,
        "MALFORMED_ADDRESS": words.malformed,
        "LINK_TYPE_NOT_FOUND": words.no_such_link,
        "HISTORY_NOT_FOUND": words.not_found,
    }
    code = error.code if isinstance(error, SuyuanError) else ""
    return by_code.get(code) or (words.unavailable if status == 503 else words.failed)

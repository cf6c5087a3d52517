"""The page `/supplier/{token}`: a supplier sees one request, acknowledges and answers it. Whoever holds the link may; nobody else."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from backend.capa import requests
from backend.capa.errors import GuestLinkInvalidError
from backend.capa.guest_page import CONTENT_SECURITY_POLICY, render_notice, render_request
from backend.capa.guest_words import WORDS
from backend.capa.requests import LIMITS
from backend.capa.rules import answer_problems
from backend.capa.tokens import GuestToken
from backend.history.negotiation import Language, choose_language
from backend.services import Services
from infra.errors import SuyuanError, TooLargeError, TooManyRequestsError
from infra.http import EXCEPTION_HANDLERS, answer_http_error, answer_refusal, answer_unexpected, request_id
from tenants.directory import Tenant, tenant_by_public_id
from tenants.http import client_address, public
from tenants.limits.edge import announced_length, tell
from tenants.limits.policies import Policy
from tenants.limits.service import refuse_over

PATH: Final = "/supplier"
# A page every two seconds, or twenty at once; whoever guesses tokens meets nothing and is charged for it.
PAGES: Final = Policy("supplier", 30, 60)
MISS_COST: Final = 9
WRITE_COST: Final = 4
# Chinese takes nine bytes a character in a form.
LARGEST: Final = 9 * sum(LIMITS.values()) + 2_000
_FOR_WHO_HOLDS_THE_LINK: Final = public("the token in the link is the proof; it opens one request, until it ends", counted=False)
GuestRequest = Request[Any, Any, Any]


def address_of(public_url: str, token: GuestToken) -> str:
    """The link."""
    return f"{public_url.rstrip('/')}{PATH}/{token}"


def guest_router(services: Services) -> Router:
    """The routes, to be mounted once."""

    async def entered(request: GuestRequest, text: str, *, cost: int) -> tuple[GuestToken, Tenant]:
        """The token and its company. Raises `GuestLinkInvalidError` for a token that can't be ours, `RateLimitedError`."""
        address = client_address(request, services.settings.trusted_proxies)
        levels = await services.identity.limits.charge_address(address, policy=PAGES, units=cost)
        tell(request, levels)
        refuse_over(levels)
        try:
            token = GuestToken.parse(text)
        except GuestLinkInvalidError:
            await missed(request)
            raise
        tenant = await tenant_by_public_id(services.database, token.tenant_public_id)
        if tenant is None:
            await missed(request)
            raise GuestLinkInvalidError
        return token, tenant

    async def missed(request: GuestRequest) -> None:
        address = client_address(request, services.settings.trusted_proxies)
        tell(request, await services.identity.limits.charge_address(address, policy=PAGES, units=MISS_COST, force=True))

    async def shown(request: GuestRequest, token: GuestToken, tenant: Tenant, **form: dict[str, str]) -> Response[bytes]:
        try:
            opened = await services.in_tenant(tenant.tenant_id, lambda tx: requests.open_link(tx, token))
        except GuestLinkInvalidError:
            await missed(request)
            raise
        language = _language(request)
        return _page(render_request(opened, tenant, language, **form), language, 422 if form else 200)

    @get("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """The request, what was answered, and the form."""
        parsed, tenant = await entered(request, token, cost=1)
        return await shown(request, parsed, tenant)

    @post("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def act(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """Acknowledge, or answer; then look at it again (303), so that a reload sends nothing twice."""
        parsed, tenant = await entered(request, token, cost=WRITE_COST)
        if announced_length(request) > LARGEST:
            raise TooLargeError("This answer is too long; shorten it.")
        address = client_address(request, services.settings.trusted_proxies)
        given = {name: value.replace("\r\n", "\n") for name, value in (await request.form()).items() if isinstance(value, str)}
        if given.get("act") == "answer":
            wrong = answer_problems(given, LIMITS)
            if wrong:
                return await shown(request, parsed, tenant, given=given, wrong=wrong)
            await services.in_tenant(tenant.tenant_id, lambda tx: requests.answer(tx, parsed, given, address=address))
        else:
            await services.in_tenant(tenant.tenant_id, lambda tx: requests.acknowledge(tx, parsed, address=address))
        headers = {"Location": f"{PATH}/{parsed}?lang={_language(request)}", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return Response(b"", status_code=303, media_type="text/plain", headers=headers)

    return Router(PATH, route_handlers=[show, act], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, _answer_problem))


def _language(request: GuestRequest) -> Language:
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), Language.ZH)


def _page(body: bytes, language: Language, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    told = {
        **(headers or {}),
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Content-Language": language.tag,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return Response(body, status_code=status, media_type="text/html", headers=told)


def _answer_problem(request: GuestRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page."""
    if isinstance(error, SuyuanError):
        told = answer_refusal(request, error)
    elif isinstance(error, HTTPException):
        told = answer_http_error(request, error)
    else:
        told = answer_unexpected(request, error)
    language, status = _language(request), told.status_code or 500
    words = WORDS[language]
    notice = words.failed if status >= 500 else words.too_large if status == 413 else words.invalid
    if isinstance(error, TooManyRequestsError):
        notice = type(words.too_many)(words.too_many.title, words.too_many.text.format(seconds=error.detail["retry_after"]))
    headers = {name: value for name, value in told.headers.items() if name.lower() == "retry-after"}
    return _page(render_notice(notice, language, reference=request_id() if status >= 500 else ""), language, status, headers)

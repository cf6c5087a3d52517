"""The page `/recall/{token}`: a customer sees his notice, acknowledges it and answers for his lots. Whoever holds the link may; nobody else."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from backend.history.negotiation import Language, choose_language
from backend.recall_notices import answering, guest_form, links
from backend.recall_notices.errors import RecallLinkInvalidError, RecallNoticeStateError
from backend.recall_notices.guest_form import FORWARDED_TO, NAME, NOTE, Form
from backend.recall_notices.guest_page import A_PAGE, CONTENT_SECURITY_POLICY, Asked, render_message, render_notice
from backend.recall_notices.guest_words import WORDS
from backend.recall_notices.tokens import PATH, NoticeToken
from backend.services import Services
from infra.database import TenantTransaction
from infra.errors import SuyuanError, TooLargeError, TooManyRequestsError
from infra.http import EXCEPTION_HANDLERS, answer_http_error, answer_refusal, answer_unexpected, request_id
from tenants.directory import Tenant, tenant_by_public_id
from tenants.http import client_address, public
from tenants.limits.edge import announced_length, tell
from tenants.limits.policies import Policy
from tenants.limits.service import refuse_over

# A page every two seconds, or twenty at once; whoever guesses tokens meets nothing and is charged for it.
PAGES: Final = Policy("recall", 30, 60)
MISS_COST: Final = 9
WRITE_COST: Final = 2
# Chinese takes nine bytes a character in a form.
LARGEST: Final = 9 * (NAME + FORWARDED_TO + NOTE) + 2_000
_FOR_WHO_HOLDS_THE_LINK: Final = public("the token in the link is the proof; it opens one notice, until it ends or is revoked", counted=False)
GuestRequest = Request[Any, Any, Any]


def guest_router(services: Services) -> Router:
    """The routes, to be mounted once."""

    async def entered(request: GuestRequest, text: str, *, cost: int) -> tuple[NoticeToken, Tenant]:
        """The token and its company. Raises `RecallLinkInvalidError` for a token that can't be ours, `RateLimitedError`."""
        address = client_address(request, services.settings.trusted_proxies)
        levels = await services.identity.limits.charge_address(address, policy=PAGES, units=cost)
        tell(request, levels)
        refuse_over(levels)
        try:
            token = NoticeToken.parse(text)
        except RecallLinkInvalidError:
            await missed(request)
            raise
        tenant = await tenant_by_public_id(services.database, token.tenant_public_id)
        if tenant is None:
            await missed(request)
            raise RecallLinkInvalidError
        return token, tenant

    async def missed(request: GuestRequest) -> None:
        address = client_address(request, services.settings.trusted_proxies)
        tell(request, await services.identity.limits.charge_address(address, policy=PAGES, units=MISS_COST, force=True))

    async def opened(request: GuestRequest, token: NoticeToken, tenant: Tenant, *, mark: bool) -> links.Opened:
        try:
            return await services.in_tenant(tenant.tenant_id, lambda tx: links.open_link(tx, token, mark=mark))
        except RecallLinkInvalidError:
            await missed(request)
            raise

    @get("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """The notice, what was answered, and the forms."""
        parsed, tenant = await entered(request, token, cost=1)
        language = _language(request)
        found = await opened(request, parsed, tenant, mark=True)
        asked = Asked(_number(request.query_params.get("page"), 1), _number(request.query_params.get("line"), 0))
        return _page(render_notice(found, tenant, language, asked), language)

    @post("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def act(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """Acknowledge, or answer; then look at it again (303), so that a reload sends nothing twice.

        No other site can have a browser send this form: the token in its address is the secret, and no cookie speaks for anybody.
        """
        parsed, tenant = await entered(request, token, cost=WRITE_COST)
        if announced_length(request) > LARGEST:
            raise TooLargeError("This answer is too long; shorten it.")
        address = client_address(request, services.settings.trusted_proxies)
        language = _language(request)
        sent = await request.form()
        given = {name: value.replace("\r\n", "\n") for name, value in sent.items() if name in guest_form.FIELDS and isinstance(value, str)}
        name = given.get("name", "").replace("\x00", "").strip()[:NAME]
        found = await opened(request, parsed, tenant, mark=False)
        form = guest_form.read(given, found.notice.lots) if given.get("act") == "report" else None
        if form is not None and form.wrong:
            return _page(render_notice(found, tenant, language, Asked(form=form)), language, 422)
        await services.in_tenant(tenant.tenant_id, lambda tx: _act(tx, parsed, given, form, name, address))
        anchor = f"#lot-{form.line}" if form is not None else ""
        headers = {
            "Location": f"{PATH}/{parsed}?lang={language}{_place(form)}{anchor}",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        return Response(b"", status_code=303, media_type="text/plain", headers=headers)

    return Router(PATH, route_handlers=[show, act], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, _answer_problem))


async def _act(tx: TenantTransaction, token: NoticeToken, given: dict[str, str], form: Form | None, name: str, address: str) -> None:
    if given.get("act") == "nothing":
        await answering.all_nothing(tx, token, name=name, address=address)
    elif form is not None and form.said is not None:
        await answering.by_link(tx, token, [form.said], name=name, address=address)
    else:
        await answering.by_link(tx, token, [], name=name, address=address, acknowledge_only=True)


def _place(form: Form | None) -> str:
    """The page on which the lot stands that was answered."""
    return f"&page={-(-form.line // A_PAGE)}" if form is not None and form.line > A_PAGE else ""


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else otherwise


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
    message = words.failed if status >= 500 else words.too_large if status == 413 else words.invalid
    if isinstance(error, RecallNoticeStateError):
        message = words.closed
    if isinstance(error, TooManyRequestsError):
        message = type(words.too_many)(words.too_many.title, words.too_many.text.format(seconds=error.detail["retry_after"]))
    headers = {name: value for name, value in told.headers.items() if name.lower() == "retry-after"}
    return _page(render_message(message, language, reference=request_id() if status >= 500 else ""), language, status, headers)

"""The page `/supplier/{token}`: a supplier sees one request, acknowledges and answers it. Whoever holds the link may; nobody else."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.params import FromPath

from backend.capa import requests
from backend.capa.guest_page import LOOK, render_request
from backend.capa.guest_words import WORDS
from backend.capa.requests import LIMITS
from backend.capa.rules import answer_problems
from backend.capa.tokens import RequestToken
from backend.guests.door import GuestRequest, TokenDoor, form_of, language_of, refused, too_often
from backend.guests.look import see_other
from backend.services import Services
from infra.errors import TooManyRequestsError
from infra.http import EXCEPTION_HANDLERS, request_id
from tenants.directory import Tenant
from tenants.http import public
from tenants.limits.policies import Policy

# A page every two seconds, or twenty at once; whoever guesses tokens meets nothing and is charged for it.
PAGES: Final = Policy("supplier", 30, 60)
WRITE_COST: Final = 4
# Chinese takes nine bytes a character in a form.
LARGEST: Final = 9 * sum(LIMITS.values()) + 2_000
_FOR_WHO_HOLDS_THE_LINK: Final = public("the token in the link is the proof; it opens one request, until it ends", counted=False)


def guest_router(services: Services) -> Router:
    """The routes, to be mounted once."""
    door = TokenDoor(services, PAGES, RequestToken)

    async def shown(request: GuestRequest, token: RequestToken, tenant: Tenant, **form: dict[str, str]) -> Response[bytes]:
        opened = await door.open(request, tenant, lambda tx: requests.open_link(tx, token))
        language = language_of(request)
        return LOOK.answer(render_request(opened, tenant, language, **form), language, 422 if form else 200)

    @get("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """The request, what was answered, and the form."""
        parsed, tenant = await door.enter(request, token, cost=1)
        return await shown(request, parsed, tenant)

    @post("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def act(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """Acknowledge, or answer; then look at it again."""
        parsed, tenant = await door.enter(request, token, cost=WRITE_COST)
        given, address = await form_of(request, LARGEST), door.address(request)
        if given.get("act") == "answer":
            wrong = answer_problems(given, LIMITS)
            if wrong:
                return await shown(request, parsed, tenant, given=given, wrong=wrong)
            await services.in_tenant(tenant.tenant_id, lambda tx: requests.answer(tx, parsed, given, address=address))
        else:
            await services.in_tenant(tenant.tenant_id, lambda tx: requests.acknowledge(tx, parsed, address=address))
        return see_other(f"{parsed.PATH}/{parsed}?lang={language_of(request)}")

    return Router(RequestToken.PATH, route_handlers=[show, act], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, _answer_problem))


def _answer_problem(request: GuestRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page."""
    language, (status, headers) = language_of(request), refused(request, error)
    words = WORDS[language]
    notice = words.failed if status >= 500 else words.too_large if status == 413 else words.invalid
    if isinstance(error, TooManyRequestsError):
        notice = too_often(words.too_many, error)
    return LOOK.answer(LOOK.render_message(notice, language, reference=request_id() if status >= 500 else ""), language, status, headers)

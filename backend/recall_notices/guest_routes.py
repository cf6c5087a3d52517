"""The page `/recall/{token}`: a customer sees his notice, acknowledges it and answers for his lots. Whoever holds the link may; nobody else."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.params import FromPath

from backend.guests.door import GuestRequest, TokenDoor, form_of, language_of, refused, too_often
from backend.guests.look import see_other
from backend.recall_notices import answering, guest_form, links
from backend.recall_notices.errors import RecallNoticeStateError
from backend.recall_notices.guest_form import FORWARDED_TO, NAME, NOTE, Form
from backend.recall_notices.guest_page import A_PAGE, LOOK, Asked, render_notice
from backend.recall_notices.guest_words import WORDS
from backend.recall_notices.tokens import NoticeToken
from backend.services import Services
from infra.database import TenantTransaction
from infra.errors import TooManyRequestsError
from infra.http import EXCEPTION_HANDLERS, request_id
from tenants.directory import Tenant
from tenants.http import public
from tenants.limits.policies import Policy

# A page every two seconds, or twenty at once; whoever guesses tokens meets nothing and is charged for it.
PAGES: Final = Policy("recall", 30, 60)
WRITE_COST: Final = 2
# Chinese takes nine bytes a character in a form.
LARGEST: Final = 9 * (NAME + FORWARDED_TO + NOTE) + 2_000
_FOR_WHO_HOLDS_THE_LINK: Final = public("the token in the link is the proof; it opens one notice, until it ends or is revoked", counted=False)


def guest_router(services: Services) -> Router:
    """The routes, to be mounted once."""
    door = TokenDoor(services, PAGES, NoticeToken)

    async def opened(request: GuestRequest, token: NoticeToken, tenant: Tenant, *, mark: bool) -> links.Opened:
        return await door.open(request, tenant, lambda tx: links.open_link(tx, token, mark=mark))

    @get("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """The notice, what was answered, and the forms."""
        parsed, tenant = await door.enter(request, token, cost=1)
        language = language_of(request)
        found = await opened(request, parsed, tenant, mark=True)
        asked = Asked(_number(request.query_params.get("page"), 1), _number(request.query_params.get("line"), 0))
        return LOOK.answer(render_notice(found, tenant, language, asked), language)

    @post("/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def act(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """Acknowledge, or answer; then look at it again.

        No other site can have a browser send this form: the token in its address is the secret, and no cookie speaks for anybody.
        """
        parsed, tenant = await door.enter(request, token, cost=WRITE_COST)
        sent, address, language = await form_of(request, LARGEST), door.address(request), language_of(request)
        given = {name: value for name, value in sent.items() if name in guest_form.FIELDS}
        name = given.get("name", "").replace("\x00", "").strip()[:NAME]
        found = await opened(request, parsed, tenant, mark=False)
        form = guest_form.read(given, found.notice.lots) if given.get("act") == "report" else None
        if form is not None and form.wrong:
            return LOOK.answer(render_notice(found, tenant, language, Asked(form=form)), language, 422)
        await services.in_tenant(tenant.tenant_id, lambda tx: _act(tx, parsed, given, form, name=name, address=address))
        anchor = f"#lot-{form.line}" if form is not None else ""
        return see_other(f"{parsed.PATH}/{parsed}?lang={language}{_place(form)}{anchor}")

    return Router(NoticeToken.PATH, route_handlers=[show, act], exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, _answer_problem))


async def _act(tx: TenantTransaction, token: NoticeToken, given: dict[str, str], form: Form | None, *, name: str, address: str) -> None:
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


def _answer_problem(request: GuestRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page."""
    language, (status, headers) = language_of(request), refused(request, error)
    words = WORDS[language]
    message = words.failed if status >= 500 else words.too_large if status == 413 else words.invalid
    if isinstance(error, RecallNoticeStateError):
        message = words.closed
    if isinstance(error, TooManyRequestsError):
        message = too_often(words.too_many, error)
    return LOOK.answer(LOOK.render_message(message, language, reference=request_id() if status >= 500 else ""), language, status, headers)

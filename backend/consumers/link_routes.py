"""The pages behind the links in mails: confirm a request, or end it."""

from typing import Any, Final

from litestar import Response, get, post
from litestar.params import FromPath

from backend.consumers import service
from backend.consumers.page import LOOK, render
from backend.consumers.service import Request as Asked
from backend.consumers.tokens import LinkUse
from backend.consumers.visits import LARGEST, WRITE_COST, Visits, language_for
from backend.consumers.words import WORDS, Words
from backend.guests.door import GuestRequest
from backend.history.negotiation import Language
from backend.services import Services
from tenants.directory import Tenant
from tenants.http import public

_FOR_WHO_HOLDS_THE_LINK: Final = public("the token in the link is the proof; it confirms or ends one request", counted=False)


def link_routes(services: Services, visits: Visits) -> list[Any]:
    """The routes, to be mounted below the others' path."""

    @get("/confirm/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show_confirm(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """A button: programs that look into mails open links, and press nothing."""
        await visits.charge(request, 1)
        link, tenant = await visits.link(request, token, LinkUse.CONFIRM)
        language = language_for(request, tenant)
        words, asked = WORDS[language], await services.in_tenant(tenant.tenant_id, lambda tx: service.look(tx, link.watch_id))
        if asked.confirmed:
            return _confirmed(asked, tenant, words, language)
        return LOOK.answer(render(language, tenant.name, notice=words.confirm, button=words.confirm_button), language)

    @post("/confirm/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def confirm(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """He who holds the link reads the mails of the address."""
        await visits.charge(request, WRITE_COST)
        link, tenant = await visits.link(request, token, LinkUse.CONFIRM)
        language = language_for(request, tenant)
        asked = await services.in_tenant(tenant.tenant_id, lambda tx: service.confirm(tx, link.watch_id))
        return _confirmed(asked, tenant, WORDS[language], language)

    @get("/stop/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, include_in_schema=False)
    async def show_stop(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """A button, as for confirming."""
        await visits.charge(request, 1)
        _, tenant = await visits.link(request, token, LinkUse.STOP)
        language = language_for(request, tenant)
        words = WORDS[language]
        return LOOK.answer(render(language, tenant.name, notice=words.stop, button=words.stop_button), language)

    @post("/stop/{token:str}", opt=_FOR_WHO_HOLDS_THE_LINK, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def stop(request: GuestRequest, token: FromPath[str]) -> Response[bytes]:
        """Also what a mail program sends whose reader presses its button (RFC 8058)."""
        await visits.charge(request, WRITE_COST)
        link, tenant = await visits.link(request, token, LinkUse.STOP)
        language = language_for(request, tenant)
        await services.in_tenant(tenant.tenant_id, lambda tx: service.stop(tx, link.watch_id))
        return LOOK.answer(render(language, tenant.name, notice=WORDS[language].stopped), language)

    return [show_confirm, confirm, show_stop, stop]


def _confirmed(asked: Asked, tenant: Tenant, words: Words, language: Language) -> Response[bytes]:
    return LOOK.answer(render(language, tenant.name, notice=words.confirmed, back=f"/{asked.watched.key}?lang={language}"), language)

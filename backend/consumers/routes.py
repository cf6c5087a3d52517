"""The pages under /tell-me: ask to be told of recalls of a product or lot. Open to everybody, without a sign-in or cookie."""

from typing import Final

from litestar import Response, Router, get, post

from backend.catalog.languages import name_in
from backend.consumers import service
from backend.consumers.errors import AddressRefusedError, NoMailHereError
from backend.consumers.link_routes import link_routes
from backend.consumers.page import LOOK, Form, Goods, render
from backend.consumers.visits import LARGEST, WRITE_COST, Visits, answer_problem, language_for
from backend.consumers.words import WORDS
from backend.guests.door import GuestRequest, form_of
from backend.history.page import ASK_PATH
from backend.services import Services
from infra.database import TenantTransaction
from infra.http import EXCEPTION_HANDLERS
from tenants.http import public

_FOR_CONSUMERS: Final = public(
    "who bought a product is nobody here; what is asked for counts only once the address's owner has confirmed it", counted=False
)


def consumer_router(services: Services) -> Router:
    """The routes, to be mounted once."""
    visits = Visits(services)

    @get("/{rest:path}", opt=_FOR_CONSUMERS, include_in_schema=False)
    async def show(request: GuestRequest) -> Response[bytes]:
        """The form."""
        await visits.charge(request, 1)
        found, watched = await visits.goods(request)
        language, tenant = language_for(request, found.tenant), found.tenant
        back = f"/{watched.key}?lang={language}"
        goods = Goods(name_in(found.history.names, language), watched.lot)
        if not await services.in_tenant(tenant.tenant_id, services.consumer_mail.has_channel):
            return LOOK.answer(render(language, tenant.name, notice=WORDS[language].no_mail, goods=goods, back=back), language)
        return LOOK.answer(render(language, tenant.name, goods=goods, form=Form(visits.form(tenant, watched)), back=back), language)

    @post("/{rest:path}", opt=_FOR_CONSUMERS, status_code=200, request_max_body_size=LARGEST, include_in_schema=False)
    async def ask(request: GuestRequest) -> Response[bytes]:
        """Whoever asks is told the same, be the address known or not."""
        await visits.charge(request, WRITE_COST)
        given = await form_of(request, LARGEST)
        found, watched = await visits.goods(request)
        language, tenant = language_for(request, found.tenant), found.tenant
        visits.check_form(request, given, tenant, watched)
        back, email = f"/{watched.key}?lang={language}", given.get("email", "")
        asked = LOOK.answer(render(language, tenant.name, notice=WORDS[language].asked, back=back), language)

        async def write(tx: TenantTransaction) -> None:
            if not await services.consumer_mail.has_channel(tx):
                raise NoMailHereError
            await service.ask(tx, services.consumer_mail.keys, watched, email=email, language=language)

        if given.get("website"):
            # Filled in by a machine: people don't see the field.
            return asked
        try:
            await services.in_tenant(tenant.tenant_id, write)
        except AddressRefusedError:
            form = Form(visits.form(tenant, watched), email[: service.LONGEST_EMAIL], wrong=True)
            goods = Goods(name_in(found.history.names, language), watched.lot)
            return LOOK.answer(render(language, tenant.name, goods=goods, form=form, back=back), language, 422)
        return asked

    handlers = [*link_routes(services, visits), show, ask]
    return Router(ASK_PATH, route_handlers=handlers, exception_handlers=dict.fromkeys(EXCEPTION_HANDLERS, answer_problem))

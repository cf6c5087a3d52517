"""Who visits the pages for consumers: what a visit costs, whose pages and links are meant, and how an answer is sent."""

from typing import Final
from urllib.parse import quote, urlsplit

from litestar import Response

from backend.consumers.errors import FormRefusedError, LinkInvalidError, NoMailHereError
from backend.consumers.page import LOOK, render
from backend.consumers.service import Watched
from backend.consumers.tokens import Link, LinkUse
from backend.consumers.words import WORDS, Words
from backend.guests.door import Door, GuestRequest, language_of, refused, too_often
from backend.history.addresses import Address, read_address
from backend.history.errors import HistoryNotFoundError
from backend.history.negotiation import Language
from backend.history.page import ASK_PATH
from backend.history.service import PublishedHistory, find_history
from backend.history.words import Notice
from backend.services import Services
from infra import clock
from infra.errors import TooManyRequestsError
from infra.http import request_id
from tenants.directory import Tenant, tenant_by_public_id
from tenants.limits.policies import Policy

# A page a second, sixty at once; whoever guesses meets nothing and is charged for it, as is who sends forms.
PAGES: Final = Policy("consumers", 60, 60)
WRITE_COST: Final = 6
LARGEST: Final = 4_000


class Visits(Door):
    """Who comes, whose pages he asks for, and what his links are."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, PAGES)
        self._keys = services.consumer_mail.keys

    async def goods(self, request: GuestRequest) -> tuple[PublishedHistory, Watched]:
        """What the path names, found as its public page is. Raises `HistoryNotFoundError`."""
        settings, host = self._services.settings, request.headers.get("host", "")
        address = read_address(_raw_path(request).removeprefix(ASK_PATH))
        found = await find_history(self._services.public_database, host, settings.public_url, address)
        if found is None or found.tenant.sandbox:
            await self.missed(request)
            raise HistoryNotFoundError
        return found, watched_of(found, address)

    async def link(self, request: GuestRequest, text: str, use: LinkUse) -> tuple[Link, Tenant]:
        """Raises `LinkInvalidError`."""
        try:
            link = self._keys.read_link(text)
        except LinkInvalidError:
            await self.missed(request)
            raise
        tenant = await tenant_by_public_id(self._services.database, link.tenant_public_id)
        if tenant is None or link.use is not use:
            await self.missed(request)
            raise LinkInvalidError
        return link, tenant

    def form(self, tenant: Tenant, watched: Watched) -> str:
        """For the form that is opened now."""
        return self._keys.form(tenant.tenant_id, watched.key, clock.now())

    def check_form(self, request: GuestRequest, given: dict[str, str], tenant: Tenant, watched: Watched) -> None:
        """Whether it was opened here, and sent from here. Raises `FormRefusedError`."""
        origin = request.headers.get("origin", "")
        elsewhere = origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host", "")
        strange = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if elsewhere or strange or not self._keys.is_form(given.get("form", ""), tenant.tenant_id, watched.key, clock.now()):
            raise FormRefusedError


def watched_of(found: PublishedHistory, address: Address) -> Watched:
    """A unit is recalled with its lot; a request about one is about its lot, or its product where the lot isn't known."""
    lot = found.history.lot or ""
    key = f"01/{address.gtin}" + (f"/10/{quote(lot, safe='')}" if lot else "")
    return Watched(key, address.gtin, lot)


def _raw_path(request: GuestRequest) -> str:
    raw = request.scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw else quote(request.scope["path"])


def language_for(request: GuestRequest, tenant: Tenant) -> Language:
    """The reader's, or else the company's."""
    return language_of(request, Language.EN if tenant.locale.startswith("en") else Language.ZH)


def answer_problem(request: GuestRequest, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page."""
    language, (status, headers) = language_of(request), refused(request, error)
    notice = _notice(WORDS[language], error, status)
    return LOOK.answer(render(language, "", notice=notice, reference=request_id() if status >= 500 else ""), language, status, headers)


def _notice(words: Words, error: Exception, status: int) -> Notice:
    if isinstance(error, TooManyRequestsError):
        return too_often(words.too_many, error)
    if isinstance(error, NoMailHereError):
        return words.no_mail
    if isinstance(error, LinkInvalidError | HistoryNotFoundError):
        return words.invalid
    return words.failed if status >= 500 else words.refused

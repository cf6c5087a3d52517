"""Who visits the pages for consumers: what a visit costs, whose pages and links are meant, and how an answer is sent."""

from typing import Any, Final
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.exceptions import HTTPException

from backend.consumers.errors import FormRefusedError, LinkInvalidError, NoMailHereError
from backend.consumers.page import CONTENT_SECURITY_POLICY, render
from backend.consumers.service import Watched
from backend.consumers.tokens import Link, LinkUse
from backend.consumers.words import WORDS, Words
from backend.history.addresses import Address, read_address
from backend.history.errors import HistoryNotFoundError
from backend.history.negotiation import Language, choose_language
from backend.history.page import ASK_PATH
from backend.history.service import PublishedHistory, find_history
from backend.history.words import Notice
from backend.services import Services
from infra import clock
from infra.errors import SuyuanError, TooLargeError, TooManyRequestsError
from infra.http import answer_http_error, answer_refusal, answer_unexpected, request_id
from tenants.directory import Tenant, tenant_by_public_id
from tenants.http import client_address
from tenants.limits.edge import announced_length, tell
from tenants.limits.policies import Policy
from tenants.limits.service import refuse_over

# A page a second, sixty at once; whoever guesses meets nothing and is charged for it, as is who sends forms.
PAGES: Final = Policy("consumers", 60, 60)
MISS_COST: Final = 9
WRITE_COST: Final = 6
LARGEST: Final = 4_000
Visit = Request[Any, Any, Any]


class Visits:
    """Who comes, whose pages he asks for, and what his links are."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._keys = services.consumer_mail.keys

    async def take(self, request: Visit, cost: int) -> None:
        """Charge a visitor. Raises `RateLimitedError`."""
        limits = self._services.identity.limits
        levels = await limits.charge_address(self._address(request), policy=PAGES, units=cost)
        tell(request, levels)
        refuse_over(levels)

    async def missed(self, request: Visit) -> None:
        """Charge the price of having asked for what there is not."""
        limits = self._services.identity.limits
        tell(request, await limits.charge_address(self._address(request), policy=PAGES, units=MISS_COST, force=True))

    async def goods(self, request: Visit) -> tuple[PublishedHistory, Watched]:
        """What the path names, found as its public page is. Raises `HistoryNotFoundError`."""
        settings, host = self._services.settings, request.headers.get("host", "")
        address = read_address(_raw_path(request).removeprefix(ASK_PATH))
        found = await find_history(self._services.public_database, host, settings.public_url, address)
        if found is None or found.tenant.sandbox:
            await self.missed(request)
            raise HistoryNotFoundError
        return found, watched_of(found, address)

    async def link(self, request: Visit, text: str, use: LinkUse) -> tuple[Link, Tenant]:
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

    def check_form(self, request: Visit, given: dict[str, str], tenant: Tenant, watched: Watched) -> None:
        """Whether it was opened here, and sent from here. Raises `FormRefusedError`."""
        origin = request.headers.get("origin", "")
        elsewhere = origin not in ("", "null") and urlsplit(origin).netloc != request.headers.get("host", "")
        strange = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
        if elsewhere or strange or not self._keys.is_form(given.get("form", ""), tenant.tenant_id, watched.key, clock.now()):
            raise FormRefusedError

    def _address(self, request: Visit) -> str:
        return client_address(request, self._services.settings.trusted_proxies)


def watched_of(found: PublishedHistory, address: Address) -> Watched:
    """A unit is recalled with its lot; a request about one is about its lot, or its product where the lot isn't known."""
    lot = found.history.lot or ""
    key = f"01/{address.gtin}" + (f"/10/{quote(lot, safe='')}" if lot else "")
    return Watched(key, address.gtin, lot)


async def form_of(request: Visit) -> dict[str, str]:
    """What was filled in. Raises `TooLargeError`."""
    if announced_length(request) > LARGEST:
        raise TooLargeError("This form is too long.")
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _raw_path(request: Visit) -> str:
    raw = request.scope.get("raw_path")
    return raw.partition(b"?")[0].decode("latin-1") if raw else quote(request.scope["path"])


def language_of(request: Visit, tenant: Tenant | None = None) -> Language:
    """The reader's, or else the company's."""
    fallback = Language.EN if tenant is not None and tenant.locale.startswith("en") else Language.ZH
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), fallback)


def page(body: bytes, language: Language, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A page that nobody keeps."""
    told = {
        **(headers or {}),
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Content-Language": language.tag,
        "Cache-Control": "no-store",
        "Vary": "Accept-Language",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return Response(body, status_code=status, media_type="text/html", headers=told)


def answer_problem(request: Visit, error: Exception) -> Response[bytes]:
    """Whatever goes wrong, told as a page."""
    if isinstance(error, SuyuanError):
        told = answer_refusal(request, error)
    elif isinstance(error, HTTPException):
        told = answer_http_error(request, error)
    else:
        told = answer_unexpected(request, error)
    language, status = language_of(request), told.status_code or 500
    notice = _notice(WORDS[language], error, status)
    headers = {name: value for name, value in told.headers.items() if name.lower() in ("retry-after", "allow")}
    return page(render(language, "", notice=notice, reference=request_id() if status >= 500 else ""), language, status, headers)


def _notice(words: Words, error: Exception, status: int) -> Notice:
    if isinstance(error, TooManyRequestsError):
        return Notice(words.too_many.title, words.too_many.text.format(seconds=error.detail["retry_after"]))
    if isinstance(error, NoMailHereError):
        return words.no_mail
    if isinstance(error, LinkInvalidError | HistoryNotFoundError):
        return words.invalid
    return words.failed if status >= 500 else words.refused

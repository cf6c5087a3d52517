"""The door of the pages for guests: who comes is charged by address, whoever guesses pays more, and a token leads to its company."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

from litestar import Request
from litestar.exceptions import HTTPException

from backend.guests.errors import LinkOpensNothingError
from backend.guests.tokens import GuestToken
from backend.history.negotiation import Language, choose_language
from backend.history.words import Notice
from backend.services import Services
from infra.database import TenantTransaction
from infra.errors import SuyuanError, TooLargeError, TooManyRequestsError
from infra.http import answer_http_error, answer_refusal, answer_unexpected
from tenants.directory import Tenant, tenant_by_public_id
from tenants.http import client_address
from tenants.limits.edge import announced_length, tell
from tenants.limits.policies import Policy
from tenants.limits.service import refuse_over

MISS_COST: Final = 9
GuestRequest = Request[Any, Any, Any]
T = TypeVar("T", bound=GuestToken)
Opened = TypeVar("Opened")


class Door:
    """Where guests come in; `policy` says how often one address may."""

    def __init__(self, services: Services, policy: Policy) -> None:
        self._services = services
        self._policy = policy

    async def charge(self, request: GuestRequest, cost: int) -> None:
        """Raises `RateLimitedError`."""
        levels = await self._services.identity.limits.charge_address(self.address(request), policy=self._policy, units=cost)
        tell(request, levels)
        refuse_over(levels)

    async def missed(self, request: GuestRequest) -> None:
        """Charge the price of having asked for what there is not."""
        limits = self._services.identity.limits
        tell(request, await limits.charge_address(self.address(request), policy=self._policy, units=MISS_COST, force=True))

    def address(self, request: GuestRequest) -> str:
        """Where a guest comes from."""
        return client_address(request, self._services.settings.trusted_proxies)


class TokenDoor(Door, Generic[T]):
    """The door of pages of which each is opened by a token."""

    def __init__(self, services: Services, policy: Policy, kind: type[T]) -> None:
        super().__init__(services, policy)
        self._kind = kind

    async def enter(self, request: GuestRequest, text: str, *, cost: int) -> tuple[T, Tenant]:
        """The token and its company. Raises the token's own error for what can't be ours, `RateLimitedError`."""
        await self.charge(request, cost)
        try:
            token = self._kind.parse(text)
            tenant = await tenant_by_public_id(self._services.database, token.tenant_public_id)
            if tenant is None:
                raise self._kind.INVALID
        except LinkOpensNothingError:
            await self.missed(request)
            raise
        return token, tenant

    async def open(self, request: GuestRequest, tenant: Tenant, what: Callable[[TenantTransaction], Awaitable[Opened]]) -> Opened:
        """What a token opens within its company; one that opens nothing is charged for."""
        try:
            return await self._services.in_tenant(tenant.tenant_id, what)
        except LinkOpensNothingError:
            await self.missed(request)
            raise


async def form_of(request: GuestRequest, most_bytes: int) -> dict[str, str]:
    """What was filled in, with lines ended as everywhere. Raises `TooLargeError`."""
    if announced_length(request) > most_bytes:
        raise TooLargeError("What was written is too long; shorten it.")
    return {name: value.replace("\r\n", "\n") for name, value in (await request.form()).items() if isinstance(value, str)}


def language_of(request: GuestRequest, fallback: Language = Language.ZH) -> Language:
    """The language that a guest asks for by `lang=`, or else by his browser."""
    return choose_language(request.query_params.get("lang"), request.headers.get("accept-language", ""), fallback)


def refused(request: GuestRequest, error: Exception) -> tuple[int, dict[str, str]]:
    """The status of whatever went wrong, and the headers that a page about it keeps."""
    if isinstance(error, SuyuanError):
        told = answer_refusal(request, error)
    elif isinstance(error, HTTPException):
        told = answer_http_error(request, error)
    else:
        told = answer_unexpected(request, error)
    return told.status_code or 500, {name: value for name, value in told.headers.items() if name.lower() in ("retry-after", "allow")}


def too_often(notice: Notice, error: TooManyRequestsError) -> Notice:
    """The notice with the seconds after which somebody may come again."""
    return Notice(notice.title, notice.text.format(seconds=error.detail["retry_after"]))

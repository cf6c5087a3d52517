"""What a resolver knows of the request: who calls, in which language, and the one read transaction of the operation."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import lru_cache
from typing import Any, Final, TypeVar

import strawberry
from strawberry.dataloader import DataLoader

from backend.services import Services
from infra import clock
from infra.database import TenantTransaction
from infra.errors import NotAuthenticatedError, SuyuanError
from tenants.principal import Principal
from tenants.service import Caller

K = TypeVar("K")
V = TypeVar("V")
# One statement for all keys of a batch; answers in the order of the keys.
Load = Callable[["Context", list[K]], Awaitable[Sequence[V]]]

DEFAULT_LANGUAGE: Final = "zh"


class Context:
    """Of one operation over HTTP, or of one connection over WebSocket, where `refresh` stands between two answers."""

    def __init__(
        self, services: Services, *, principal: Principal | None, caller: Caller, language: str = DEFAULT_LANGUAGE,
        languages: tuple[str, ...] = (), idempotency_key: str | None = None,
    ) -> None:  # fmt: skip
        self.services = services
        self.principal = principal
        self.caller = caller
        # The language of our own words, and all that the reader asks for, in which things of the catalogue are named.
        self.language = language
        self.languages = languages or (language,)
        self.idempotency_key = idempotency_key
        # Of a connection that stays open: who calls, by what its first message says, and as he stands later on.
        self.sign_in: Callable[[], Awaitable[Principal]] | None = None
        self.authenticate_again: Callable[[], Awaitable[Principal]] | None = None
        self.streaming = False
        self.connection_params: dict[str, object] = {}
        self.answer_headers: dict[str, str] = {}
        # Charges the cost of an operation to the caller's limits, once it is known; raises `RateLimitedError`.
        self.charge_cost: Callable[[int], Awaitable[None]] | None = None
        self.started_at = clock.now()
        self._loaders: dict[Any, DataLoader[Any, Any]] = {}
        self._lock = asyncio.Lock()
        self._transaction: AbstractAsyncContextManager[TenantTransaction] | None = None
        self._tx: TenantTransaction | None = None
        self._closed = False

    @property
    def caller_principal(self) -> Principal:
        """The principal, in a resolver that needs one."""
        if self.principal is None:
            raise NotAuthenticatedError("Sign in first.")
        return self.principal

    async def still_standing(self) -> Principal:
        """The caller of a connection that stays open, looked up anew. Raises a `NotAuthenticatedError` where he doesn't stand any more."""
        if self.authenticate_again is None:
            raise NotAuthenticatedError("Sign in first.")
        # What is asked from here on is answered by what the caller may do now.
        self.principal = await self.authenticate_again()
        return self.principal

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[TenantTransaction]:
        """The operation's read transaction, for one resolver at a time: statements of siblings queue here. Never load through a loader inside."""
        async with self._lock:
            if self._closed:
                raise RuntimeError("the operation is over")
            if self._tx is None:
                self._transaction = self.services.database.tenant(self.caller_principal.tenant_id)
                self._tx = await self._transaction.__aenter__()
            try:
                yield self._tx
            except SuyuanError:
                raise
            except BaseException as problem:
                # The transaction may be in any state: what comes after starts a new one.
                transaction, self._transaction, self._tx = self._transaction, None, None
                if transaction is not None:
                    await transaction.__aexit__(type(problem), problem, problem.__traceback__)
                raise

    async def refresh(self) -> None:
        """End the read transaction and forget what was loaded: what is read next is as of then."""
        self._loaders.clear()
        self.started_at = clock.now()
        async with self._lock:
            transaction, self._transaction, self._tx = self._transaction, None, None
            if transaction is not None:
                await transaction.__aexit__(None, None, None)

    async def close(self) -> None:
        """End it for good; a resolver that was left running can't open another transaction."""
        self._closed = True
        await self.refresh()

    def load(self, loader: Load[K, V], key: K) -> Awaitable[V]:
        """The value for a key, through the operation's batch of `loader`."""
        found = self._loaders.get(loader)
        if found is None:

            async def load_all(keys: list[K]) -> Sequence[V]:
                return await loader(self, keys)

            found = self._loaders[loader] = DataLoader(load_all, max_batch_size=500)
        return found.load(key)


Info = strawberry.Info[Context, None]


@lru_cache(maxsize=256)
def language_of(accept_language: str) -> str:
    """ "zh" or "en", whichever the header asks for more (RFC 9110 §12.5.4); Chinese where it asks for neither."""
    best, best_quality = DEFAULT_LANGUAGE, 0.0
    for part in accept_language[:200].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language in ("zh", "en") and quality > best_quality:
            best, best_quality = language, quality
    return best

"""The routes under /auth: sign in, refresh, sign out, and who am I.

Tokens travel in the `Authorization` header and in bodies, never in cookies, so no other site's page can make a browser send them.
Once the portal keeps its refresh token in a `__Host-` cookie, the routes that read it need SameSite=Strict and an Origin check.
"""

from typing import Annotated, Any, Final, Self

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from infra.clock import isoformat
from infra.http import problem
from tenants.directory import MAX_LOGIN
from tenants.errors import TenantChoiceRequiredError
from tenants.http import caller_of, identity_of, principal_of, public, signed_in
from tenants.passwords import MAX_INPUT
from tenants.principal import Principal
from tenants.second_factor.codes import MAX_CODE
from tenants.service import Tokens

MAX_BODY: Final = 8_192


class _Body(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class SignInRequest(_Body):
    """Name and password; `tenant` is the company's short name, needed only by who works for several; `code` by who has a second factor."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_LOGIN)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_INPUT)]
    tenant: Annotated[str, msgspec.Meta(max_length=63)] | None = None
    code: Annotated[str, msgspec.Meta(max_length=MAX_CODE)] | None = None


class RefreshRequest(_Body):
    """The refresh token of the last answer."""

    refresh_token: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Me(msgspec.Struct, rename="camel"):
    """The caller, as the server knows him."""

    tenant: str
    display_name: str
    roles: list[str]
    permissions: list[str]

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """What a caller may be told about himself."""
        return cls(principal.tenant_slug, principal.display_name, list(principal.roles), sorted(principal.permissions))


class TokensReply(msgspec.Struct, rename="camel"):
    """A new pair of tokens; the access token goes into `Authorization: Bearer …`."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_at: str
    me: Me
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name

    @classmethod
    def of(cls, tokens: Tokens) -> Self:
        """The service's answer as JSON shows it."""
        return cls(
            access_token=tokens.access_token,
            expires_in=tokens.access_expires_in,
            refresh_token=tokens.refresh_token,
            refresh_expires_at=isoformat(tokens.refresh_expires_at),
            me=Me.of(tokens.principal),
        )


@post("/sign-in", status_code=HTTP_200_OK, opt=public("who signs in isn't known yet"))
async def sign_in(request: Request[Any, Any, Any], data: JSONBody[SignInRequest]) -> TokensReply:
    """Open a session with a name and a password, and a code where there is a second factor."""
    identity = identity_of(request)
    tokens = await identity.sign_in(data.login, data.password, tenant_slug=data.tenant, code=data.code, caller=caller_of(request))
    return TokensReply.of(tokens)


@post("/refresh", status_code=HTTP_200_OK, opt=public("the refresh token in the body is the proof"))
async def refresh(request: Request[Any, Any, Any], data: JSONBody[RefreshRequest]) -> TokensReply:
    """Exchange a refresh token; each is good for one exchange."""
    return TokensReply.of(await identity_of(request).refresh(data.refresh_token, caller=caller_of(request)))


@post("/sign-out", status_code=HTTP_204_NO_CONTENT, opt=signed_in("everyone may end his own session"))
async def sign_out(request: Request[Any, Any, Any]) -> None:
    """End this session; its tokens are void at once."""
    await identity_of(request).sign_out(principal_of(request))


@get("/me", opt=signed_in("everyone may ask what he may do"))
async def me(request: Request[Any, Any, Any]) -> Me:
    """Who the token stands for and what he may do."""
    return Me.of(principal_of(request))


def ask_for_the_tenant(_request: Request[Any, Any, Any], error: TenantChoiceRequiredError) -> Response[bytes]:
    """The refusal with the list to choose from; only who gave the right password gets here."""
    return problem(error.status, error.code, error.message, field=error.field, tenants=error.detail["tenants"])


def auth_router() -> Router:
    """The routes, to be mounted once; they need `authorize` as the application's guard."""
    return Router(
        "/auth",
        route_handlers=[sign_in, refresh, sign_out, me],
        exception_handlers={TenantChoiceRequiredError: ask_for_the_tenant},
        request_max_body_size=MAX_BODY,
        cache_control=CacheControlHeader(no_store=True),
        tags=["auth"],
    )

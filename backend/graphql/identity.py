"""Signing in and out, and who am I."""

from datetime import datetime
from typing import Annotated

import strawberry

from backend.access.me import CallerDetails
from backend.graphql.context import Info
from backend.graphql.directives import Cost, public, signed_in
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from infra.errors import InvalidInputError, SuyuanError
from tenants.directory import MAX_LOGIN
from tenants.errors import SessionEndedError, TenantChoiceRequiredError
from tenants.passwords import MAX_INPUT
from tenants.principal import Principal
from tenants.second_factor.codes import MAX_CODE
from tenants.service import Tokens


@strawberry.type(description="The caller, as the server knows him.")
class Me(CallerDetails):
    """`tenant` is the company's short name."""

    tenant: str
    display_name: str
    roles: list[str]
    permissions: list[str]

    @classmethod
    def of(cls, principal: Principal) -> "Me":
        """What a caller may be told about himself."""
        return cls(
            principal=principal,
            tenant=principal.tenant_slug,
            display_name=principal.display_name,
            roles=list(principal.roles),
            permissions=sorted(principal.permissions),
        )


@strawberry.type(description="A pair of tokens; the access token goes into 'Authorization: Bearer …'.")
class SessionTokens:
    """`expiresIn` is in seconds; the refresh token is good for one exchange."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_at: datetime

    @classmethod
    def of(cls, tokens: Tokens) -> "SessionTokens":
        """From the service's."""
        return cls(
            access_token=tokens.access_token, expires_in=tokens.access_expires_in, refresh_token=tokens.refresh_token,
            refresh_expires_at=tokens.refresh_expires_at,
        )  # fmt: skip


@strawberry.type(description="A company to choose.")
class TenantChoice:
    """`slug` goes into the input's `tenant`."""

    slug: str
    name: str


@strawberry.input
class SignInInput:
    """`tenant` is needed only by who works for several companies, `code` by who has a second factor: of the app, or a recovery code."""

    login: str
    password: str
    tenant: str | None = None
    code: str | None = None


@strawberry.input
class RefreshTokenInput:
    """The refresh token of the last answer."""

    refresh_token: str


@strawberry.input
class SignOutInput:
    """`everywhere` ends all sessions of the person, in every company."""

    everywhere: bool = False


@strawberry.type
class SignInPayload:
    """Tokens; or why not, with the companies to choose from where it is TENANT_CHOICE_REQUIRED. SECOND_FACTOR_REQUIRED asks for `code`."""

    tokens: SessionTokens | None
    me: Me | None
    tenant_choices: list[TenantChoice]
    user_errors: list[UserError]


@strawberry.type
class RefreshTokenPayload:
    """New tokens, or why there are none: SESSION_ENDED means to sign in again."""

    tokens: SessionTokens | None
    me: Me | None
    user_errors: list[UserError]


@strawberry.type
class SignOutPayload:
    """The session's tokens are void at once."""

    signed_out: bool
    user_errors: list[UserError]


@strawberry.type
class IdentityQueries:
    """`me`."""

    @field(description="Who the token stands for and what he may do.", directives=signed_in("everyone may ask what he may do"))
    def me(self, info: Info) -> Me | None:
        """From the principal, without a look into the database."""
        return Me.of(info.context.caller_principal)


@strawberry.type
class IdentityMutations:
    """Sessions; tokens travel in bodies and headers, never in cookies."""

    @mutation(
        description="Open a session with a name and a password, and a code where there is a second factor.",
        directives=(*public("who signs in isn't known yet"), Cost(weight=500)),
    )
    async def sign_in(self, info: Info, given: Annotated[SignInInput, strawberry.argument(name="input")]) -> SignInPayload | None:
        """The same answer and time for an unknown and a known name."""
        try:
            if len(given.login) > MAX_LOGIN or len(given.password) > MAX_INPUT or len(given.code or "") > MAX_CODE:
                raise InvalidInputError(f"The name has at most {MAX_LOGIN} characters, the password {MAX_INPUT}, the code {MAX_CODE}.", field="login")
            identity = info.context.services.identity
            tokens = await identity.sign_in(given.login, given.password, tenant_slug=given.tenant, code=given.code, caller=info.context.caller)
        except SuyuanError as refusal:
            if not is_business(refusal):
                raise
            choices = refusal.detail["tenants"] if isinstance(refusal, TenantChoiceRequiredError) else []
            told = [TenantChoice(slug=choice["slug"], name=choice["name"]) for choice in choices]
            return SignInPayload(tokens=None, me=None, tenant_choices=told, user_errors=user_errors(refusal))
        info.context.principal = tokens.principal
        return SignInPayload(tokens=SessionTokens.of(tokens), me=Me.of(tokens.principal), tenant_choices=[], user_errors=[])

    @mutation(
        description="Exchange a refresh token; each is good for one exchange.",
        directives=(*public("the refresh token in the input is the proof"), Cost(weight=50)),
    )
    async def refresh_token(self, info: Info, given: Annotated[RefreshTokenInput, strawberry.argument(name="input")]) -> RefreshTokenPayload | None:
        """A token that was exchanged before ends the session: two hold it."""
        try:
            tokens = await info.context.services.identity.refresh(given.refresh_token, caller=info.context.caller)
        except SuyuanError as refusal:
            if not is_business(refusal) and not isinstance(refusal, SessionEndedError):
                raise
            return RefreshTokenPayload(tokens=None, me=None, user_errors=user_errors(refusal))
        return RefreshTokenPayload(tokens=SessionTokens.of(tokens), me=Me.of(tokens.principal), user_errors=[])

    @mutation(description="End this session.", directives=signed_in("everyone may end his own session"))
    async def sign_out(self, info: Info, given: Annotated[SignOutInput, strawberry.argument(name="input")]) -> SignOutPayload | None:
        """Its tokens are void at once."""
        identity, principal = info.context.services.identity, info.context.caller_principal
        await identity.sign_out(principal)
        if given.everywhere:
            await identity.end_all_sessions(principal.actor_id, actor=principal)
        return SignOutPayload(signed_out=True, user_errors=[])

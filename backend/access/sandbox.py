"""The sandbox beside a company's live data, through GraphQL: opened, entered, watched while it fills, reset."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Final, TypeVar

import strawberry

from backend.graphql.commands import Reply, perform
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.errors import UserError, is_business, user_errors
from backend.graphql.fields import field, mutation
from backend.graphql.identity import Me, SessionTokens
from backend.history.addresses import home_of
from backend.sandbox import service as filling
from backend.simulator import Industry
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.directory import Tenant
from tenants.permissions import Permission

T = TypeVar("T")
# A simulation takes a tenth of a second.
_WEIGHT: Final = Cost(weight=200)

strawberry.enum(Industry, name="SandboxIndustry", description="Which factory's month the sample data are.")
strawberry.enum(
    filling.FillStatus,
    name="SandboxStatus",
    description="How far the sample data are; EMPTY until the filling begins. FAILED: openSandbox goes on with it.",
)


@strawberry.type(description="A company's sandbox: a tenant of its own with sample data.", directives=requires(Permission.SANDBOX_USE))
class Sandbox:
    """`pages` is where its product pages are; each of them says that it is a test."""

    slug: str
    pages: str
    status: filling.FillStatus
    industry: Industry | None
    filled_events: int
    total_events: int
    started_at: datetime | None
    finished_at: datetime | None


@strawberry.input
class OpenSandboxInput:
    """Where the sandbox is open already, it stays as it is, with its industry."""

    industry: Industry = Industry.FOOD


@strawberry.input
class EnterSandboxInput:
    """`reason` goes into the audit trail."""

    reason: str | None = None


@strawberry.input
class ResetSandboxInput:
    """`confirmation` is the sandbox's `slug`, typed. Without an industry it is filled as before."""

    confirmation: str
    industry: Industry | None = None
    reason: str | None = None


@strawberry.type
class SandboxPayload:
    """The sandbox as it is now; or why nothing was done."""

    user_errors: list[UserError]

    @field(description="The sandbox as it is now.")
    async def sandbox(self, info: Info) -> Sandbox | None:
        """Ask the query `sandbox` again until it is READY."""
        return None if self.user_errors else await load_sandbox(info.context)


@strawberry.type
class EnterSandboxPayload:
    """Tokens for the sandbox alone; those of the company stay good beside them."""

    tokens: SessionTokens | None
    me: Me | None
    user_errors: list[UserError]


async def load_sandbox(context: Context) -> Sandbox | None:
    """The company's sandbox, or the one that the caller is in."""
    tenant = await context.services.identity.sandboxes.find(context.caller_principal)
    if tenant is None:
        return None
    async with context.services.database.tenant(tenant.tenant_id) as tx:
        state = await filling.state_of(tx)
    return Sandbox(
        slug=tenant.slug, pages=home_of(tenant.slug, context.services.settings.public_url), status=state.status,
        industry=state.industry, filled_events=state.filled_events, total_events=state.total_events, started_at=state.started_at,
        finished_at=state.finished_at,
    )  # fmt: skip


async def _or_refusal(act: Awaitable[T]) -> tuple[T | None, list[UserError]]:
    """What an act gives, or its refusal as it is told."""
    try:
        return await act, []
    except SuyuanError as refusal:
        if not is_business(refusal):
            raise
        return None, user_errors(refusal)


@strawberry.type
class SandboxQueries:
    """The sandbox."""

    @field(description="The company's sandbox, or the one that you are in; null where none is open.", directives=requires(Permission.SANDBOX_USE))
    async def sandbox(self, info: Info) -> Sandbox | None:
        """With how far it is filled."""
        return await load_sandbox(info.context)


@strawberry.type
class SandboxMutations:
    """All but entering are on both trails, the company's and the sandbox's."""

    @mutation(
        description="Open the company's sandbox and fill it with sample data, in the background. Again, it goes on with a filling that FAILED.",
        directives=requires(Permission.SANDBOX_USE, _WEIGHT),
    )
    async def open_sandbox(self, info: Info, given: Annotated[OpenSandboxInput, strawberry.argument(name="input")]) -> SandboxPayload | None:
        """A filling that was never begun, because something broke, begins now."""
        context, principal = info.context, info.context.caller_principal
        opened, refusals = await _or_refusal(context.services.identity.sandboxes.open(principal))
        if opened is not None:
            await _fill(context, opened.tenant, given.industry)
        return SandboxPayload(user_errors=refusals)

    @mutation(
        description="Sign in to the sandbox with the grants that you have in the company. The tokens are good there and nowhere else.",
        directives=requires(Permission.SANDBOX_USE, Cost(weight=50)),
    )
    async def enter_sandbox(self, info: Info, given: Annotated[EnterSandboxInput, strawberry.argument(name="input")]) -> EnterSandboxPayload | None:
        """Whoever loses his place in the company, or the permission sandbox.use, is out of the sandbox at once too."""
        identity, context = info.context.services.identity, info.context
        tokens, refusals = await _or_refusal(identity.enter_sandbox(context.caller_principal, reason=given.reason, caller=context.caller))
        return EnterSandboxPayload(
            tokens=SessionTokens.of(tokens) if tokens else None, me=Me.of(tokens.principal) if tokens else None, user_errors=refusals
        )  # fmt: skip

    @mutation(
        description="Throw everything in the sandbox away and fill it anew. People and keys stay good; all sessions in it end.",
        directives=requires(Permission.SANDBOX_MANAGE, _WEIGHT),
    )
    async def reset_sandbox(self, info: Info, given: Annotated[ResetSandboxInput, strawberry.argument(name="input")]) -> SandboxPayload | None:
        """Asked for in the company, not in the sandbox."""
        context, principal = info.context, info.context.caller_principal
        sandboxes = context.services.identity.sandboxes

        async def use_case(tx: TenantTransaction) -> Reply:
            before = await sandboxes.find(principal)
            industry = Industry.FOOD
            if given.industry is not None:
                industry = given.industry
            elif before is not None:
                async with context.services.database.tenant(before.tenant_id) as inside:
                    industry = (await filling.state_of(inside)).industry or industry
            sandbox = await sandboxes.reset(tx, principal, confirmation=given.confirmation, reason=given.reason, on_retired=filling.stop)
            await _fill(context, sandbox, industry)
            return {"slug": sandbox.slug}

        return SandboxPayload(user_errors=(await perform(info, given, use_case)).user_errors)


async def _fill(context: Context, sandbox: Tenant, industry: Industry) -> None:
    async with context.services.database.tenant(sandbox.tenant_id) as tx:
        if not await filling.start(tx, context.caller_principal, sandbox, industry):
            await filling.start_again(tx, context.caller_principal, sandbox)

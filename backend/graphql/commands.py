"""How a mutation runs: one transaction behind the gate that it needs, once for each Idempotency-Key, refusals told as userErrors."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from backend.graphql.context import Context, Info
from backend.graphql.errors import RequestRefusedError, UserError, is_business, user_errors
from infra.database import Gate, TenantTransaction
from infra.errors import SuyuanError
from tenants.idempotency import replay_or_claim, save_reply

REPLAYED: Final = "Idempotency-Replayed"
Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """How a mutation ended: with the public ids and facts of its `reply`, which is what a repetition gets again, or refused."""

    reply: Reply | None
    refusal: SuyuanError | None = None

    @property
    def user_errors(self) -> list[UserError]:
        """The refusal as the payload shows it."""
        return user_errors(self.refusal) if self.refusal else []


def require_key(context: Context) -> None:
    """Refuse a mutation that moves or stops goods without an Idempotency-Key: repeated by a shaky network, it would do so twice."""
    if context.idempotency_key is None:
        raise RequestRefusedError(
            "IDEMPOTENCY_KEY_REQUIRED",
            "This mutation needs the header Idempotency-Key: send a new UUID with each new request, and the same one when you repeat it.",
        )


async def perform(info: Info, given: Any, use_case: Callable[[TenantTransaction], Awaitable[Reply]], *, gate: Gate = Gate.NONE) -> Done:
    """Run a use case in the caller's tenant. Its reply is saved under the Idempotency-Key in the same transaction.

    The same key with the same input gives the saved reply; a refusal writes nothing, so it isn't saved either. Raises `KeyReusedError`
    and `InFlightError` for the key, and whatever isn't a business refusal.
    """
    context = info.context
    principal = context.caller_principal
    key = context.idempotency_key
    digest = hashlib.sha256(info.field_name.encode() + b"\n" + msgspec.json.encode(given, order="sorted")).digest()
    await context.refresh()

    async def once(tx: TenantTransaction) -> tuple[Reply, bool]:
        if key is not None:
            saved = await replay_or_claim(tx, principal, key, digest)
            if saved is not None:
                return msgspec.json.decode(saved.reply), True
        reply = await use_case(tx)
        if key is not None:
            await save_reply(tx, principal, key, digest, status=200, reply=msgspec.json.encode(reply).decode())
        return reply, False

    try:
        reply, replayed = await context.services.in_tenant(principal.tenant_id, once, gate=gate)
    except SuyuanError as refusal:
        if not is_business(refusal):
            raise
        return Done(None, refusal)
    if replayed:
        context.answer_headers[REPLAYED] = "true"
    return Done(reply)

"""Electronic signatures through GraphQL: how a mutation is signed, and how signatures are read."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import strawberry

from backend.graphql.commands import Done, Reply, perform
from backend.graphql.context import Info
from backend.graphql.directives import requires
from backend.graphql.errors import is_business
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_global_id
from backend.graphql.pagination import Connection, Page, connect
from infra.database import Gate, TenantTransaction
from infra.errors import ConflictError, InvalidInputError, SuyuanError
from tenants.errors import InFlightError, ProofRefusedError
from tenants.permissions import Permission
from tenants.signatures import service
from tenants.signatures.repository import StoredSignature
from tenants.signatures.service import Meaning, Signature

strawberry.enum(Meaning, name="SignatureMeaning", description="What a signature means (21 CFR 11.50).")
_KINDS: Final = {
    "CorrectiveAction": "corrective_action", "Hold": "hold", "Nonconformance": "nonconformance", "RecallCase": "recall", "RecallDrill": "recall_drill",
}  # fmt: skip


@strawberry.input
class SignatureInput:
    """The first signature of a session needs `password` and `code`, those of the next ten minutes one of the two.

    `code` is the authenticator app's or a recovery code. `reason` is the act's own where it isn't given.
    """

    meaning: Meaning
    reason: str | None = None
    password: str | None = None
    code: str | None = None


@strawberry.type(description="A signature as it was made; nothing in it can be changed.")
class ElectronicSignature:
    """`content` is the canonical JSON that was signed, `contentSha256` its hash in hexadecimal; `intact` says that all still agree."""

    id: strawberry.ID
    signer_name: str
    meaning: Meaning
    reason: str
    signed_at: datetime
    subject: str
    roles: list[str]
    factors: list[str]
    content: str
    content_sha256: str
    intact: bool

    @classmethod
    def of(cls, stored: StoredSignature) -> "ElectronicSignature":
        """From the stored one."""
        return cls(
            id=global_id("ElectronicSignature", stored.signature_id), signer_name=stored.signer_name, meaning=Meaning(stored.meaning),
            reason=stored.reason, signed_at=stored.signed_at, subject=stored.subject, roles=msgspec.json.decode(stored.roles),
            factors=msgspec.json.decode(stored.factors), content=stored.content, content_sha256=stored.content_sha256.hex(),
            intact=service.is_intact(stored),
        )  # fmt: skip


async def signatures_of(info: Info, subject: str | None, page: Page) -> Connection[ElectronicSignature]:
    """Signatures under one thing, or all, newest first."""
    async with info.context.reading() as tx:
        rows = await service.page_of_signatures(tx, subject, cursor=page.uuid(), backward=page.backward, limit=page.limit)
    return connect(page, rows, node=ElectronicSignature.of, cursor=lambda row: str(row.signature_id))


@strawberry.type
class SignatureQueries:
    """For whoever reads the trail; who may read a thing finds its signatures there."""

    @field(
        description="Electronic signatures, newest first: all, or those under `subject`, the id of what was signed.",
        directives=requires(Permission.AUDIT_READ),
    )
    async def signatures(
        self,
        info: Info,
        *,
        subject: Annotated[strawberry.ID | None, strawberry.argument()] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[ElectronicSignature]:
        """An id of anything that nobody signs answers like one without signatures."""
        page = Page.of(first, after, last, before)
        return await signatures_of(info, None if subject is None else _subject_of(subject), page)


def _subject_of(given: str) -> str:
    """The subject as signatures name it, for the global id of a thing."""
    parsed = parse_global_id(given)
    return f"{_KINDS[parsed[0]]}:{parsed[1]}" if parsed and parsed[0] in _KINDS else ""


# How often, and after how long, an act that is signed tries again for its Idempotency-Key.
LOOKS: Final = 10
LOOK_SECONDS: Final = 0.05


class _SignatureAskedError(ConflictError):
    """Nothing stands against the act but its signature."""


async def perform_signed(
    info: Info,
    given: Any,
    signature: SignatureInput,
    *,
    meanings: frozenset[Meaning],
    reason: str,
    check: Callable[[TenantTransaction], Awaitable[object]],
    act: Callable[[TenantTransaction, Signature], Awaitable[Reply]],
    gate: Gate = Gate.NONE,
) -> Done:
    """Run a signed act: look whether it was done or can't be done, prove the signer, do it with the signature in one transaction.

    `given` is the input without password and code: of it the digest of a repetition is made, and stored. `check` refuses what `act` would
    refuse, so that no code is used up in vain; a repetition gets the saved reply and signs nothing. Neither argon2 nor the tables of
    sign-in are touched within the tenant's transaction, and none waits for the gate while a password is being checked.
    """

    async def ask(tx: TenantTransaction) -> Reply:
        if signature.meaning not in meanings:
            named = ", ".join(sorted(meaning.name for meaning in meanings))
            raise InvalidInputError(f"A signature under this means {named}.", field="signature.meaning")
        await check(tx)
        raise _SignatureAskedError("Sign it.")

    asked = await perform(info, given, ask)
    if not isinstance(asked.refusal, _SignatureAskedError):
        return asked
    principal = info.context.caller_principal
    try:
        proved = await info.context.services.identity.signatures.prove(
            principal, meaning=signature.meaning, reason=signature.reason or reason, password=signature.password, code=signature.code
        )
    except SuyuanError as refusal:
        if not is_business(refusal):
            raise
        if isinstance(refusal, ProofRefusedError):
            # The same request, sent twice at once, has one code for both: the second finds what the first has done meanwhile.
            again = await perform(info, given, ask)
            if again.reply is not None:
                return again
        return Done(None, refusal)
    for _ in range(LOOKS):
        try:
            return await perform(info, given, lambda tx: act(tx, proved), gate=gate)
        except InFlightError:
            # The same request, sent once more, is just looking whether it was done. The code is used up, so this one has to go on.
            await asyncio.sleep(LOOK_SECONDS)
    return await perform(info, given, lambda tx: act(tx, proved), gate=gate)

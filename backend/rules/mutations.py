"""Writing rules, changing them, switching them; recording suppliers' certificates."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry

from backend.graphql.commands import Reply, perform, require_key
from backend.graphql.context import Context, Info
from backend.graphql.directives import requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import uuid_of
from backend.rules import certificates, service, trying
from backend.rules.documents import read_stored
from backend.rules.errors import CertificateNotFoundError, RuleNotFoundError
from backend.rules.queries import TRYING
from backend.rules.types import AlertRule, SupplierCertificate
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.permissions import Permission


@strawberry.input
class CreateRuleInput:
    """`document` is JSON text by `ruleSchema`."""

    document: str


@strawberry.input
class ChangeRuleInput:
    """`version` is the one that was read: a change that somebody else made meanwhile isn't overwritten."""

    rule_id: strawberry.ID
    version: int
    document: str


@strawberry.input
class SwitchRuleInput:
    """Before it is switched on it is tried on the last 30 days; with `anyway` it goes on however much it would have found."""

    rule_id: strawberry.ID
    on: bool
    anyway: bool = False


@strawberry.input
class RecordCertificateInput:
    """`party` is the supplier's identifier, `kind` what is certified (as ISO 22000)."""

    party: str
    kind: str
    number: str
    valid_to: date
    valid_from: date | None = None
    issuer: str = ""


@strawberry.input
class WithdrawCertificateInput:
    """`reason` says why it doesn't count any more."""

    certificate_id: strawberry.ID
    reason: str


@strawberry.type
class RulePayload:
    """The rule, or why nothing was changed."""

    user_errors: list[UserError]
    rule_id: strawberry.Private[UUID | None]

    @field()
    async def rule(self, info: Info) -> AlertRule | None:
        """The rule as it is now."""
        if self.rule_id is None:
            return None
        async with info.context.reading() as tx:
            return AlertRule.of(await service.get_rule(tx, self.rule_id))


@strawberry.type
class CertificatePayload:
    """The certificate, or why nothing was changed."""

    user_errors: list[UserError]
    certificate_id: strawberry.Private[UUID | None]

    @field()
    async def certificate(self, info: Info) -> SupplierCertificate | None:
        """The certificate as it is now."""
        if self.certificate_id is None:
            return None
        async with info.context.reading() as tx:
            return SupplierCertificate.of(await certificates.get_certificate(tx, self.certificate_id))


def _rule(text: str) -> UUID:
    found = uuid_of(text, "AlertRule")
    if found is None:
        raise RuleNotFoundError
    return found


@strawberry.type
class RuleMutations:
    """All are the whole company's."""

    @mutation(description="Write an alert rule, as a draft. Needs an Idempotency-Key.", directives=requires(Permission.RULES_MANAGE))
    async def create_rule(self, info: Info, given: Annotated[CreateRuleInput, strawberry.argument(name="input")]) -> RulePayload | None:
        """It finds nothing before it is switched on."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            return {"rule": str(await service.create_rule(tx, info.context.caller_principal, document=given.document))}

        done = await perform(info, given, use_case)
        return RulePayload(user_errors=done.user_errors, rule_id=UUID(done.reply["rule"]) if done.reply else None)

    @mutation(
        description="Change what an alert rule says, as its next version; one that is on begins to watch anew. Needs an Idempotency-Key.",
        directives=requires(Permission.RULES_MANAGE),
    )
    async def change_rule(self, info: Info, given: Annotated[ChangeRuleInput, strawberry.argument(name="input")]) -> RulePayload | None:
        """Former versions are kept."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            rule_id = _rule(given.rule_id)
            await service.change_rule(tx, info.context.caller_principal, rule_id=rule_id, version=given.version, document=given.document)
            return {"rule": str(rule_id)}

        done = await perform(info, given, use_case)
        return RulePayload(user_errors=done.user_errors, rule_id=UUID(done.reply["rule"]) if done.reply else None)

    @mutation(
        description="Switch an alert rule on, after it was tried on the last 30 days, or off. Needs an Idempotency-Key.",
        directives=requires(Permission.RULES_MANAGE, TRYING),
    )
    async def switch_rule(self, info: Info, given: Annotated[SwitchRuleInput, strawberry.argument(name="input")]) -> RulePayload | None:
        """The trial writes nothing and runs before the transaction."""
        require_key(info.context)
        principal = info.context.caller_principal
        trial = await _trial(info.context, given) if given.on else None

        async def use_case(tx: TenantTransaction) -> Reply:
            rule_id = _rule(given.rule_id)
            await service.switch_rule(tx, principal, rule_id=rule_id, on=given.on, trial=trial, anyway=given.anyway)
            return {"rule": str(rule_id)}

        done = await perform(info, given, use_case)
        return RulePayload(user_errors=done.user_errors, rule_id=UUID(done.reply["rule"]) if done.reply else None)

    @mutation(description="Keep a certificate that a supplier has shown. Needs an Idempotency-Key.", directives=requires(Permission.RULES_MANAGE))
    async def record_certificate(
        self, info: Info, given: Annotated[RecordCertificateInput, strawberry.argument(name="input")]
    ) -> CertificatePayload | None:
        """The newest of a kind counts."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            certificate_id = await certificates.record_certificate(
                tx, info.context.caller_principal, party=given.party, kind=given.kind, number=given.number, issuer=given.issuer,
                valid_from=given.valid_from, valid_to=given.valid_to,
            )  # fmt: skip
            return {"certificate": str(certificate_id)}

        done = await perform(info, given, use_case)
        return CertificatePayload(user_errors=done.user_errors, certificate_id=UUID(done.reply["certificate"]) if done.reply else None)

    @mutation(
        description="Take a supplier's certificate back, as one that was suspended. Needs an Idempotency-Key.",
        directives=requires(Permission.RULES_MANAGE),
    )
    async def withdraw_certificate(
        self, info: Info, given: Annotated[WithdrawCertificateInput, strawberry.argument(name="input")]
    ) -> CertificatePayload | None:
        """It stays to be seen, and doesn't count."""
        require_key(info.context)

        async def use_case(tx: TenantTransaction) -> Reply:
            certificate_id = uuid_of(given.certificate_id, "SupplierCertificate")
            if certificate_id is None:
                raise CertificateNotFoundError
            await certificates.withdraw_certificate(tx, info.context.caller_principal, certificate_id=certificate_id, reason=given.reason)
            return {"certificate": str(certificate_id)}

        done = await perform(info, given, use_case)
        return CertificatePayload(user_errors=done.user_errors, certificate_id=UUID(done.reply["certificate"]) if done.reply else None)


async def _trial(context: Context, given: SwitchRuleInput) -> trying.Trial | None:
    """The rule as it is now on the last 30 days; None where there is no such rule, which the use case tells."""
    tenant_id = context.caller_principal.tenant_id
    try:
        async with context.reading() as tx:
            rule = await service.get_rule(tx, _rule(given.rule_id))
    except SuyuanError:
        return None
    if rule.state is service.RuleState.ON:
        return None
    since, until = service.trial_time()
    document = read_stored(rule.document_json)
    return await context.services.lane.run(
        lambda database: trying.try_document(database, tenant_id, document, since=since, until=until, most_events=service.TRIED_EVENTS)
    )

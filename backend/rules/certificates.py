"""Suppliers' certificates: what they have shown, until when it counts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from backend.identifiers import IdentifierRole, InvalidIdentifierError, parse_identifier
from backend.rules import certificate_repository as repository
from backend.rules.errors import CertificateNotFoundError
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a supplier, valid up to and including `valid_to`."""

    certificate_id: UUID
    party: str
    kind: str
    number: str
    issuer: str
    valid_from: date | None
    valid_to: date
    recorded_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Certificate":
        """From a row of the table."""
        return cls(
            row["certificate_id"], row["party"], row["kind"], row["number"], row["issuer"], row["valid_from"], row["valid_to"], row["recorded_at"],
            row["withdrawn_at"],
        )  # fmt: skip


async def record_certificate(
    tx: TenantTransaction, principal: Principal, *, party: str, kind: str, number: str, issuer: str, valid_from: date | None, valid_to: date
) -> UUID:
    """Keep what a supplier has shown; raises `InvalidInputError`. A newer one of the same kind takes the place of those before."""
    principal.require_everywhere(Permission.RULES_MANAGE)
    try:
        supplier = parse_identifier(party.strip(), role=IdentifierRole.REFERENCE).uri
    except InvalidIdentifierError as problem:
        raise InvalidInputError(f"“{party[:60]}” is no party's identifier: {problem.message}", field="party") from problem
    if valid_from is not None and valid_from > valid_to:
        raise InvalidInputError("It would end before it begins.", field="validTo")
    certificate_id = uuid7()
    kind, number, issuer = text_of(kind, "kind", LENGTH), text_of(number, "number", LENGTH), text_of(issuer, "issuer", LENGTH, required=False)
    await repository.insert(
        tx, certificate_id=certificate_id, party=supplier, kind=kind, number=number, issuer=issuer, valid_from=valid_from, valid_to=valid_to,
        at=clock.now(), by=principal.actor_id,
    )  # fmt: skip
    after = {"party": supplier, "kind": kind, "number": number, "validTo": valid_to.isoformat()}
    await audit.record(tx, principal, "certificate.recorded", f"certificate:{certificate_id}", after=after)
    return certificate_id


async def withdraw_certificate(tx: TenantTransaction, principal: Principal, *, certificate_id: UUID, reason: str) -> None:
    """It doesn't count any more, as when it was entered by mistake or suspended; raises `CertificateNotFoundError`."""
    principal.require_everywhere(Permission.RULES_MANAGE)
    cleaned = text_of(reason, "reason", 500)
    if not await repository.withdraw(tx, certificate_id, clock.now()):
        raise CertificateNotFoundError
    await audit.record(tx, principal, "certificate.withdrawn", f"certificate:{certificate_id}", reason=cleaned)


async def get_certificate(tx: TenantTransaction, certificate_id: UUID) -> Certificate:
    """One of them."""
    row = await repository.by_id(tx, certificate_id)
    if row is None:
        raise CertificateNotFoundError
    return Certificate.from_row(row)


async def page_of_certificates(tx: TenantTransaction, party: str | None, *, cursor: UUID | None, backward: bool, limit: int) -> list[Certificate]:
    """Those of a supplier, or of all, newest first."""
    supplier = None
    if party is not None:
        try:
            supplier = parse_identifier(party.strip(), role=IdentifierRole.REFERENCE).uri
        except InvalidIdentifierError:
            return []
    rows = await repository.page(tx, supplier, cursor=cursor, backward=backward, limit=limit)
    return [Certificate.from_row(row) for row in rows]

"""Write, release and withdraw specifications, and find the one that goods are judged by."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final
from uuid import UUID

import msgspec

from backend.catalog.languages import Names, encode_names
from backend.identifiers import parse_identifier
from backend.sampling import service as sampling
from backend.specifications import repository
from backend.specifications.characteristics import Characteristic, FailureAction, PhotoRule, check_all, decode, encode
from backend.specifications.errors import (
    ImpossibleSpecificationError,
    SpecificationExistsError,
    SpecificationNotFoundError,
    SpecificationReleasedError,
)
from backend.specifications.rules import Scope, most_specific
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from infra.ids import uuid7
from infra.texts import text_of
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

CODE_LENGTH: Final = 60
SCOPE_LENGTH: Final = 500
NOTE_LENGTH: Final = 2_000
REASON_LENGTH: Final = 500
# A released version may be dated back by what clocks and a slow hand differ, and no further: what was in force stays what was.
SLACK: Final = timedelta(minutes=5)


class VersionStatus(IntEnum):
    """How far a version is; the numbers are stored and never change."""

    DRAFT = 1
    RELEASED = 2
    WITHDRAWN = 3


@dataclass(frozen=True, slots=True)
class Specification:
    """A specification; what it asks for stands in its versions."""

    specification_id: UUID
    code: str
    names: Names
    scope: Scope
    created_at: datetime

    @classmethod
    def from_row(cls, row: Record) -> "Specification":
        """From a row of the table."""
        scope = Scope(row["product"], row["material"], row["supplier"], row["step"], row["customer"], row["kind"])
        return cls(row["specification_id"], row["code"], msgspec.json.decode(row["names"], type=dict[str, str]), scope, row["created_at"])


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a specification: what inspections judged by it were judged by, for ever."""

    specification_id: UUID
    version: int
    status: VersionStatus
    characteristics: tuple[Characteristic, ...]
    sampling_plan_id: UUID | None
    on_failure: frozenset[FailureAction]
    note: str
    valid_from: datetime | None
    written_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None

    @classmethod
    def from_row(cls, row: Record) -> "Version":
        """From a row of the table."""
        return cls(
            row["specification_id"], row["version"], VersionStatus(row["status"]), decode(row["characteristics"]), row["sampling_plan_id"],
            frozenset(action for action in FailureAction if row["on_failure"] & action), row["note"], row["valid_from"], row["written_at"],
            row["released_at"], row["withdrawn_at"], row["withdrawn_reason"],
        )  # fmt: skip

    def characteristic(self, code: str) -> Characteristic | None:
        """The characteristic of a code."""
        return next((one for one in self.characteristics if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version is to say."""

    characteristics: tuple[Characteristic, ...]
    sampling_plan_id: UUID | None = None
    on_failure: frozenset[FailureAction] = frozenset({FailureAction.HOLD, FailureAction.ALERT})
    note: str = ""


async def put_draft(tx: TenantTransaction, principal: Principal, *, code: str, names: Names, scope: Scope, draft: Draft) -> tuple[UUID, int]:
    """Write the draft of a specification, which is new by its code or gets a new version; gives its id and the draft's number.

    Raises `ImpossibleSpecificationError` naming the field, `SpecificationExistsError` where another one is for exactly the same.
    """
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    code, scope = _code(code), normal_scope(scope)
    check_all(draft.characteristics)
    text_of(draft.note, "note", NOTE_LENGTH, required=False)
    if draft.sampling_plan_id is not None:
        await sampling.get_plan(tx, draft.sampling_plan_id)
    specification_id = await _specification_of(tx, principal, code, encode_names(names, "names"), scope)
    last = await repository.latest(tx, specification_id)
    number = 1 if last is None else last["version"] + (last["status"] != VersionStatus.DRAFT)
    body = encode(draft.characteristics)
    actions = sum(draft.on_failure)
    digest = hashlib.sha256(f"{body}\n{draft.sampling_plan_id}\n{actions}".encode()).hexdigest()
    photos = any(one.photo is not PhotoRule.NEVER for one in draft.characteristics)
    fields = (body, draft.sampling_plan_id, actions, photos, draft.note, digest, clock.now(), principal.actor_id)
    if not await repository.write_draft(tx, specification_id, number, fields):
        raise SpecificationReleasedError
    after = {"code": code, "version": number, "digest": digest, "characteristics": [one.code for one in draft.characteristics]}
    await audit.record(tx, principal, "specification.drafted", f"specification:{specification_id}", after=after)
    return specification_id, number


async def _specification_of(tx: TenantTransaction, principal: Principal, code: str, names: str, scope: Scope) -> UUID:
    """The specification of a code, locked; a new one where there is none."""
    found = await repository.by_code(tx, code)
    if found is None:
        specification_id = uuid7()
        if not await repository.insert(tx, specification_id, code, names, scope, at=clock.now(), by=principal.actor_id):
            other = await repository.by_scope(tx, scope)
            raise SpecificationExistsError(other["code"] if other else code, "scope" if other else "code")
    else:
        specification_id = found["specification_id"]
        if Specification.from_row(found).scope != scope:
            told = f"The specification “{code}” is for other goods, which never changes; write one with another code."
            raise ImpossibleSpecificationError(told, field="scope")
        await repository.rename(tx, specification_id, names)
    await repository.locked(tx, specification_id)
    return specification_id


async def release(
    tx: TenantTransaction, principal: Principal, *, specification_id: UUID, version: int, valid_from: datetime | None = None
) -> Version:
    """Release a draft from a moment on (now): it never changes from here on, and takes its predecessor's place then.

    Raises `SpecificationNotFoundError`, `SpecificationReleasedError`, `InvalidInputError` for a moment that has passed.
    """
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    now = clock.now()
    since = valid_from or now
    if since < now - SLACK:
        raise InvalidInputError(
            "“validFrom” has passed, and what was in force then stays so. Leave it out, or give a later moment.", field="validFrom"
        )
    if await repository.locked(tx, specification_id) is None or await repository.version(tx, specification_id, version) is None:
        raise SpecificationNotFoundError
    if not await repository.release(tx, specification_id, version, valid_from=since, at=now, by=principal.actor_id):
        raise SpecificationReleasedError
    after = {"version": version, "validFrom": clock.isoformat(since)}
    await audit.record(tx, principal, "specification.released", f"specification:{specification_id}", after=after)
    return await get_version(tx, specification_id, version)


async def withdraw(tx: TenantTransaction, principal: Principal, *, specification_id: UUID, version: int, reason: str) -> Version:
    """Take a released version out of force, now; no older one comes back. Inspections that were begun by it are finished by it."""
    principal.require_everywhere(Permission.SPECIFICATIONS_WRITE)
    reason = text_of(reason, "reason", REASON_LENGTH)
    if await repository.locked(tx, specification_id) is None or await repository.version(tx, specification_id, version) is None:
        raise SpecificationNotFoundError
    if not await repository.withdraw(tx, specification_id, version, at=clock.now(), reason=reason):
        raise InvalidInputError(f"Version {version} isn't released, so there is nothing to withdraw.", field="version")
    await audit.record(
        tx, principal, "specification.withdrawn", f"specification:{specification_id}", after={"version": version}, reason=reason
    )  # fmt: skip
    return await get_version(tx, specification_id, version)


async def get_version(tx: TenantTransaction, specification_id: UUID, version: int) -> Version:
    """One version; raises `SpecificationNotFoundError`."""
    row = await repository.version(tx, specification_id, version)
    if row is None:
        raise SpecificationNotFoundError
    return Version.from_row(row)


async def versions_of(tx: TenantTransaction, wanted: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], Version]:
    """Versions by specification and number."""
    found = [Version.from_row(row) for row in await repository.versions(tx, wanted)] if wanted else []
    return {(one.specification_id, one.version): one for one in found}


async def specifications_by_id(tx: TenantTransaction, specification_ids: Collection[UUID]) -> dict[UUID, Specification]:
    """Specifications by id."""
    found = [Specification.from_row(row) for row in await repository.by_ids(tx, specification_ids)] if specification_ids else []
    return {one.specification_id: one for one in found}


async def page_of_specifications(tx: TenantTransaction, *, product: str | None, cursor: str, backward: bool, limit: int) -> list[Specification]:
    """Specifications in order of their codes, from behind the cursor, in the order of going."""
    rows = await repository.page(tx, product=product, cursor=cursor, backward=backward, limit=limit)
    return [Specification.from_row(row) for row in rows]


async def page_of_versions(tx: TenantTransaction, specification_id: UUID, *, cursor: int, backward: bool, limit: int) -> list[Version]:
    """A specification's versions, newest first, from behind the cursor, in the order of going."""
    return [Version.from_row(row) for row in await repository.page_of_versions(tx, specification_id, cursor=cursor, backward=backward, limit=limit)]


@dataclass(frozen=True, slots=True)
class _Candidate:
    scope: Scope
    specification_id: UUID
    version: int


async def in_force_for(tx: TenantTransaction, goods: Scope, at: datetime | None = None) -> Version | None:
    """The version that these goods are judged by, now or then: the most specific specification's; None where there is none."""
    rows = await repository.in_force(tx, goods, at or clock.now())
    chosen = most_specific([_Candidate(Specification.from_row(row).scope, row["specification_id"], row["version"]) for row in rows], goods)
    return await get_version(tx, chosen.specification_id, chosen.version) if chosen else None


async def version_in_force(tx: TenantTransaction, specification_id: UUID, at: datetime | None = None) -> Version | None:
    """The version of one specification that is in force; None where none is."""
    number = await repository.version_in_force(tx, specification_id, at or clock.now())
    return await get_version(tx, specification_id, number) if number is not None else None


def normal_scope(scope: Scope) -> Scope:
    """The scope with a GTIN of 14 digits and parties by their canonical URIs; raises `InvalidInputError` for what can't be read."""
    for name in ("product", "material", "supplier", "step", "customer"):
        text = getattr(scope, name)
        if len(text) > SCOPE_LENGTH or "\x00" in text:
            raise InvalidInputError(f"“{name}” is longer than {SCOPE_LENGTH} characters or holds a NUL; shorten it.", field=f"scope.{name}")
    product = scope.product.strip()
    if product:
        product = parse_identifier(f"(01){product}").gtin or product
    supplier, customer = (parse_identifier(party.strip()).uri if party.strip() else "" for party in (scope.supplier, scope.customer))
    return replace(scope, product=product, supplier=supplier, customer=customer, material=scope.material.strip(), step=scope.step.strip())


def _code(code: str) -> str:
    cleaned = code.strip()
    if not 1 <= len(cleaned) <= CODE_LENGTH or not cleaned.isprintable():
        raise InvalidInputError(f"“code” must have from 1 to {CODE_LENGTH} characters that can be seen, e.g. FLOUR-IN.", field="code")
    return cleaned

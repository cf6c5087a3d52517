"""A tenant's roles: all of them told in the reader's language, and its own ones made, changed and archived."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from infra.database import Record, TenantTransaction
from infra.errors import ConflictError, InvalidInputError
from tenants import audit
from tenants.permissions import ROLES, Permission, Role, known_permissions
from tenants.principal import Principal
from tenants.roles import repository, words
from tenants.roles.acting import Acting, begin_change
from tenants.roles.errors import OwnRightsError, RoleInUseError, RoleNotFoundError
from tenants.standing import Standings

MAX_OWN_ROLES: Final = 50
MAX_NAME: Final = 100
MAX_DESCRIPTION: Final = 1_000
KEY: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class DescribedRole:
    """A role in words. Built-in ones are the same everywhere; an archived one grants nothing and can't be granted."""

    key: str
    name: str
    description: str
    permissions: tuple[Permission, ...]
    built_in: bool
    updated_at: datetime | None = None
    archived_at: datetime | None = None


def built_in_roles(language: str) -> list[DescribedRole]:
    """The roles that every tenant has, in the language "zh" or "en"."""
    return [DescribedRole(str(role), *words.of_role(role, language), _sorted(ROLES[role]), built_in=True) for role in Role]


async def all_roles(tx: TenantTransaction, principal: Principal, language: str, *, archived: bool = False) -> list[DescribedRole]:
    """The built-in roles, then the tenant's own in order of their keys."""
    principal.require_everywhere(Permission.PEOPLE_READ)
    return [*built_in_roles(language), *(_described(row) for row in await repository.own_roles(tx, archived=archived))]


async def roles_by_key(tx: TenantTransaction, keys: Collection[str], language: str) -> dict[str, DescribedRole]:
    """Those of these roles that there are, archived ones included: old grants name them."""
    found = {role.key: role for role in built_in_roles(language) if role.key in keys}
    own = [key for key in keys if key not in found]
    return found | ({row["role"]: _described(row) for row in await repository.roles_by_key(tx, own)} if own else {})


async def grantable(tx: TenantTransaction) -> frozenset[str]:
    """The keys of the roles that may be granted now."""
    return frozenset(map(str, Role)) | {row["role"] for row in await repository.own_roles(tx, archived=False)}


async def put_role(
    tx: TenantTransaction, standings: Standings, principal: Principal, *, key: str, name: str, description: str, permissions: Sequence[str]
) -> None:
    """Make a role of the tenant's own, or change one; whoever holds it may do what it says from the commit on.

    It may permit anything: who holds it is decided by granting it, which nobody does for himself. Raises `InvalidInputError`
    naming the field, `OwnRightsError` where the caller holds the role, `ConflictError` where there are too many.
    """
    principal.require(Permission.ROLES_MANAGE)
    _require_key(key)
    meaning = {
        "name": _text(name, "name", MAX_NAME, least=1),
        "description": _text(description, "description", MAX_DESCRIPTION),
        "permissions": [str(permission) for permission in _require_permissions(permissions)],
    }
    acting = await begin_change(tx, principal, Permission.ROLES_MANAGE)
    _require_other(acting, key)
    before = await repository.own_role(tx, key)
    if (before is None or before["archived_at"] is not None) and len(await repository.own_roles(tx, archived=False)) >= MAX_OWN_ROLES:
        raise ConflictError(f"The company has {MAX_OWN_ROLES} roles of its own; archive one that isn't granted.", field="key")
    encoded = msgspec.json.encode(meaning["permissions"]).decode()
    await repository.upsert_role(tx, key, name=str(meaning["name"]), description=str(meaning["description"]), permissions=encoded)
    action = "role.created" if before is None else "role.changed"
    await audit.record(tx, principal, action, f"role:{key}", before=_meaning(before) if before else None, after=meaning)
    await standings.doubt_tenant(principal.tenant_public_id)


async def archive_role(tx: TenantTransaction, standings: Standings, principal: Principal, key: str, *, reason: str) -> None:
    """Take a role out of use. Raises `RoleNotFoundError`, and `RoleInUseError` while anybody has it or is promised it."""
    principal.require(Permission.ROLES_MANAGE)
    acting = await begin_change(tx, principal, Permission.ROLES_MANAGE)
    before = await repository.own_role(tx, key) if KEY.fullmatch(key) else None
    if before is None or before["archived_at"] is not None:
        raise RoleNotFoundError(key)
    _require_other(acting, key)
    members = await repository.members_with(tx, key)
    promised = [{grant["role"] for grant in msgspec.json.decode(grants)} for grants in await repository.promised_grants(tx)]
    invitations = sum(key in roles for roles in promised)
    if members or invitations:
        raise RoleInUseError(key, members, invitations)
    await repository.archive_role(tx, key)
    await audit.record(tx, principal, "role.archived", f"role:{key}", before=_meaning(before), reason=reason)
    await standings.doubt_tenant(principal.tenant_public_id)


def _require_key(key: str) -> None:
    if not KEY.fullmatch(key):
        raise InvalidInputError("A role's key has 2 to 40 of a–z, 0–9 and _, beginning with a letter, such as night_shift.", field="key")
    if key in set(map(str, Role)):
        raise InvalidInputError(f"“{key}” is built in and can't be changed; choose another key.", field="key")


def _require_permissions(names: Sequence[str]) -> tuple[Permission, ...]:
    given = frozenset(names)
    known = known_permissions(given)
    unknown = sorted(given - set(map(str, known)))
    if unknown:
        raise InvalidInputError(f"“{unknown[0][:60]}” is no permission; the query permissions lists them.", field="permissions")
    if not known:
        raise InvalidInputError("A role permits at least one thing; the query permissions lists what there is.", field="permissions")
    return _sorted(known)


def _require_other(acting: Acting, key: str) -> None:
    if key in acting.roles:
        raise OwnRightsError(f"You hold “{key}” yourself, and nobody changes his own rights. Ask somebody else who may manage roles.", field="key")


def _text(given: str, field: str, most: int, *, least: int = 0) -> str:
    text = unicodedata.normalize("NFC", given[: most * 4]).strip()
    if len(given) > most * 4 or not least <= len(text) <= most or any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise InvalidInputError(f"“{field}” has {least} to {most} characters, none of them a control character.", field=field)
    return text


def _sorted(permissions: Collection[Permission]) -> tuple[Permission, ...]:
    return tuple(sorted(permissions))


def _permissions(row: Record) -> tuple[Permission, ...]:
    return _sorted(known_permissions(frozenset(msgspec.json.decode(row["permissions"]))))


def _described(row: Record) -> DescribedRole:
    return DescribedRole(
        row["role"], row["name"], row["description"], _permissions(row), built_in=False, updated_at=row["updated_at"], archived_at=row["archived_at"]
    )


def _meaning(row: Record) -> Mapping[str, Any]:
    return {"name": row["name"], "description": row["description"], "permissions": list(map(str, _permissions(row)))}

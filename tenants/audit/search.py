"""Searching the audit trail: what may be asked for, and pages of entries, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError
from tenants.audit import repository
from tenants.permissions import Permission
from tenants.principal import Principal

MAX_TEXT: Final = 200
# What no index serves is looked for entry by entry: that is done for a quarter at a time.
MAX_RANGE: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What an entry must meet, all of it; None asks for nothing.

    `actor` is an id or a part of the name as it was then; `action` ending in "." is every action of that noun; `since` is included,
    `until` isn't; `text` is looked for, without regard to case, in the reason and in what was before and after.
    """

    actor: str | None = None
    actor_kind: str | None = None
    action: str | None = None
    subject: str | None = None
    subject_prefix: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    address: str | None = None
    request_id: str | None = None
    text: str | None = None

    @property
    def actor_id(self) -> UUID | None:
        """The actor's id, where `actor` is one."""
        try:
            found = UUID(self.actor or "")
        except ValueError:
            return None
        return found if str(found) == (self.actor or "").lower() else None

    def as_json(self) -> dict[str, Any]:
        """What was asked for, as the trail keeps it."""
        named = {_TOLD.get(name, name): getattr(self, name) for name in _NAMES}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in named.items() if value is not None}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Filter":
        """The reverse of `as_json`."""
        return msgspec.convert({name: told.get(_TOLD.get(name, name)) for name in _NAMES}, cls)

    def check(self) -> None:
        """Raise `InvalidInputError` for what can't be looked for, or not in so long a time."""
        for name in _NAMES:
            value = getattr(self, name)
            if isinstance(value, str) and (not 1 <= len(value) <= MAX_TEXT or not _storable(value)):
                raise InvalidInputError(f"“{_TOLD.get(name, name)}” must be 1 to {MAX_TEXT} characters of text, without NUL.", field=_field(name))
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise InvalidInputError("“from” must be before “to”; what happens at “to” isn't included.", field="filter.to")
        unaided = [name for name in ("text", "address") if getattr(self, name) is not None]
        unaided += ["actor"] if self.actor is not None and self.actor_id is None else []
        if unaided and (self.since is None or (self.until or clock.now()) - self.since > MAX_RANGE):
            raise InvalidInputError(
                f"“{unaided[0]}” is looked for entry by entry: say “from”, and ask for {MAX_RANGE.days} days at most. Whoever is known by id, "
                "an action, a subject and a request id are found in the whole trail.",
                field=_field(unaided[0]),
            )


_NAMES: Final = tuple(Filter.__dataclass_fields__)
_TOLD: Final = {"actor_kind": "actorKind", "subject_prefix": "subjectPrefix", "request_id": "requestId", "since": "from", "until": "to"}


def _field(name: str) -> str:
    return f"filter.{_TOLD.get(name, name)}"


def _storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: who, on which phone, when (UTC), from where, what, and why. `before` and `after` are JSON as it was written."""

    entry_id: UUID
    audit_id: int
    recorded_at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor: str
    device_id: UUID | None
    action: str
    subject: str
    before: str | None
    after: str | None
    reason: str | None
    request_id: str
    address: str
    signature_id: UUID | None

    @classmethod
    def from_row(cls, row: Record) -> "Entry":
        """From a row of the table, in the order of `repository.COLUMNS`."""
        return cls(*row)

    @property
    def changed(self) -> list[str]:
        """The names of what differs between before and after, inner ones with dots; empty where either wasn't recorded."""
        before, after = _decoded(self.before), _decoded(self.after)
        return sorted(_differing(before, after)) if isinstance(before, dict) and isinstance(after, dict) else []


def _decoded(text: str | None) -> Any:
    try:
        return msgspec.json.decode(text) if text is not None else None
    except msgspec.DecodeError:
        return None


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> list[str]:
    found: list[str] = []
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            found += _differing(old, new, f"{path}{name}.")
        elif old != new or (name in before) != (name in after):
            found.append(path + name)
    return found


async def page_of_entries(
    tx: TenantTransaction, principal: Principal, wanted: Filter, *, cursor: UUID | None, backward: bool, limit: int
) -> list[Entry] | None:
    """Entries, newest first, from behind the cursor (an entry's id), in the order of going; None for a cursor that is no entry's.

    The trail is the whole company's: what a permission at one site alone allows doesn't include it. Raises `InvalidInputError` as
    `Filter.check` does.
    """
    principal.require_everywhere(Permission.AUDIT_READ)
    wanted.check()
    position = None
    if cursor is not None:
        position = await repository.position_of(tx, cursor)
        if position is None:
            return None
    return [Entry.from_row(row) for row in await repository.page(tx, wanted, position=position, ascending=backward, limit=limit)]


async def entries_by_id(tx: TenantTransaction, principal: Principal, entry_ids: list[UUID]) -> dict[UUID, Entry]:
    """Those of these entries that exist here."""
    principal.require_everywhere(Permission.AUDIT_READ)
    return {row["entry_id"]: Entry.from_row(row) for row in await repository.by_ids(tx, entry_ids)}

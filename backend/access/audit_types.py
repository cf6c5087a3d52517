"""Entries and exports of the audit trail as GraphQL shows them."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id
from backend.graphql.nodes import Node
from tenants.audit import exports, search
from tenants.audit.actions import describe
from tenants.permissions import Permission


@strawberry.enum(description="What acted.")
class AuditActorKind(Enum):
    """SERVICE is Suyuan itself, and whatever else wrote without being known to it."""

    PERSON = "person"
    DEVICE = "device"
    CLIENT = "client"
    SERVICE = "service"


_KINDS = frozenset(kind.value for kind in AuditActorKind)


@strawberry.enum(description="What file an export makes.")
class AuditExportFormat(Enum):
    """CSV opens in a spreadsheet; JSONL has every field exactly as it is stored."""

    CSV = "csv"
    JSONL = "jsonl"


@strawberry.enum(description="How far an export is.")
class AuditExportState(Enum):
    """A failed one says why."""

    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


@strawberry.type(description="One act on the audit trail, which nobody can change or remove.", directives=requires(Permission.AUDIT_READ))
class AuditEntry(Node):
    """`actor` is the name as it was then. `before` and `after` are what the act recorded, `changed` the names of what differs between them.

    `actionText` describes the action in the language of Accept-Language; `deviceId` is the phone on which a person acted.
    """

    id: ID
    recorded_at: datetime
    actor_kind: AuditActorKind
    actor_id: ID | None
    actor: str
    device_id: ID | None
    address: str
    action: str
    subject: str
    before: JSON | None
    after: JSON | None
    changed: list[str]
    reason: str | None
    request_id: str
    signature_id: ID | None

    @classmethod
    def of(cls, entry: search.Entry) -> "AuditEntry":
        """From the stored one."""
        return cls(
            id=global_id("AuditEntry", entry.entry_id), recorded_at=entry.recorded_at, actor_kind=_kind(entry.actor_kind),
            actor_id=_id(entry.actor_id), actor=entry.actor, device_id=_id(entry.device_id), address=entry.address, action=entry.action,
            subject=entry.subject, before=_json(entry.before), after=_json(entry.after), changed=entry.changed, reason=entry.reason,
            request_id=entry.request_id, signature_id=_signature(entry.signature_id),
        )  # fmt: skip

    @field(description="The action in words.")
    def action_text(self, info: Info) -> str:
        """In Chinese or English."""
        return describe(self.action, info.context.language)


def _kind(stored: str) -> AuditActorKind:
    return AuditActorKind(stored) if stored in _KINDS else AuditActorKind.SERVICE


def _id(value: UUID | None) -> ID | None:
    return ID(str(value)) if value is not None else None


def _signature(value: UUID | None) -> ID | None:
    return global_id("ElectronicSignature", value) if value is not None else None


def _json(text: str | None) -> Any:
    """JSON digit for digit; what isn't JSON, which only a hand beside the service can have written, as a text."""
    if text is None:
        return None
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return JSON(text)
    return JSON(msgspec.Raw(text.encode()))


@strawberry.type(description="A link that is good for five minutes.")
class AuditExportLink:
    """GET it without further headers; the answer is an attachment."""

    url: str
    expires_at: datetime


@strawberry.type(description="A file of the audit trail.", directives=requires(Permission.AUDIT_READ))
class AuditExport(Node):
    """`sha256` (hexadecimal) is that of the whole file and stands on the trail too. The file is there until `expiresAt`."""

    id: ID
    state: AuditExportState
    format: AuditExportFormat
    file_name: str
    filter: JSON
    requested_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    entries: int
    entries_expected: int | None
    size: int
    sha256: str | None
    failure: str | None
    stored: strawberry.Private[exports.Export]

    @classmethod
    def of(cls, export: exports.Export) -> "AuditExport":
        """From the stored one."""
        return cls(
            id=global_id("AuditExport", export.export_id), state=AuditExportState(export.state), format=AuditExportFormat(str(export.format)),
            file_name=export.file_name, filter=JSON(export.wanted.as_json()), requested_at=export.requested_at, finished_at=export.finished_at,
            expires_at=export.expires_at, entries=export.entries, entries_expected=export.entries_expected, size=export.size,
            sha256=export.sha256.hex() if export.sha256 else None, failure=export.failure, stored=export,
        )  # fmt: skip

    @field(description="Where to fetch the file; null while it isn't ready.", directives=(Cost(weight=10),))
    async def link(self, info: Info) -> AuditExportLink | None:
        """A new one each time it is asked for."""
        found = await exports.link(info.context.services.storage, info.context.caller_principal, self.stored)
        return AuditExportLink(url=found.url, expires_at=found.expires_at) if found else None

    @field(description="How much of it is written, from 0 to 1.")
    def progress(self) -> float:
        """Of the entries."""
        if self.state is AuditExportState.READY:
            return 1.0
        return 0.0 if not self.entries_expected else min(1.0, self.entries / self.entries_expected)


async def entries_of(context: Context, keys: list[UUID]) -> Sequence[search.Entry | None]:
    """Entries by id, in one statement."""
    async with context.reading() as tx:
        found = await search.entries_by_id(tx, context.caller_principal, keys)
    return [found.get(key) for key in keys]


async def exports_of(context: Context, keys: list[UUID]) -> Sequence[exports.Export | None]:
    """Exports by id, in one statement."""
    async with context.reading() as tx:
        found = await exports.exports_by_id(tx, context.caller_principal, keys)
    return [found.get(key) for key in keys]


async def load_entry(context: Context, entry_id: UUID | None) -> AuditEntry | None:
    """An entry by its id, through the batch."""
    found = await context.load(entries_of, entry_id) if entry_id is not None else None
    return AuditEntry.of(found) if found else None


async def load_export(context: Context, export_id: UUID | None) -> AuditExport | None:
    """An export by its id, through the batch."""
    found = await context.load(exports_of, export_id) if export_id is not None else None
    return AuditExport.of(found) if found else None

"""The audit trail through GraphQL: searching it, and exporting it as a file."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.audit_types import AuditActorKind, AuditEntry, AuditExport, AuditExportFormat, load_entry, load_export
from backend.graphql.commands import Reply, perform
from backend.graphql.context import Context, Info
from backend.graphql.directives import Cost, requires
from backend.graphql.errors import UserError
from backend.graphql.fields import field, mutation
from backend.graphql.ids import parse_uuid, uuid_of
from backend.graphql.nodes import NodeKind
from backend.graphql.pagination import Connection, Page, connect
from infra.database import TenantTransaction
from tenants.audit import exports, search
from tenants.audit.writing import Format
from tenants.permissions import Permission


@strawberry.input(description="What entries must meet, all of it.")
class AuditFilter:
    """`actor` is an id or a part of the name as it was then; `action` is one action, or all of a noun where it ends in a dot ("hold.").

    `from` is included, `to` isn't. `text` is looked for in the reason and in what was before and after. For `text`, `address` and a part of a
    name, `from` is needed and 92 days are the most.
    """

    actor: str | None = None
    actor_kind: AuditActorKind | None = None
    action: str | None = None
    subject: str | None = None
    subject_prefix: str | None = None
    since: datetime | None = strawberry.field(name="from", default=None)
    until: datetime | None = strawberry.field(name="to", default=None)
    address: str | None = None
    request_id: str | None = None
    text: str | None = None


def wanted_of(given: AuditFilter | None) -> search.Filter:
    """The filter as the trail's service takes it."""
    if given is None:
        return search.Filter()
    named: dict[str, Any] = {name: getattr(given, name) for name in search.Filter.__dataclass_fields__}
    return search.Filter(**named | {"actor_kind": given.actor_kind.value if given.actor_kind else None})


@strawberry.input
class ExportAuditInput:
    """Without a filter, the whole trail."""

    format: AuditExportFormat
    filter: AuditFilter | None = None


@strawberry.type
class ExportAuditPayload:
    """The export that has begun, or why none has."""

    user_errors: list[UserError]
    export_id: strawberry.Private[UUID | None]

    @field()
    async def export(self, info: Info) -> AuditExport | None:
        """The export as it is now; ask for it again until it is ready."""
        return await load_export(info.context, self.export_id)


@strawberry.type
class AuditQueries:
    """The trail; to be read, and nothing else."""

    @field(description="Entries of the audit trail, newest first.", directives=requires(Permission.AUDIT_READ, Cost(weight=20)))
    async def audit_entries(
        self,
        info: Info,
        *,
        given: Annotated[AuditFilter | None, strawberry.argument(name="filter")] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AuditEntry]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        principal = info.context.caller_principal
        async with info.context.reading() as tx:
            rows = await search.page_of_entries(tx, principal, wanted_of(given), cursor=page.uuid(), backward=page.backward, limit=page.limit)
        if rows is None:
            raise page.unknown_cursor()
        return connect(page, rows, node=AuditEntry.of, cursor=lambda row: str(row.entry_id))

    @field(description="Exports of the audit trail of the last seven days, newest first.", directives=requires(Permission.AUDIT_READ))
    async def audit_exports(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[AuditExport]:
        """A page of them."""
        page = Page.of(first, after, last, before)
        async with info.context.reading() as tx:
            rows = await exports.page_of_exports(tx, info.context.caller_principal, cursor=page.uuid(), backward=page.backward, limit=page.limit)
        return connect(page, rows, node=AuditExport.of, cursor=lambda row: str(row.export_id))

    @field(description="An export by its id; null where there is none, or none any more.", directives=requires(Permission.AUDIT_READ))
    async def audit_export(self, info: Info, public_id: Annotated[ID, strawberry.argument(name="id")]) -> AuditExport | None:
        """The same as `node`."""
        return await load_export(info.context, uuid_of(public_id, "AuditExport"))


@strawberry.type
class AuditMutations:
    """Taking the trail out of the house is on the trail."""

    @mutation(
        description="Begin an export of the audit trail: at most a million entries or 512 MB. The worker writes the file.",
        directives=requires(Permission.AUDIT_READ, Cost(weight=200)),
    )
    async def export_audit(self, info: Info, given: Annotated[ExportAuditInput, strawberry.argument(name="input")]) -> ExportAuditPayload | None:
        """The file holds what the filter finds at this moment."""
        context = info.context

        async def use_case(tx: TenantTransaction) -> Reply:
            wanted, form = wanted_of(given.filter), Format(given.format.value)
            return {"export": str(await exports.ask(tx, context.caller_principal, wanted=wanted, form=form, language=context.language))}

        done = await perform(info, given, use_case)
        return ExportAuditPayload(user_errors=done.user_errors, export_id=UUID(done.reply["export"]) if done.reply else None)


async def find_entry(context: Context, public_id: str) -> AuditEntry | None:
    """An entry by its public id."""
    return await load_entry(context, parse_uuid(public_id))


async def find_export(context: Context, public_id: str) -> AuditExport | None:
    """An export by its public id."""
    return await load_export(context, parse_uuid(public_id))


NODES = (NodeKind("AuditEntry", Permission.AUDIT_READ, find_entry), NodeKind("AuditExport", Permission.AUDIT_READ, find_export))

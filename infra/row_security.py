"""Row level security as the database enforces it: the statements for one table, and the migration operations that run them."""

from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Table

from infra.schema import PURGING_ROLE

TENANT_CONDITION = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::int"
RELAY_ROLE = "suyuan_relay"
OWNER_ROLE = "suyuan_owner"
# What even the owner of an append-only table hasn't: the two that change rows, and the one that no policy sees.
CLOSED_TO_THE_OWNER = ("UPDATE", "DELETE", "TRUNCATE")


def security_statements(
    table: str, *, tenant_owned: bool, grants: dict[str, tuple[str, ...]], append_only: bool = False, purge: str | None = None
) -> list[str]:
    """The DDL that closes `table` and opens it to exactly the roles in `grants`.

    A tenant-owned table gets ENABLE, FORCE and the one tenant policy for reading and writing; an append-only one a policy for
    reading and a policy for adding. The relay alone, which by trade serves all tenants, gets a policy of its own, for reading.
    With `purge` the application deletes rows that meet this condition and no others. No subquery stands in a policy: Citus refuses it.
    """
    statements = [f"revoke all on {table} from public"]
    if tenant_owned:
        statements += [f"alter table {table} enable row level security", f"alter table {table} force row level security"]
        # The owner is under the policy too (FORCE), so that a migration sees a tenant's rows only after it named the tenant.
        roles = ", ".join(_tenant_roles(grants))
        statements.append(f"create policy tenant on {table} to {roles} using ({TENANT_CONDITION}) with check ({TENANT_CONDITION})")
        if RELAY_ROLE in grants:
            statements.append(f"create policy relay on {table} for select to {RELAY_ROLE} using (true)")
    statements += [f"grant {', '.join(privileges)} on {table} to {role}" for role, privileges in sorted(grants.items())]
    if append_only:
        statements += closing_statements(table, grants=grants)
    if purge is not None:
        statements += purge_statements(table, purge)
    return statements


def closing_statements(table: str, *, grants: dict[str, tuple[str, ...]]) -> list[str]:
    """The DDL that makes a secured table append-only, for its owner too. Not by a trigger: Citus refuses those."""
    roles = ", ".join(_tenant_roles(grants))
    return [
        *(f"drop policy if exists {policy} on {table}" for policy in ("tenant", "tenant_read", "tenant_add")),
        f"create policy tenant_read on {table} for select to {roles} using ({TENANT_CONDITION})",
        f"create policy tenant_add on {table} for insert to {roles} with check ({TENANT_CONDITION})",
        f"revoke {', '.join(CLOSED_TO_THE_OWNER)} on {table} from {OWNER_ROLE}",
    ]


def purge_statements(table: str, condition: str) -> list[str]:
    """The DDL that lets the application delete those of a tenant's rows that meet `condition`: what is still of use, it can't."""
    return [
        f"create policy purge on {table} as restrictive for delete to {PURGING_ROLE} using {condition}",
        f"grant DELETE on {table} to {PURGING_ROLE}",
    ]


def _tenant_roles(grants: dict[str, tuple[str, ...]]) -> list[str]:
    return [*sorted(role for role in grants if role != RELAY_ROLE), OWNER_ROLE]


@Operations.register_operation("secure_table")
class SecureTableOp(MigrateOperation):
    """`op.secure_table("event", tenant_owned=True, grants={…})` in a migration."""

    def __init__(
        self, table: str, *, tenant_owned: bool, grants: dict[str, tuple[str, ...]], append_only: bool = False, purge: str | None = None
    ) -> None:
        self.table = table
        self.tenant_owned = tenant_owned
        self.grants = grants
        self.append_only = append_only
        self.purge = purge

    @classmethod
    def secure_table(cls, operations: Operations, table: str, **keywords: Any) -> Any:
        """Run the security statements for a table that this migration has just created."""
        return operations.invoke(cls(table, **keywords))

    def reverse(self) -> MigrateOperation:
        """Dropping the table drops its policies and grants."""
        return self


@Operations.register_operation("close_table")
class CloseTableOp(MigrateOperation):
    """`op.close_table("audit_entry", grants={…})`: a table that an earlier migration has secured becomes append-only."""

    def __init__(self, table: str, *, grants: dict[str, tuple[str, ...]]) -> None:
        self.table = table
        self.grants = grants

    @classmethod
    def close_table(cls, operations: Operations, table: str, *, grants: dict[str, tuple[str, ...]]) -> Any:
        """Run the closing statements."""
        return operations.invoke(cls(table, grants=grants))


@Operations.register_operation("allow_purge")
class AllowPurgeOp(MigrateOperation):
    """`op.allow_purge("outbox", "(done_at < …)")`: the application may delete such rows of a table secured earlier."""

    def __init__(self, table: str, condition: str) -> None:
        self.table = table
        self.condition = condition

    @classmethod
    def allow_purge(cls, operations: Operations, table: str, condition: str) -> Any:
        """Run the purge statements."""
        return operations.invoke(cls(table, condition))


@Operations.implementation_for(SecureTableOp)
def _run(operations: Operations, operation: SecureTableOp) -> None:
    for statement in security_statements(
        operation.table, tenant_owned=operation.tenant_owned, grants=operation.grants, append_only=operation.append_only, purge=operation.purge
    ):
        operations.execute(statement)


@Operations.implementation_for(CloseTableOp)
def _close(operations: Operations, operation: CloseTableOp) -> None:
    for statement in closing_statements(operation.table, grants=operation.grants):
        operations.execute(statement)


@Operations.implementation_for(AllowPurgeOp)
def _allow_purge(operations: Operations, operation: AllowPurgeOp) -> None:
    for statement in purge_statements(operation.table, operation.condition):
        operations.execute(statement)


@renderers.dispatch_for(SecureTableOp)
def _render(_context: AutogenContext, operation: SecureTableOp) -> str:
    grants = {role: tuple(privileges) for role, privileges in sorted(operation.grants.items())}
    more = ", append_only=True" if operation.append_only else ""
    more += f", purge={operation.purge!r}" if operation.purge is not None else ""
    return f'op.secure_table("{operation.table}", tenant_owned={operation.tenant_owned}, grants={grants!r}{more})'


def secure(table: Table) -> SecureTableOp:
    """The operation for a table as its declaration says."""
    return SecureTableOp(
        table.name,
        tenant_owned=table.info["tenant_owned"],
        grants=table.info["grants"],
        append_only=table.info.get("append_only", False),
        purge=table.info.get("purge"),
    )

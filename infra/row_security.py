"""Row level security as the database enforces it: the statements for one table, and the migration operation that runs them."""

from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Table

TENANT_CONDITION = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::int"
RELAY_ROLE = "suyuan_relay"


def security_statements(table: str, *, tenant_owned: bool, grants: dict[str, tuple[str, ...]]) -> list[str]:
    """The DDL that closes `table` and opens it to exactly the roles in `grants`.

    A tenant-owned table gets ENABLE, FORCE and the one tenant policy for reading and writing. The relay alone, which by
    trade serves all tenants, gets a policy of its own, for reading. No subquery stands in a policy: Citus refuses it.
    """
    statements = [f"revoke all on {table} from public"]
    if tenant_owned:
        statements += [f"alter table {table} enable row level security", f"alter table {table} force row level security"]
        tenant_roles = sorted(role for role in grants if role != RELAY_ROLE)
        # The owner is under the policy too (FORCE), so that a migration sees a tenant's rows only after it named the tenant.
        roles = ", ".join([*tenant_roles, "suyuan_owner"])
        statements.append(f"create policy tenant on {table} to {roles} using ({TENANT_CONDITION}) with check ({TENANT_CONDITION})")
        if RELAY_ROLE in grants:
            statements.append(f"create policy relay on {table} for select to {RELAY_ROLE} using (true)")
    statements += [f"grant {', '.join(privileges)} on {table} to {role}" for role, privileges in sorted(grants.items())]
    return statements


@Operations.register_operation("secure_table")
class SecureTableOp(MigrateOperation):
    """`op.secure_table("event", tenant_owned=True, grants={…})` in a migration."""

    def __init__(self, table: str, *, tenant_owned: bool, grants: dict[str, tuple[str, ...]]) -> None:
        self.table = table
        self.tenant_owned = tenant_owned
        self.grants = grants

    @classmethod
    def secure_table(cls, operations: Operations, table: str, **keywords: Any) -> Any:
        """Run the security statements for a table that this migration has just created."""
        return operations.invoke(cls(table, **keywords))

    def reverse(self) -> MigrateOperation:
        """Dropping the table drops its policies and grants."""
        return self


@Operations.implementation_for(SecureTableOp)
def _run(operations: Operations, operation: SecureTableOp) -> None:
    for statement in security_statements(operation.table, tenant_owned=operation.tenant_owned, grants=operation.grants):
        operations.execute(statement)


@renderers.dispatch_for(SecureTableOp)
def _render(_context: AutogenContext, operation: SecureTableOp) -> str:
    grants = {role: tuple(privileges) for role, privileges in sorted(operation.grants.items())}
    return f'op.secure_table("{operation.table}", tenant_owned={operation.tenant_owned}, grants={grants!r})'


def secure(table: Table) -> SecureTableOp:
    """The operation for a table as its declaration says."""
    return SecureTableOp(table.name, tenant_owned=table.info["tenant_owned"], grants=table.info["grants"])

"""Alembic's entry: migrations run as the migrator, who acts as the owner of every table."""

from typing import Any

from alembic import context
from alembic.autogenerate import rewriter
from alembic.operations import ops
from sqlalchemy import Connection, text

from infra import row_security
from infra.migrate import load_models
from infra.roles import OWNER
from infra.schema import SCHEMA_NAME, metadata

# Held by the session that migrates, to its end; beside it stand GATE_CLASS and DERIVATION_CLASS, which have a second key.
MIGRATION_LOCK = 0x535D
writer = rewriter.Rewriter()


@writer.rewrites(ops.CreateTableOp)
def _secure_new_tables(_context: Any, _revision: Any, operation: ops.CreateTableOp) -> list[Any]:
    return [operation, row_security.secure(metadata.tables[operation.table_name])]


def run(connection: Connection) -> None:
    """Apply migrations on an open connection, under lock timeouts so that a migration never queues the whole service behind it."""
    # Two deployments at once: the second one waits here, and finds everything done. Before the lock timeout, because it may wait long.
    connection.execute(text(f"select pg_advisory_lock({MIGRATION_LOCK})"))
    connection.execute(text(f"set role {OWNER}"))
    connection.execute(text(f"set search_path = {SCHEMA_NAME}"))
    connection.execute(text("set lock_timeout = '5s'"))
    connection.commit()
    context.configure(connection=connection, target_metadata=metadata, process_revision_directives=writer, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


load_models()
run(context.config.attributes["connection"])

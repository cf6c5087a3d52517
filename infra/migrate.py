"""Migrations: upgrade, drift check and new revisions. The models' modules are named by the application, not known here."""

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, pool, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from infra.schema import SCHEMA_NAME, metadata

MIGRATIONS = Path(__file__).parent / "migrations"
# The module whose import declares every table of the house; a setting, because `infra` may not import the floors above.
MODELS_MODULE = os.environ.get("SUYUAN_MODELS_MODULE", "backend.models")


def load_models() -> None:
    """Import every table's declaration into the metadata."""
    importlib.import_module(MODELS_MODULE)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def _with_connection(owner_url: str, act: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(make_url(owner_url).set(drivername="postgresql+asyncpg"), poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(act)
    finally:
        await engine.dispose()


async def upgrade(owner_url: str) -> None:
    """Bring the database to the newest revision; takes effect whole or not at all."""
    await _with_connection(owner_url, lambda connection: command.upgrade(_config(connection), "head"))


async def current_and_head(owner_url: str) -> tuple[str | None, str | None]:
    """The database's revision and the newest one."""

    def read(connection: Connection) -> str | None:
        connection.execute(text(f"set search_path = {SCHEMA_NAME}"))
        return MigrationContext.configure(connection).get_current_revision()

    return await _with_connection(owner_url, read), ScriptDirectory.from_config(_config()).get_current_head()


async def drift(owner_url: str) -> list[Any]:
    """What the declared tables and a migrated database differ in; empty when the migrations are complete."""
    load_models()

    def compare(connection: Connection) -> list[Any]:
        connection.execute(text(f"set search_path = {SCHEMA_NAME}"))
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_server_default": True}), metadata))

    differences: list[Any] = await _with_connection(owner_url, compare)
    return differences


async def write_revision(owner_url: str, message: str, revision_id: str) -> None:
    """Write a new migration from what differs, with row level security for every new table."""
    load_models()
    await _with_connection(
        owner_url, lambda connection: command.revision(_config(connection), message=message, autogenerate=True, rev_id=revision_id)
    )

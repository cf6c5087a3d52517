"""The metadata that every table registers in, and the one way to declare a tenant-owned table."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Integer, MetaData, PrimaryKeyConstraint, Table, Text, UniqueConstraint
from sqlalchemy.schema import SchemaItem

SCHEMA_NAME = "suyuan"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Text compared byte by byte: identifiers are case-sensitive and an index on them must serve prefixes.
Key = Text(collation="C")

Grants = dict[str, tuple[str, ...]]
PURGING_ROLE = "suyuan_app"
APPLICATION_GRANTS: Grants = {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}
APPEND_ONLY: Grants = {"suyuan_app": ("SELECT", "INSERT")}


def tenant_table(
    name: str,
    *items: SchemaItem,
    key: Iterable[str],
    unique: Iterable[tuple[str, ...]] = (),
    references: Iterable[tuple[tuple[str, ...], str]] = (),
    grants: Grants | None = None,
    append_only: bool = False,
    purge: str | None = None,
) -> Table:
    """Declare a tenant-owned table: `tenant_id` leads the primary key, every unique constraint and every foreign key.

    `key`, `unique` and the local columns of `references` are given without `tenant_id`. A reference is
    `(local columns, "table.column column …")`. `grants` says which role may do what, under the tenant's policy;
    it defaults to read and write for the application's role.

    `append_only` closes the table to change for its owner too: what stands there is evidence. Such a table has no foreign key, nor
    is it referred to by one: PostgreSQL checks them by locking rows with the owner's right to change them. `purge` is the condition,
    as PostgreSQL writes it back, that a row must meet before the application's role may delete it.
    """
    granted = grants or (APPEND_ONLY if append_only else APPLICATION_GRANTS)
    referring = list(references)
    if append_only and (referring or any(set(privileges) - {"SELECT", "INSERT"} for privileges in granted.values())):
        raise ValueError(f"{name} is declared append-only: it may have no foreign key, and grant no more than to read and to add")
    if purge is not None and "DELETE" not in granted[PURGING_ROLE]:
        raise ValueError(f"{name} says which rows may be purged, and grants {PURGING_ROLE} no DELETE")
    constraints: list[Any] = [PrimaryKeyConstraint("tenant_id", *key)]
    constraints += [UniqueConstraint("tenant_id", *columns) for columns in unique]
    for columns, target in referring:
        table, remote = target.split(".")
        targets = [f"{table}.tenant_id", *(f"{table}.{column}" for column in remote.split())]
        constraints.append(ForeignKeyConstraint(["tenant_id", *columns], targets))
    # Where the tenant alone is the key, SQLAlchemy would number the rows by itself.
    tenant_id = Column("tenant_id", Integer, nullable=False, autoincrement=False)
    table_object = Table(name, metadata, tenant_id, *items, *constraints)
    table_object.info["tenant_owned"] = True
    table_object.info["grants"] = granted
    table_object.info["append_only"] = append_only
    table_object.info["purge"] = purge
    return table_object


def global_table(name: str, *items: SchemaItem, grants: Grants, reason: str) -> Table:
    """Declare one of the few tables without a tenant; `reason` says why it may exist (MODEL: before the tenant is known)."""
    table_object = Table(name, metadata, *items)
    table_object.info["tenant_owned"] = False
    table_object.info["grants"] = grants
    table_object.info["reason"] = reason
    return table_object

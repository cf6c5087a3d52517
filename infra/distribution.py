"""How the declared tables lie on a Citus cluster: which are distributed by tenant, which are copied to every node, and what keeps one from it.

Written from the metadata; knows no table by name. The limits are those of Citus 12 and 13.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from infra.schema import SCHEMA_NAME, metadata

DISTRIBUTION_COLUMN: Final = "tenant_id"
SHARDS: Final = 32
# What a foreign key between distributed tables may do: anything else would have to set the column by which rows are distributed.
_ALLOWED_ACTIONS: Final = frozenset({None, "NO ACTION", "RESTRICT", "CASCADE"})


@dataclass(frozen=True, slots=True)
class Step:
    """One table's statement. `kind` is "distributed" or "reference"."""

    table: str
    kind: str
    statement: str


def kind_of(table: Table) -> str:
    """ "distributed" for a tenant-owned table; "reference", on every node, for one without a tenant that foreign keys tie to others;
    "local", on the coordinator, for one that stands alone.
    """
    if table.info.get("tenant_owned"):
        return "distributed"
    tied = table.foreign_key_constraints or any(key.referred_table is table for other in metadata.tables.values() for key in _foreign_keys(other))
    return "reference" if tied else "local"


def _foreign_keys(table: Table) -> Collection[ForeignKeyConstraint]:
    return table.foreign_key_constraints


def tables(kind: str) -> list[Table]:
    """Those of a kind, what is referred to first."""
    return [table for table in metadata.sorted_tables if kind_of(table) == kind]


def steps(done: Collection[str] = (), *, anchor: str | None = None, shards: int = SHARDS) -> list[Step]:
    """The statements for the tables that aren't in `done`: tables on every node first, because others may refer to them; then the distributed
    ones, in one group. `anchor` is a table that is in the group already.
    """
    found = [
        Step(table.name, "reference", f"select create_reference_table('{SCHEMA_NAME}.{table.name}')")
        for table in tables("reference")
        if table.name not in done
    ]
    for table in tables("distributed"):
        if table.name in done:
            continue
        group = f"colocate_with => 'none', shard_count => {int(shards)}" if anchor is None else f"colocate_with => '{SCHEMA_NAME}.{anchor}'"
        statement = f"select create_distributed_table('{SCHEMA_NAME}.{table.name}', '{DISTRIBUTION_COLUMN}', {group})"
        found.append(Step(table.name, "distributed", statement))
        anchor = anchor or table.name
    return found


def tidying(names: Collection[str]) -> list[str]:
    """The statements that remove what is left of tables' rows on the coordinator once their shards have them; what refers to others first."""
    ordered = [table.name for table in reversed(metadata.sorted_tables) if table.name in names]
    return [f"select truncate_local_data_after_distributing_table('{SCHEMA_NAME}.{name}')" for name in ordered]


def settings(database: str) -> list[str]:
    """What every session needs: `set local app.tenant_id` must reach the shards, whose policies ask for it."""
    quoted = database.replace('"', '""')
    return [f"""alter database "{quoted}" set citus.propagate_set_commands = 'local'"""]


def obstacles() -> list[str]:
    """What Citus would refuse of the declarations, in words; empty when all can be distributed."""
    return [problem for kind in ("reference", "distributed") for table in tables(kind) for problem in _problems(table, kind)]


def _problems(table: Table, kind: str) -> Iterator[str]:
    if kind == "distributed":
        yield from _not_by_tenant(table)
    for key in table.foreign_key_constraints:
        other = kind_of(key.referred_table)
        columns = [element.parent.name for element in key.elements]
        if kind == "reference" and other == "distributed":
            yield f"{table.name}: a table on every node can't refer to {key.referred_table.name}, which is distributed"
        if other == "local":
            yield f"{table.name}: refers to {key.referred_table.name}, which stays on the coordinator"
        if kind == other == "distributed" and columns.index(DISTRIBUTION_COLUMN) != _remote_place(key):
            yield f"{table.name}: refers to {key.referred_table.name} across tenants"
        if {key.ondelete, key.onupdate} - _ALLOWED_ACTIONS:
            yield f"{table.name}: its foreign key to {key.referred_table.name} would change the tenant"


def _remote_place(key: ForeignKeyConstraint) -> int:
    return [element.column.name for element in key.elements].index(DISTRIBUTION_COLUMN)


def _not_by_tenant(table: Table) -> Iterator[str]:
    unique = [each for each in table.constraints if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)]
    for constraint in unique:
        if DISTRIBUTION_COLUMN not in {column.name for column in constraint.columns}:
            yield f"{table.name}: {constraint.name} is unique across tenants"
    for index in table.indexes:
        if index.unique and DISTRIBUTION_COLUMN not in {column.name for column in index.columns}:
            yield f"{table.name}: {index.name} is unique across tenants"
    for column in table.columns:
        if column.identity is not None and not isinstance(column.type, BigInteger):
            yield f"{table.name}.{column.name}: its numbers must be bigint, so that each node has a range of its own"
    if table.columns[DISTRIBUTION_COLUMN].nullable:
        yield f"{table.name}: its tenant may be null"

"""The check that every statement names the tenant once for each tenant-owned table it touches.

Row level security already hides other tenants' rows. Naming the tenant besides keeps index-only scans, sends the statement
to one shard on Citus, and means that a forgotten policy alone leaks nothing.
"""

import re
from functools import lru_cache

from infra.errors import SuyuanError
from infra.schema import metadata

_REFERENCE = re.compile(r"\b(from|join|update|into|using)\s+(?:only\s+)?(?:suyuan\.)?\"?([a-z_]+)\"?", re.IGNORECASE)
_COMMA_REFERENCE = re.compile(r"\b(?:from|join)\s+[a-z_]+(?:\s+(?:as\s+)?[a-z_]+)?\s*,\s*([a-z_]+)", re.IGNORECASE)
_INSERT_COLUMNS = re.compile(r"\s*(as\s+\w+\s*)?\(\s*tenant_id\b", re.IGNORECASE)
_NAMED = re.compile(r"\btenant_id\s*=\s*(?:\$1\b|\$\d+::INTEGER|%\(|:tenant_id)", re.IGNORECASE)


class UnscopedStatementError(SuyuanError):
    """A defect in our own code: a statement on tenant-owned tables that doesn't name the tenant."""

    code = "INTERNAL"


@lru_cache(maxsize=1)
def tenant_owned_tables() -> frozenset[str]:
    """The names of all tenant-owned tables that are declared."""
    return frozenset(table.name for table in metadata.tables.values() if table.info.get("tenant_owned"))


@lru_cache(maxsize=4096)
def require_scope(statement: str) -> None:
    """Raise `UnscopedStatementError` unless the tenant is named for every tenant-owned table read, and given for each written."""
    owned = tenant_owned_tables()
    if any(table.lower() in owned for table in _COMMA_REFERENCE.findall(statement)):
        raise UnscopedStatementError(f"write joins as joins, so that the tenant can be seen on each: {statement[:200]}")
    read = 0
    for reference in _REFERENCE.finditer(statement):
        keyword, table = reference.groups()
        if table.lower() not in owned:
            continue
        if keyword.lower() != "into":
            read += 1
        elif not _INSERT_COLUMNS.match(statement, reference.end()):
            raise UnscopedStatementError(f"an insert names tenant_id first: {statement[:200]}")
    if len(_NAMED.findall(statement)) < read:
        raise UnscopedStatementError(f"`tenant_id = $1` is missing for a table of: {statement[:300]}")

"""Every statement in the service's source goes to one shard of a Citus cluster: read from the source, so that none waits to be run."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from backend.services import Services
from infra import queue
from infra.database import Database
from infra.outbox import enqueue
from infra.provision import DatabaseUrls
from infra.scope import UnscopedStatementError, require_scope, tenant_owned_tables
from tests.firms import Firm
from tests.isolation.sources import sources

_BEGINS: Final = re.compile(r"\s*\(?\s*(select|with|insert into|update|delete from)\b", re.IGNORECASE)
_INSERTS: Final = re.compile(r"insert into (\w+)(?: as \w+)? \(tenant_id")
# Looks at the open rows of all tenants, which is its trade; on a cluster it asks otherwise.
ACROSS_TENANTS: Final = {
    ("infra/queue.py", "with recursive backlog(tenant_id, topic) as ("),
    ("infra/queue.py", "select tenant_id, outbox_id, topic, turn from ("),
}


@cache
def statements() -> list[tuple[str, str]]:
    """(module, text) of whatever is written like a statement on a tenant's table, without what is put into it."""
    return list(_statements())


def _statements() -> Iterator[tuple[str, str]]:
    tables = re.compile(rf"\b(?:from|join|into|update|using)\s+(?:only\s+)?(?:{'|'.join(sorted(tenant_owned_tables()))})\b", re.IGNORECASE)
    for name, tree in sources():
        inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            text = _text(node) if id(node) not in inner | docs else ""
            if _BEGINS.match(text) and tables.search(text):
                yield name, text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return ""


def test_every_statement_of_the_source_names_the_tenant_in_every_leg() -> None:
    found, across = 0, set()
    for name, text in statements():
        found += 1
        try:
            require_scope(text)
        except UnscopedStatementError:
            across.add((name, text.strip().split("\n")[0]))
    assert found > 300
    assert across == ACROSS_TENANTS


@pytest.mark.parametrize(
    "statement",
    [
        """with recursive up(id) as (select object_id from traceable_object where tenant_id = $1
             union select l.parent_id from up join lot_link l on l.child_id = up.id) select id from up""",
        """with recursive up(id) as (select object_id from traceable_object where object_id = $2
             union select l.parent_id from up join lot_link l on l.tenant_id = $1 and l.child_id = up.id) select id from up""",
        """with recursive up(id) as (select object_id from traceable_object where tenant_id = $1
             union select l.id from up cross join lateral
               (select parent_id as id from lot_link where child_id = up.id limit 5) l) select id from up""",
        "select 1 from unnest($2::bigint[]) a(id) cross join lateral (select event_id from event e where e.event_id = a.id limit 1) l",
        "select 1 from event e cross join lateral (select 1 from event_object eo where eo.tenant_id = e.tenant_id) l where e.tenant_id = $1",
        "select 1 from unnest($2::bigint[]) a(id) left join lateral (select 1 from hold h where h.hold_id = a.id and h.tenant_id = $2) l on true",
        "with seen as materialized (select object_id from traceable_object) select 1 from seen",
        "select (select count(*) from event) from hold where tenant_id = $1",
    ],
)
def test_a_leg_that_would_go_to_all_shards_is_refused(statement: str) -> None:
    with pytest.raises(UnscopedStatementError):
        require_scope(statement)


def test_nothing_is_sent_to_the_shards_by_copy() -> None:
    """An INSERT … SELECT without ON CONFLICT and without RETURNING goes to the shards by COPY, which row level security refuses there."""
    found = set()
    for _, text in statements():
        flat = re.sub(r"\s+", " ", text.lower())
        # Each insert up to the next one: a statement may hold several.
        for part in re.split(r"(?=insert into )", flat):
            named = _INSERTS.match(part)
            if named and "select" in part and "on conflict" not in part and "returning" not in part and "{again}" not in part:
                found.add(named[1])
    assert found == set()


async def test_the_relay_finds_the_same_on_a_cluster(services: Services, firm: Firm, other_firm: Firm, database_urls: DatabaseUrls) -> None:
    for number, each in enumerate((firm, other_firm, firm)):
        async with services.database.tenant(each.tenant_id) as tx:
            await enqueue(tx, f"nothing.{number % 2}", [{"number": part} for part in range(40)])
    relay = Database(database_urls.relay, pool_size=1)
    try:
        async with relay.connection() as connection:
            usual, shards = [
                [tuple(row) for row in await connection.fetch(statement, 100_000, queue.OFFERED_OF_A_TOPIC)]
                for statement in (queue._OPEN_ROWS, queue._OPEN_ROWS_OF_SHARDS)
            ]
    finally:
        await relay.close()
    assert sorted(usual) == sorted(shards)
    assert {row[3] for row in usual if row[0] == firm.tenant_id} == set(range(1, queue.OFFERED_OF_A_TOPIC + 1))
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update outbox set done_at = now() where tenant_id = $1")
    async with services.database.tenant(other_firm.tenant_id) as tx:
        await tx.execute("update outbox set done_at = now() where tenant_id = $1")

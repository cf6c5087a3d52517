"""No statement is put together from what somebody sent: whatever is formatted into one stands here by name."""

import ast
from functools import cache
from typing import Final

from tests.isolation.sources import Built, built_statements, sources

# Where a statement isn't one constant text, and why nothing of a caller's gets into it.
PARTS: Final[dict[str, str]] = {
    "fence.condition": "constants of `Sites`, whose values are numbered",
    "known.condition": "as above",
    "behind": "the order of a page: constants of its cursor",
    "beyond": "as above",
    "order": "as above",
}
ALLOWED: Final[dict[tuple[str, str], str]] = {
    ("infra/database.py", "fetch"): "hands on what the repositories wrote, after the check of its scope",
    ("infra/database.py", "fetchrow"): "as above",
    ("infra/database.py", "fetchval"): "as above",
    ("infra/database.py", "execute"): "as above",
    ("backend/catalog/repository.py", "places_in"): "a fence's condition: constants of `Sites`, whose values are numbered",
    ("backend/alerts/query_repository.py", "page"): "conditions of this module, whose values are numbered",
    ("backend/alerts/query_repository.py", "page_with_objects"): "as above",
    ("infra/database.py", "lock_derivation"): "the tenant's number, an int",
    ("infra/database.py", "set_planner"): "constants of the repositories",
    ("infra/database.py", "tenant"): "numbers made by int(), and the gate's own names",
    ("infra/migrate.py", "read"): "the schema's name",
    ("infra/migrate.py", "compare"): "the schema's name",
    ("infra/roles.py", "ensure_roles"): "the roles' own names; passwords quoted by the server",
    ("infra/roles.py", "ensure_database"): "the database's name, from the operator's settings",
    ("infra/row_security.py", "_run"): "what the declarations of tables say",
    ("infra/row_security.py", "_close"): "as above",
    ("infra/row_security.py", "_allow_purge"): "as above",
    ("infra/database.py", "pass_gate"): "as above",
    ("tenants/audit/repository.py", "page"): "conditions of this module, whose values are numbered",
    ("tenants/audit/repository.py", "count"): "as above",
    ("tenants/clients/repository.py", "page_of_clients"): "one of two comparisons",
    ("tenants/sandbox/moving.py", "put"): "names of tables and columns from this module, numbered values",
    ("tenants/sandbox/moving.py", "_ended"): "as above",
    ("backend/capa/repository.py", "insert"): "names of columns from `service.py`, numbered values",
    ("backend/capa/request_repository.py", "insert"): "names of columns from `requests.py`, numbered values",
    ("backend/recall_checks/repository.py", "insert_record"): "names of columns from `checking.py`, numbered values",
    ("backend/recall_drills/repository.py", "insert"): "names of columns from `service.py`, numbered values",
    ("backend/recall_notices/repository.py", "change"): "names of columns from a set of this module, numbered values",
    ("backend/recall_notices/delivery_repository.py", "change"): "as above",
    ("backend/recall_scope/reach_repository.py", "links"): "one of two pairs of columns",
    ("backend/recall_scope/telling_repository.py", "around"): "the module's own statement, made recursive",
    ("backend/recalls/repository.py", "insert"): "names of columns from `opening.py`, numbered values",
    ("backend/recalls/repository.py", "update"): "names of columns from the services, numbered values",
    ("backend/nonconformance/repository.py", "insert"): "names of columns from `service.py`, numbered values",
    ("backend/nonconformance/repository.py", "insert_dispositions"): "as above",
    ("tenants/sandbox/service.py", "reset"): "no statement: another method of this name",
    ("backend/housekeeping/repository.py", "purge"): "what the declarations of tables say",
    ("backend/housekeeping/repository.py", "due"): "as above",
    ("backend/sandbox/purge.py", "_delete"): "names of the declared tables, and a number made by int()",
    ("mobile_api/repository.py", "changed"): "a constant with what stands in PARTS put into it",
    ("tenants/directory.py", "_one_tenant"): "one of the conditions in this module",
    ("tenants/directory.py", "tenant_by_gtin"): "columns of a constant",
    ("backend/catalog/query_repository.py", "_keys"): "the names of table and key from this module",
    ("backend/notifications/delivery_repository.py", "change"): "names of columns from this module, numbered values",
    ("backend/notifications/query_repository.py", "deliveries"): "names of columns of a constant, and one of two comparisons",
    ("backend/subscriptions/delivery_repository.py", "change"): "names of columns from this module, numbered values",
    ("backend/subscriptions/repository.py", "insert"): "as above",
    ("backend/webhooks/repository.py", "insert"): "numbered values",
    ("backend/webhooks/repository.py", "change"): "names of columns from this module, numbered values",
    ("backend/events/repository.py", "jobs"): "one of two comparisons",
    ("backend/events/query_repository.py", "find_events"): "conditions of this module, whose values are numbered",
    ("backend/events/query_repository.py", "find_ordered"): "as above; the orders are constants",
    ("backend/events/query_repository.py", "count_events"): "as above",
    ("backend/events/query_repository.py", "having_field"): "as above",
    ("backend/genealogy/repository.py", "supersede"): "the projections' own tables",
    ("backend/inspections/query_repository.py", "page"): "conditions of this module, whose values are numbered",
    ("backend/search/finding_repository.py", "events_before"): "conditions of the modules of questions, whose values are numbered",
    ("backend/search/finding_repository.py", "objects_in"): "as above",
    ("backend/search/finding_repository.py", "spans"): "as above",
    ("backend/search/finding_repository.py", "objects_called"): "as above",
    ("backend/search/query_repository.py", "entries_with_infix"): "fences of this module: constants of `Sites`, whose values are numbered",
    ("backend/search/query_repository.py", "entries_with_frequent_infix"): "as above",
    ("backend/search/query_repository.py", "entries"): "as above",
    ("infra/printing/rendering.py", "fetch"): "an address that a printed document refers to, not a statement",
    ("infra/outward.py", "_exchange"): "GET or POST, not a statement",
    ("infra/distribute.py", "_require_ready"): "constants of this module, run by an operator's command",
    ("infra/distribute.py", "_run"): "what the declarations of tables say",
    ("infra/queue.py", "offer_open_rows"): "one of two constants of this module",
    ("backend/trace/repository.py", "surely_reached"): "one of two names of columns",
    ("backend/trace/step_repository.py", "acts"): "the order of a page: one of two words",
    ("backend/trace/watch_repository.py", "reached"): "one of two names of columns",
    ("backend/trace/whole_repository.py", "place_counts"): "constants of this module",
    ("backend/trace/whole_repository.py", "places_of"): "as above",
    ("backend/trace/whole_repository.py", "containers"): "as above",
    ("backend/trace/whole_repository.py", "neighbours"): "as above",
    ("backend/graphql/controller.py", "_execute"): "a GraphQL document, not a statement",
}


@cache
def found() -> list[Built]:
    """Every statement of the service that is put together."""
    return [built for name, tree in sources() for built in built_statements(name, tree) if built.part not in PARTS]


def test_what_is_formatted_into_a_statement_is_named_with_a_reason() -> None:
    assert [built for built in found() if (built.path, built.function) not in ALLOWED] == []


def test_no_reason_is_left_over() -> None:
    assert ALLOWED.keys() - {(built.path, built.function) for built in found()} == set()


PLANTED: Final = {
    "f-string": "async def find(tx, key):\n    return await tx.fetch(f\"select 1 from hold where tenant_id = $1 and note = '{key}'\")",
    "sum": 'async def find(tx, key):\n    return await tx.fetchrow("select 1 from hold where note = \'" + key + "\'")',
    "percent": "async def find(tx, key):\n    return await tx.fetchval(\"select 1 from hold where note = '%s'\" % key)",
    "format": 'async def find(tx, key):\n    return await tx.execute("select 1 from hold where note = {}".format(key))',
    "variable": 'async def find(tx, key):\n    q = "select 1 from hold"\n    q += f" where note = \'{key}\'"\n    return await tx.fetch(q)',
    "join": 'async def find(c, keys):\n    return await c.fetch("select 1 from hold where note in (" + ", ".join(keys) + ")")',
    "argument": "async def find(connection, query):\n    return await connection.execute(query)",
    "nested": 'async def find(key):\n    async def use(tx):\n        return await tx.fetch(f"select {key}")\n    return use',
}


def test_an_unsafe_statement_is_found_however_it_is_put_together() -> None:
    for name, source in PLANTED.items():
        built = list(built_statements("planted.py", ast.parse(source)))
        assert len(built) == 1, name


def test_a_constant_with_numbered_values_is_no_find() -> None:
    source = 'async def find(tx, key):\n    return await tx.fetch(f"select {_COLUMNS} from hold where tenant_id = $1 and note = $2", key)'
    assert list(built_statements("planted.py", ast.parse(source))) == []


def test_tenants_tables_are_reached_through_the_tenants_transaction_alone() -> None:
    """Nobody but the database's own module takes the connection below it."""
    below = [
        (name, node.lineno) for name, tree in sources("_raw") for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "_raw" and name != "infra/database.py"
    ]  # fmt: skip
    assert below == []

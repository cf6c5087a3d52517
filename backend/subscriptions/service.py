"""The use cases of named queries, each in its caller's tenant transaction."""

from collections.abc import Mapping
from typing import Final

import msgspec

from backend.epcis.query import NO_PREFIXES
from backend.events.query_service import EventFilter
from backend.subscriptions import repository
from backend.subscriptions.definitions import RESERVED, SIMPLE_EVENT_QUERY, filter_of, read_name
from backend.subscriptions.errors import DuplicateNameError, NoSuchNameError, QueryNotRemovableError, TooManyQueriesError
from backend.subscriptions.repository import NamedQuery
from infra.database import TenantTransaction
from tenants import audit
from tenants.permissions import Permission
from tenants.principal import Principal

MOST_QUERIES: Final = 500
PREDEFINED: Final = NamedQuery(SIMPLE_EVENT_QUERY, "{}")


async def create_query(
    tx: TenantTransaction, principal: Principal, name: str, definition: str, prefixes: Mapping[str, str] = NO_PREFIXES
) -> NamedQuery:
    """Name a query. Raises `DuplicateNameError`, `QueryParameterError` for what it asks, and `InvalidInputError` for its name."""
    principal.require(Permission.QUERIES_SUBSCRIBE)
    principal.require(Permission.EVENTS_READ)
    wanted = read_name(name)
    filter_of(definition, prefixes)
    query = NamedQuery(wanted, definition, msgspec.json.encode(prefixes).decode(), created_by=principal.subject)
    if await repository.count_queries(tx) >= MOST_QUERIES:
        raise TooManyQueriesError(f"Your company has {MOST_QUERIES} named queries, which is the limit. Delete one that nobody needs.")
    if wanted in RESERVED or not await repository.insert_query(tx, query):
        raise DuplicateNameError(wanted)
    await audit.record(tx, principal, "query.created", f"query:{wanted}", after={"query": msgspec.Raw(definition.encode())})
    return query


def wanted_by(query: NamedQuery) -> EventFilter:
    """What a query finds. Raises `QueryParameterError` for what can't be answered any more."""
    return filter_of(query.definition, msgspec.json.decode(query.prefixes))


async def get_query(tx: TenantTransaction, principal: Principal, name: str) -> NamedQuery:
    """One query; raises `NoSuchNameError`."""
    principal.require(Permission.EVENTS_READ)
    return await existing(tx, name)


async def existing(tx: TenantTransaction, name: str, *, held: bool = False) -> NamedQuery:
    """A query by name; `held`: it stays until the transaction ends. Raises `NoSuchNameError`."""
    if name == SIMPLE_EVENT_QUERY:
        return PREDEFINED
    look_up = repository.hold_query if held else repository.query
    found = await look_up(tx, name) if "\x00" not in name else None
    if found is None:
        raise NoSuchNameError(name)
    return found


async def page_of_queries(tx: TenantTransaction, principal: Principal, *, after: str, limit: int) -> list[NamedQuery]:
    """A page of the company's queries by name, before all others the predefined one."""
    principal.require(Permission.EVENTS_READ)
    if after:
        return await repository.queries(tx, after="" if after == SIMPLE_EVENT_QUERY else after, limit=limit)
    return [PREDEFINED, *await repository.queries(tx, after="", limit=limit - 1)]


async def delete_query(tx: TenantTransaction, principal: Principal, name: str) -> None:
    """Delete a query and end all its subscriptions; who is limited to sites deletes his own alone. Raises `NoSuchNameError`."""
    principal.require(Permission.QUERIES_SUBSCRIBE)
    if name == SIMPLE_EVENT_QUERY:
        raise QueryNotRemovableError(f"{SIMPLE_EVENT_QUERY} is predefined by the standard and stays.", field="name")
    found = await existing(tx, name)
    if found.created_by != principal.subject:
        principal.require_everywhere(Permission.QUERIES_SUBSCRIBE)
    if await repository.delete_query(tx, name) is None:
        raise NoSuchNameError(name)
    ended = await repository.delete_subscriptions_of(tx, name)
    before = {"query": msgspec.Raw(found.definition.encode())}
    await audit.record(tx, principal, "query.deleted", f"query:{name}", before=before, after={"subscriptionsEnded": ended})

"""Enforces what the schema declares: no resolver of a guarded field or of a field of a guarded type runs without the permission."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import strawberry
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, get_named_type

from backend.graphql.context import Context
from backend.graphql.directives import Access, Public, Requires
from infra.errors import NotAuthenticatedError
from tenants.permissions import Permission
from tenants.principal import Principal

# Under this name strawberry keeps its own definition with each type and field of the schema that executes.
_DEFINITION: Final = "strawberry-definition"
Resolver = Callable[..., Any]


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """The schema that executes, inside of strawberry's."""
    return schema._schema  # noqa: SLF001 - strawberry has no public way to it


def definition_of(named: GraphQLField | GraphQLNamedType) -> Any:
    """Strawberry's definition of a field or type, or None for what isn't ours."""
    return named.extensions.get(_DEFINITION)


def declaration_of(named: GraphQLField | GraphQLNamedType) -> Access | None:
    """What a field or a type itself declares."""
    definition = definition_of(named)
    found = [directive for directive in getattr(definition, "directives", None) or () if isinstance(directive, Access)]
    if len(found) > 1:
        raise ValueError(f"{definition} declares its access more than once")
    return found[0] if found else None


def entity_of(named: GraphQLNamedType) -> GraphQLNamedType:
    """The type whose permission counts: that of the nodes for a connection or an edge, else the type itself."""
    if isinstance(named, GraphQLObjectType) and named.name.endswith(("Connection", "Edge")):
        inner = named.fields.get("edges") or named.fields.get("node")
        if inner is not None:
            return entity_of(get_named_type(inner.type))
    return named


def guards_of(field: GraphQLField) -> list[Access]:
    """Every declaration that counts for a field: its own, and that of the type which it returns."""
    declared = (declaration_of(field), declaration_of(entity_of(get_named_type(field.type))))
    return [access for access in declared if access is not None]


def check(principal: Principal | None, access: Access) -> None:
    """Raise `NotAuthenticatedError` or `PermissionDeniedError` unless the caller may pass."""
    if isinstance(access, Public):
        return
    if principal is None:
        raise NotAuthenticatedError("Sign in first: send 'Authorization: Bearer …' with the token that the mutation signIn gives.")
    if isinstance(access, Requires):
        principal.require(Permission(access.permission))


def fields_of(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType | GraphQLInterfaceType, str, GraphQLField]]:
    """Every field of every type that is ours."""
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not named.name.startswith("__"):
            for name, field in named.fields.items():
                yield named, name, field


def enforce(schema: GraphQLSchema) -> None:
    """Put the checks in front of the resolvers, once, when the schema is built. Raises `ValueError` for a root field without a declaration."""
    roots = {root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root is not None}
    for parent, name, field in fields_of(schema):
        if parent in roots and declaration_of(field) is None:
            raise ValueError(f"{parent.name}.{name} doesn't declare who may use it")
        guards = [access for access in guards_of(field) if not isinstance(access, Public)]
        if not guards:
            continue
        if field.subscribe is not None:
            field.subscribe = _guarded(field.subscribe, guards)
        elif field.resolve is not None:
            field.resolve = _guarded(field.resolve, guards)


def _guarded(inner: Resolver, guards: Sequence[Access]) -> Resolver:
    def guarded(source: Any, info: Any, **arguments: Any) -> Any:
        context: Context = info.context
        for access in guards:
            check(context.principal, access)
        return inner(source, info, **arguments)

    return guarded

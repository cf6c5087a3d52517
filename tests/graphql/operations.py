"""Operations generated from the schema: one for each root field, with arguments that its types allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    is_required_argument,
    is_required_input_field,
)

from backend.graphql.access import core_schema
from backend.graphql.schema import build_schema

SCALARS: dict[str, Any] = {
    "String": "x", "ID": "x", "Int": 1, "Boolean": True, "JSON": {}, "Decimal": "1", "DateTime": "2026-03-02T08:00:00Z", "UUID": str(uuid4()),
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """A root field as a document, with the variables that it needs at least."""

    kind: str
    name: str
    field: GraphQLField
    variables: dict[str, Any]

    def document(self, variables: dict[str, Any], selection: str = "__typename") -> str:
        """Passes exactly the arguments that have a variable."""
        declared = ", ".join(f"${name}: {self.field.args[name].type}" for name in variables)
        passed = ", ".join(f"{name}: ${name}" for name in variables)
        return f"{self.kind}{f'({declared})' if declared else ''} {{ {self.name}{f'({passed})' if passed else ''} {{ {selection} }} }}"


def schema() -> GraphQLSchema:
    """The schema that executes."""
    return core_schema(build_schema())


def operations(*kinds: str) -> list[Operation]:
    """One for each root field of these kinds ("query", "mutation")."""
    roots = {"query": schema().query_type, "mutation": schema().mutation_type}
    found = []
    for kind in kinds:
        root = roots[kind]
        assert root is not None
        for name, field in root.fields.items():
            variables = {key: value(argument.type) for key, argument in field.args.items() if is_required_argument(argument)}
            if "first" in field.args:
                variables["first"] = 1
            found.append(Operation(kind, name, field, variables))
    return found


def value(kind: GraphQLInputType) -> Any:
    """The least value of a type."""
    if isinstance(kind, GraphQLNonNull):
        return value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [value(kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        return {name: value(field.type) for name, field in kind.fields.items() if is_required_input_field(field)}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return SCALARS[kind.name]


def leaves(field: GraphQLField) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The path of every text or id that a field takes, with whether it stands in a list."""
    for name, argument in field.args.items():
        yield from _leaves((name,), argument.type, listed=False)


def _leaves(path: tuple[str, ...], kind: GraphQLInputType, *, listed: bool) -> Iterator[tuple[tuple[str, ...], bool]]:
    if isinstance(kind, GraphQLNonNull):
        yield from _leaves(path, kind.of_type, listed=listed)
    elif isinstance(kind, GraphQLList):
        yield from _leaves(path, kind.of_type, listed=True)
    elif isinstance(kind, GraphQLInputObjectType):
        for name, field in kind.fields.items():
            yield from _leaves((*path, name), field.type, listed=listed and isinstance(kind, GraphQLList))
    elif getattr(kind, "name", "") in ("String", "ID"):
        yield path, listed

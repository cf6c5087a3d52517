"""Operations generated from the schema: one for each root field, with arguments that its types allow."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any
from uuid import uuid4

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from backend.graphql.access import core_schema
from backend.graphql.schema import build_schema

SCALARS: dict[str, Any] = {
    "String": "x", "ID": "x", "Int": 1, "Boolean": True, "JSON": {}, "Decimal": "1", "DateTime": "2026-03-02T08:00:00Z", "UUID": str(uuid4()),
    "Date": "2026-03-02",
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
        inside = "" if is_leaf_type(get_named_type(self.field.type)) else f" {{ {selection} }}"
        return f"{self.kind}{f'({declared})' if declared else ''} {{ {self.name}{f'({passed})' if passed else ''}{inside} }}"


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
    if isinstance(kind, GraphQLInputObjectType) and getattr(kind.extensions.get("strawberry-definition"), "is_one_of", False):
        name, field = next(iter(kind.fields.items()))
        return {name: value(field.type)}
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


def asked(name: str, field: GraphQLField, inside: str = "") -> str:
    """A field of a selection with the arguments that it must have, two of what is counted, and what is asked of it."""
    given = {key: value(argument.type) for key, argument in field.args.items() if is_required_argument(argument)}
    if "first" in field.args:
        given["first"] = 2
    written = ", ".join(f"{key}: {literal(item, field.args[key].type)}" for key, item in given.items())
    return f"{name}{f'({written})' if written else ''}{f' {{ {inside} }}' if inside else ''}"


def literal(given: Any, kind: GraphQLInputType) -> str:
    """A value as it is written in a document."""
    if isinstance(kind, GraphQLNonNull):
        return literal(given, kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{', '.join(literal(item, kind.of_type) for item in given)}]"
    if isinstance(kind, GraphQLInputObjectType):
        return f"{{{', '.join(f'{name}: {literal(item, kind.fields[name].type)}' for name, item in given.items())}}}"
    return str(given) if isinstance(kind, GraphQLEnumType) else json.dumps(given)


def possible(named: GraphQLNamedType) -> list[GraphQLObjectType]:
    """The object types that may stand where a type is told."""
    if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
        return list(schema().get_possible_types(named))
    return [named] if isinstance(named, GraphQLObjectType) else []


def selection(named: GraphQLNamedType, chance: Random, *, depth: int = 3, most: int = 6) -> str:
    """Some of the fields of a type and of what hangs on them, as chance has it."""
    chosen = ["__typename"]
    types = possible(named)
    # Fields of one name that are of several types don't go together.
    for each in types if len(types) < 2 else [chance.choice(types)]:
        names = sorted(each.fields)
        parts = []
        for name in chance.sample(names, min(most, len(names))):
            inner = get_named_type(each.fields[name].type)
            if is_leaf_type(inner):
                parts.append(asked(name, each.fields[name]))
            elif depth > 0:
                parts.append(asked(name, each.fields[name], selection(inner, chance, depth=depth - 1, most=most)))
        if parts:
            chosen.append(" ".join(parts) if each is named else f"... on {each.name} {{ {' '.join(parts)} }}")
    return " ".join(chosen)


@cache
def chains(root: GraphQLObjectType) -> dict[str, list[tuple[str, str, GraphQLField]]]:
    """For each object type that is reached from a root, the shortest way there: (type, field's name, field) for each step."""
    ways: dict[str, list[tuple[str, str, GraphQLField]]] = {root.name: []}
    # Straight ways first: by its id one comes to anything, and to nothing that is there.
    for left_out in ("node", ""):
        waiting = [schema().type_map[name] for name in ways]
        while waiting:
            at = waiting.pop(0)
            assert isinstance(at, GraphQLObjectType)
            for name, field in at.fields.items():
                for each in possible(get_named_type(field.type)) if name != left_out else []:
                    if each.name not in ways:
                        ways[each.name] = [*ways[at.name], (at.name, name, field)]
                        waiting.append(each)
    return ways

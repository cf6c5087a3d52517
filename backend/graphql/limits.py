"""Limits on what one document may ask for: depth, aliases, directives, selections, and the number of objects that it can cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from backend.graphql.access import definition_of
from backend.graphql.directives import DEFAULT_LIST_SIZE, Cost, ListSize
from backend.graphql.errors import RequestRefusedError
from backend.graphql.pagination import MAXIMUM_PAGE

MAXIMUM_COST: Final = 5_000
MAXIMUM_DEPTH: Final = 12
MAXIMUM_ALIASES: Final = 15
MAXIMUM_DIRECTIVES: Final = 5
MAXIMUM_TOKENS: Final = 1_000
# Fields of one name in one selection are compared pair by pair in validation.
MAXIMUM_SELECTIONS: Final = 100
_INTROSPECTION: Final = {"__schema": 100, "__type": 10}

Composite = GraphQLObjectType | GraphQLInterfaceType


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a selection holds once its fragments are put in: how deep it goes, and how many aliases it has."""

    depth: int
    aliases: int


class Shapes:
    """Measures a document before it is validated: fragments are measured once each, however often they are spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        self._measured: dict[str, _Shape] = {}
        self._operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]

    def check(self) -> None:
        """Raise `RequestRefusedError` for the first limit that the document exceeds."""
        for operation in self._operations:
            self._check_directives(operation)
            shape = self._of(operation.selection_set, 1)
            if shape.aliases > MAXIMUM_ALIASES:
                raise RequestRefusedError(
                    "ALIAS_LIMIT", f"The document has {shape.aliases} aliases; {MAXIMUM_ALIASES} are allowed. Send several requests."
                )

    def _of(self, selections: SelectionSetNode | None, depth: int) -> _Shape:
        """`depth` is how deep the selection stands in its definition; a fragment's own depth is checked where it is spread."""
        if selections is None:
            return _Shape(0, 0)
        if depth > MAXIMUM_DEPTH:
            raise _too_deep()
        if len(selections.selections) > MAXIMUM_SELECTIONS:
            raise RequestRefusedError("SELECTION_LIMIT", f"A selection has more than {MAXIMUM_SELECTIONS} entries. Ask for each field once.")
        deepest, aliases = 0, 0
        for node in selections.selections:
            self._check_directives(node)
            if isinstance(node, FieldNode):
                aliases += node.alias is not None
                inner = _Shape(0, 0) if node.name.value in _INTROSPECTION else self._of(node.selection_set, depth + 1)
                deepest = max(deepest, inner.depth + 1)
            elif isinstance(node, InlineFragmentNode):
                inner = self._of(node.selection_set, depth)
                deepest = max(deepest, inner.depth)
            else:
                inner = self._of_fragment(node)
                deepest = max(deepest, inner.depth)
            aliases += inner.aliases
            if depth + deepest - 1 > MAXIMUM_DEPTH:
                raise _too_deep()
        return _Shape(deepest, aliases)

    def _of_fragment(self, spread: Any) -> _Shape:
        name = spread.name.value
        if name not in self._measured:
            # Stands for the fragment while it is being measured; a cycle is refused by validation.
            self._measured[name] = _Shape(0, 0)
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._check_directives(fragment)
                self._measured[name] = self._of(fragment.selection_set, 1)
        return self._measured[name]

    def _check_directives(self, node: Any) -> None:
        if len(node.directives or ()) > MAXIMUM_DIRECTIVES:
            raise RequestRefusedError("DIRECTIVE_LIMIT", f"More than {MAXIMUM_DIRECTIVES} directives stand in one place.")


def _too_deep() -> RequestRefusedError:
    return RequestRefusedError("DEPTH_LIMIT", f"The document is nested deeper than {MAXIMUM_DEPTH} levels. Ask for the inner objects by their ids.")


@dataclass(slots=True)
class CostPlan:
    """A field's cost as far as the document alone tells it. `size` is what multiplies: a number, or the name of a variable with its default."""

    own: int = 0
    count: int = 1
    size: int | tuple[str, int] = 1
    parts: list["CostPlan"] = field(default_factory=list)

    def cost(self, variables: Mapping[str, Any], known: dict[int, int] | None = None) -> int:
        """How many objects the field can bring, those inside of it included, and what it weighs besides.

        `known` holds the plans that are counted already: a fragment is counted once, however often it is spread.
        """
        known = {} if known is None else known
        found = known.get(id(self))
        if found is None:
            size = self.size
            if isinstance(size, tuple):
                name, default = size
                size = _bounded(variables.get(name, default))
            found = self.own + self.count * size * sum(part.cost(variables, known) for part in self.parts)
            known[id(self)] = found
        return found


def _bounded(size: Any) -> int:
    """A page size as it is counted; what isn't a size is refused later, and counted as the largest until then."""
    return min(max(size, 1), MAXIMUM_PAGE) if isinstance(size, int) else MAXIMUM_PAGE


class CostPlanner:
    """Makes the plan of an operation in a valid document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        self._planned: dict[tuple[str, str], CostPlan] = {}
        self.introspects = False

    def plan(self, operation: OperationDefinitionNode) -> CostPlan:
        """The operation as a field of nothing."""
        root = self._schema.get_root_type(operation.operation)
        defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in operation.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }
        return CostPlan(parts=self._parts(operation.selection_set, root, defaults) if root else [])

    def _parts(self, selections: SelectionSetNode | None, parent: Composite, defaults: Mapping[str, int]) -> list[CostPlan]:
        parts = []
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                part = self._field(node, parent, defaults)
            elif isinstance(node, InlineFragmentNode):
                part = CostPlan(parts=self._parts(node.selection_set, self._narrowed(node, parent), defaults))
            elif isinstance(node, FragmentSpreadNode):
                part = self._fragment(node, defaults)
            else:
                continue
            if part.own or part.parts:
                parts.append(part)
        return parts

    def _narrowed(self, node: InlineFragmentNode, parent: Composite) -> Composite:
        named = self._schema.get_type(node.type_condition.name.value) if node.type_condition else parent
        return named if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else parent

    def _fragment(self, spread: FragmentSpreadNode, defaults: Mapping[str, int]) -> CostPlan:
        fragment = self._fragments[spread.name.value]
        # Two operations may give one variable two defaults.
        key = (spread.name.value, repr(sorted(defaults.items())))
        if key not in self._planned:
            named = self._schema.get_type(fragment.type_condition.name.value)
            inner = self._parts(fragment.selection_set, named, defaults) if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) else []
            self._planned[key] = CostPlan(parts=inner)
        return self._planned[key]

    def _field(self, node: FieldNode, parent: Composite, defaults: Mapping[str, int]) -> CostPlan:
        name = node.name.value
        if name in _INTROSPECTION:
            self.introspects = True
            return CostPlan(own=_INTROSPECTION[name])
        definition = parent.fields.get(name)
        if definition is None:
            return CostPlan()
        named = get_named_type(definition.type)
        weight = _declared(definition, Cost, "weight") or 0
        if not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            return CostPlan(own=weight)
        inner = self._parts(node.selection_set, named, defaults)
        if parent.name.endswith("Connection") and name in ("edges", "pageInfo"):
            return CostPlan(parts=inner)
        listed = _is_list(definition.type) and not parent.name.endswith("Connection")
        count = (_declared(definition, ListSize, "assumed_size") or DEFAULT_LIST_SIZE) if listed else 1
        size = _page_size(node, defaults) if "first" in definition.args else 1
        # A connection is one object itself, and multiplies what is in it; a list multiplies the objects too.
        return CostPlan(own=weight + count, count=count, size=size, parts=inner)


def _declared(definition: GraphQLField, kind: type[Any], name: str) -> int | None:
    for directive in getattr(definition_of(definition), "directives", None) or ():
        if isinstance(directive, kind):
            return int(getattr(directive, name))
    return None


def _is_list(kind: GraphQLOutputType) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _page_size(node: FieldNode, defaults: Mapping[str, int]) -> int | tuple[str, int]:
    """`first` or `last` as it stands in the document; without either the field refuses itself."""
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last") and not isinstance(argument.value, NullValueNode):
            if isinstance(argument.value, VariableNode):
                variable = argument.value.name.value
                return (variable, defaults.get(variable, MAXIMUM_PAGE))
            return _bounded(int(argument.value.value) if isinstance(argument.value, IntValueNode) else None)
    return 1

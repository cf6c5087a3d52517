"""The one extension through which every operation passes, over HTTP and over WebSocket: parsed, limited, validated, weighed, masked."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, OperationType, parse, validate
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from backend.graphql.access import core_schema
from backend.graphql.context import Context
from backend.graphql.errors import RequestRefusedError, told
from backend.graphql.limits import MAXIMUM_COST, MAXIMUM_TOKENS, CostPlan, CostPlanner, Shapes
from infra.errors import SuyuanError, TooManyRequestsError
from infra.settings import Environment
from tenants.permissions import Role

MAXIMUM_TEXT: Final = 50_000
_MAXIMUM_ERRORS: Final = 10
_DEVELOPERS: Final = frozenset({Role.OWNER, Role.ADMINISTRATOR})
# Stands in for a document that was refused, so that nothing of it is parsed or run.
_NOTHING: Final = parse("{ __typename }")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be run, with each operation's cost plan."""

    document: DocumentNode
    plans: tuple[tuple[OperationDefinitionNode, CostPlan], ...]
    introspects: bool

    def operation(self, name: str | None) -> tuple[OperationDefinitionNode, CostPlan]:
        """The operation that is asked for."""
        for operation, plan in self.plans:
            if (operation.name.value if operation.name else None) == name or (name is None and len(self.plans) == 1):
                return operation, plan
        raise RequestRefusedError("OPERATION_UNKNOWN", "Name in operationName one of the document's operations.")


class DocumentRefusedError(Exception):
    """A document that may not be run; `errors` say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def prepare(schema: GraphQLSchema, text: str) -> Prepared:
    """Parse, limit and validate a document. Raises `DocumentRefusedError`."""
    try:
        document = _parsed(text)
        Shapes(document).check()
    except (GraphQLError, RequestRefusedError) as problem:
        raise DocumentRefusedError([_as_graphql(problem)]) from problem
    errors = validate(schema, document, max_errors=_MAXIMUM_ERRORS, hide_suggestions=True)
    if errors:
        raise DocumentRefusedError(errors)
    planner = CostPlanner(schema, document)
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    plans = tuple((operation, planner.plan(operation)) for operation in operations)
    return Prepared(document, plans, planner.introspects)


# Only documents that may be run are kept. Those of callers who haven't signed in have a place of their own, so that a flood of
# made-up ones drives nobody else's out.
_kept_for_callers = lru_cache(maxsize=500)(prepare)
_kept_for_anyone = lru_cache(maxsize=50)(prepare)
_LONGEST_KEPT: Final = 10_000


def _prepared(schema: GraphQLSchema, text: str, *, signed_in: bool) -> Prepared:
    if len(text) > _LONGEST_KEPT:
        return prepare(schema, text)
    return (_kept_for_callers if signed_in else _kept_for_anyone)(schema, text)


def _parsed(text: str) -> DocumentNode:
    if len(text) > MAXIMUM_TEXT:
        raise RequestRefusedError("DOCUMENT_LIMIT", f"The document has more than {MAXIMUM_TEXT} characters. Send values as variables.")
    try:
        return parse(text, max_tokens=MAXIMUM_TOKENS)
    except GraphQLError as problem:
        if f"more than {MAXIMUM_TOKENS} tokens" in problem.message:
            raise RequestRefusedError("TOKEN_LIMIT", f"The document has more than {MAXIMUM_TOKENS} tokens. Send several requests.") from problem
        raise


def _as_graphql(problem: GraphQLError | SuyuanError) -> GraphQLError:
    return problem if isinstance(problem, GraphQLError) else GraphQLError(problem.message, original_error=problem)


class Protection(SchemaExtension):
    """Runs before and after each operation; a refused one never reaches a resolver."""

    _cost: int | None = None

    async def on_operation(self) -> AsyncIterator[None]:
        """Prepare the document and charge what it costs, or put its errors in place of it."""
        execution = self.execution_context
        context: Context = execution.context
        try:
            prepared = _prepared(core_schema(execution.schema), execution.query or "", signed_in=context.principal is not None)
            operation, plan = prepared.operation(_asked_for(execution))
            self._check(context, prepared, operation, plan)
            if context.charge_cost is not None:
                await context.charge_cost(self._cost or 0)
            execution.graphql_document = prepared.document
            execution.pre_execution_errors = []
        except DocumentRefusedError as refused:
            _refuse(execution, refused.errors)
        except (RequestRefusedError, TooManyRequestsError) as refused:
            _refuse(execution, [_as_graphql(refused)])
        yield

    def _check(self, context: Context, prepared: Prepared, operation: OperationDefinitionNode, plan: CostPlan) -> None:
        if context.streaming is not (operation.operation is OperationType.SUBSCRIPTION):
            raise RequestRefusedError("WRONG_TRANSPORT", "Queries and mutations go by POST, subscriptions over a WebSocket (graphql-transport-ws).")
        developer = context.principal is not None and not _DEVELOPERS.isdisjoint(context.principal.roles)
        if prepared.introspects and context.services.settings.environment is Environment.PRODUCTION and not developer:
            raise RequestRefusedError("INTROSPECTION_OFF", "The schema is told to signed-in owners and administrators; everyone has it as SDL.")
        self._cost = plan.cost(self.execution_context.variables or {})
        if self._cost > MAXIMUM_COST:
            raise RequestRefusedError(
                "COST_LIMIT", f"The request may bring {self._cost} objects; {MAXIMUM_COST} are allowed. Ask for smaller pages, or for less in each."
            )

    def get_results(self) -> dict[str, Any]:
        """The cost, told with every answer."""
        return {} if self._cost is None else {"cost": {"requested": self._cost, "limit": MAXIMUM_COST}}

    async def on_stream_result(self, result: Any) -> AsyncIterator[None]:
        """Mask a streamed result's errors, and let the next one read afresh."""
        context: Context = self.execution_context.context
        if getattr(result, "errors", None):
            result.errors = [told(error) for error in result.errors]
        await context.refresh()
        yield


def _asked_for(execution: ExecutionContext) -> str | None:
    name = execution._provided_operation_name  # noqa: SLF001 - the property without underscore needs the document first
    return name if isinstance(name, str) else None


def _refuse(execution: ExecutionContext, errors: list[GraphQLError]) -> None:
    execution.graphql_document = _NOTHING
    execution._provided_operation_name = None  # noqa: SLF001 - names an operation of the document that was refused
    execution.pre_execution_errors = errors

"""The scalars: instants, exact numbers and JSON, each read strictly and written without loss."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import strawberry
from graphql import (
    FloatValueNode,
    GraphQLError,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from backend.identifiers.describe import shown
from infra.clock import isoformat

_DIGITS: Final = 30
_EXACT: Final[dict[type[ValueNode], Any]] = {IntValueNode: int, FloatValueNode: Decimal}


def _read_instant(value: Any) -> datetime:
    if isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise GraphQLError(f"{shown(str(value))} is no instant: write RFC 3339 with an offset, e.g. 2026-03-02T08:00:00Z.")


def _read_decimal(value: Any) -> Decimal:
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool) and len(str(value)) <= 60:
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and len(number.as_tuple().digits) <= _DIGITS and abs(number.adjusted()) <= _DIGITS:
            return number
    raise GraphQLError(f'{shown(str(value))} is no exact number of at most {_DIGITS} digits: write it as text, e.g. "12.50".')


def _literal(node: ValueNode, variables: dict[str, Any] | None) -> Any:
    """A literal in the document as a JSON value; numbers stay exact."""
    if isinstance(node, ListValueNode):
        return [_literal(item, variables) for item in node.values]
    if isinstance(node, ObjectValueNode):
        return {field.name.value: _literal(field.value, variables) for field in node.fields}
    if isinstance(node, VariableNode):
        return (variables or {}).get(node.name.value)
    if isinstance(node, NullValueNode):
        return None
    value: str | bool = getattr(node, "value", "")
    return _EXACT.get(type(node), lambda text: text)(value)


def _literal_decimal(node: ValueNode, variables: dict[str, Any] | None = None) -> Decimal:
    return _read_decimal(_literal(node, variables))


def _plain(number: Decimal) -> str:
    """Without an exponent, and without zeros that only a sum has added."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant, RFC 3339: read with any offset, written in UTC with milliseconds.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=isoformat,
        parse_value=_read_instant,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description=f'An exact number of at most {_DIGITS} digits, written as text ("12.5"); read as text or as a number.',
        serialize=_plain,
        parse_value=_read_decimal,
        parse_literal=_literal_decimal,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value; numbers keep all their digits.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        parse_literal=_literal,
    ),
}

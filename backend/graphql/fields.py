"""Strawberry's decorators, typed: what they decorate keeps its type for the checker."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import strawberry

F = TypeVar("F", bound=Callable[..., Any])


def field(*, description: str | None = None, name: str | None = None, directives: Sequence[object] = ()) -> Callable[[F], F]:
    """A field with a resolver; one without is a plain attribute."""
    return cast(Callable[[F], F], strawberry.field(description=description, name=name, directives=directives))


def mutation(*, description: str, directives: Sequence[object]) -> Callable[[F], F]:
    """A mutation; it always declares who may use it."""
    return cast(Callable[[F], F], strawberry.mutation(description=description, directives=directives))


def subscription(*, description: str, directives: Sequence[object]) -> Callable[[F], F]:
    """A subscription; it always declares who may use it."""
    return cast(Callable[[F], F], strawberry.subscription(description=description, directives=directives))

"""Refusals about traceable objects."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.errors import ConflictError, NotFoundError

# What is told of an object in a refusal: its kind, its key, and its product's names by language.
Suggestion = Mapping[str, Any]


class ObjectNotFoundError(NotFoundError):
    """No such object here; the answer is the same for one that another tenant has. `nearest` are known ones that may be meant."""

    code = "OBJECT_NOT_FOUND"

    def __init__(self, key: str, nearest: Sequence[Suggestion] = ()) -> None:
        meant = f" Did you mean {' or '.join(str(each['key']) for each in nearest[:3])}?" if nearest else ""
        super().__init__(
            f"Nothing is known here under “{key}”.{meant} Check the code, or scan it again; an object is known once an event has named it.",
            field="key",
            nearest=list(nearest),
        )


class AmbiguousCodeError(ConflictError):
    """A bare code that several objects have; `candidates` are those, the whole identifier of one of which decides."""

    code = "AMBIGUOUS_CODE"

    def __init__(self, key: str, candidates: Sequence[Suggestion]) -> None:
        listed = ", ".join(str(each["key"]) for each in candidates[:3])
        super().__init__(
            f"“{key}” is the code of several objects here: {listed}{' …' if len(candidates) > 3 else ''}. Give the whole identifier of one.",
            field="key",
            candidates=list(candidates),
        )

"""Refusals of recalls' scopes."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class UnknownScopeError(NotFoundError):
    """No case of this id has a scope here."""

    code = "RECALL_SCOPE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no recall with a scope of this id. Open the list of recalls and choose one from it.", field="caseId")


class NotFrozenError(NotFoundError):
    """The case has no frozen scope, or none of that version."""

    code = "RECALL_SCOPE_NOT_FROZEN"

    def __init__(self) -> None:
        super().__init__(
            "This recall has no such frozen scope. A scope is frozen when the recall is announced, and with each extension.", field="version"
        )


class ScopeFrozenError(ConflictError):
    """Sources and bounds of a recall that was announced change only with a signed extension."""

    code = "RECALL_SCOPE_FROZEN"

    def __init__(self) -> None:
        super().__init__("This recall was announced: its sources and bounds change by a signed extension only. Nothing was changed.", field="caseId")


class ScopeTooLargeError(InvalidInputError):
    """More leads from the sources than can be walked at once."""

    code = "RECALL_SCOPE_TOO_LARGE"

    def __init__(self, links: int) -> None:
        super().__init__(
            f"More than {links:,} links lead from these sources. Nothing was left out or written: narrow the bounds, or make several recalls of it.",
            field="sources",
        )


class ReferenceWithoutGoodsError(InvalidInputError):
    """What a source refers to names no goods."""

    code = "RECALL_REFERENCE_WITHOUT_GOODS"

    def __init__(self, reference: str) -> None:
        super().__init__(f"“{reference[:120]}” names no goods, or isn't there. Name the lots or units themselves.", field="sources")

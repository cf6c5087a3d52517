"""Refusals of specifications."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class ImpossibleSpecificationError(InvalidInputError):
    """Nothing could ever meet it, or nobody could judge by it; `field` names the place."""

    code = "SPECIFICATION_IMPOSSIBLE"


class SpecificationNotFoundError(NotFoundError):
    """No such specification here."""

    code = "SPECIFICATION_NOT_FOUND"

    def __init__(self, field: str = "specificationId") -> None:
        super().__init__("There is no such specification. Open the list of specifications and choose one from it.", field=field)


class SpecificationExistsError(ConflictError):
    """Another specification has this code, or is for exactly the same goods."""

    code = "SPECIFICATION_EXISTS"

    def __init__(self, code: str, field: str) -> None:
        super().__init__(
            f"The specification “{code}” {'has this code' if field == 'code' else 'is for exactly the same'} already. "
            "Write a new version of it, or choose another.",
            field=field,
        )


class SpecificationReleasedError(ConflictError):
    """A released version never changes."""

    code = "SPECIFICATION_RELEASED"

    def __init__(self) -> None:
        super().__init__("This version is released and never changes. Write a new version, which takes its place from a date on.", field="version")

"""Refusals of aliases."""

from datetime import datetime

from backend.identifiers import ObjectKind
from infra.clock import isoformat
from infra.errors import ConflictError, InvalidInputError, NotFoundError


class AliasToItselfError(InvalidInputError):
    """Both keys mean one object."""

    code = "ALIAS_TO_ITSELF"

    def __init__(self, uri: str) -> None:
        super().__init__(f"Both codes mean {uri}: an object is the same as itself already. Name two different objects.", field="sameAs")


class AliasKindError(InvalidInputError):
    """The two are of different kinds, or of one that has no aliases."""

    code = "ALIAS_KINDS_DIFFER"

    def __init__(self, first: ObjectKind, second: ObjectKind) -> None:
        kinds = " and ".join(_words(kind) for kind in dict.fromkeys((first, second)))
        super().__init__(
            f"The codes mean {kinds}. Only two lots, two units, two logistic units, two assets or two tanks can be declared the same.", field="sameAs"
        )


class AliasExistsError(ConflictError):
    """The same pair is declared already; nothing was written."""

    code = "ALIAS_EXISTS"

    def __init__(self, first: str, second: str, asserted_at: datetime) -> None:
        super().__init__(
            f"{first} and {second} were declared the same on {isoformat(asserted_at)} already; nothing was changed. Revoke that first to give "
            "another reason.",
            field="sameAs",
        )


class TooManyAliasesError(ConflictError):
    """One object has as many aliases as it may have."""

    code = "TOO_MANY_ALIASES"

    def __init__(self, uri: str, most: int) -> None:
        super().__init__(f"{uri} is declared the same as {most} other objects already, which is the most. Revoke what is wrong.", field="key")


class AliasNotFoundError(NotFoundError):
    """No such alias here."""

    code = "ALIAS_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such alias. Ask for the object's aliases and choose one of them.", field="aliasId")


class AliasRevokedError(ConflictError):
    """The alias was revoked before."""

    code = "ALIAS_REVOKED"

    def __init__(self) -> None:
        super().__init__("This alias has been revoked already; nothing was changed.", field="aliasId")


def _words(kind: ObjectKind) -> str:
    return f"a {kind.name.lower().replace('_', ' ')}" if kind is not ObjectKind.ASSET else "an asset"

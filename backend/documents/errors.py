"""Refusals of documents."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class DocumentNotFoundError(NotFoundError):
    """No such document for this caller."""

    code = "DOCUMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such document. The list documents shows those that there are.", field="id")


class DocumentSubjectNotFoundError(NotFoundError):
    """What a document would be about isn't there for this caller."""

    code = "DOCUMENT_SUBJECT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is nothing under this reference that such a document could be made of.", field="reference")


class DocumentStateError(ConflictError):
    """The document can't be cancelled, tried again or deleted as it stands."""

    code = "DOCUMENT_STATE"


class DocumentInputError(InvalidInputError):
    """Language, time zone, reference or parameters make no sense."""

    code = "INVALID_INPUT"


class DocumentGoneError(NotFoundError):
    """The document had a file, or will have one; now it has none."""

    code = "DOCUMENT_HAS_NO_FILE"


class TooManyDocumentsError(ConflictError):
    """So many wait already."""

    code = "TOO_MANY_DOCUMENTS"


class WithdrawnError(Exception):
    """The work was cancelled, or another worker goes on with it: it ends without a word."""

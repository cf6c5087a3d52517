"""Refusals of such papers."""

from infra.errors import ConflictError, InvalidInputError


class CertificateRefusedError(ConflictError):
    """Nobody may be given a certificate of these goods as they stand; the message says why and what to do."""

    code = "CERTIFICATE_REFUSED"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="reference")


class NotALotError(InvalidInputError):
    """Such a paper is of a lot."""

    code = "INVALID_INPUT"

    def __init__(self) -> None:
        super().__init__("This is neither a lot nor a unit. Name the lot that the paper is to be about.", field="reference")

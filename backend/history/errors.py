"""What the public pages answer instead of a history."""

from infra.errors import InvalidInputError, NotFoundError


class MalformedAddressError(InvalidInputError):
    """The path is no GS1 Digital Link of a product, lot or unit."""

    code = "MALFORMED_ADDRESS"


class WrongCheckDigitError(NotFoundError):
    """The GTIN in the path is mistyped or misread: no product has it."""

    code = "WRONG_CHECK_DIGIT"


class HistoryNotFoundError(NotFoundError):
    """Not known, not published, or another tenant's: the answer is the same."""

    code = "HISTORY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no public history under this code. Check the code on the pack, or scan it again.")


class LinkTypeNotFoundError(NotFoundError):
    """Nothing of the link type that was asked for; the default link is never given in its stead (GS1-Conformant resolver standard)."""

    code = "LINK_TYPE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Nothing of this link type is published here. Ask with linkType=linkset for what there is.")

"""What is wrong with the content of a barcode."""

from infra.errors import InvalidInputError


class BarcodeError(InvalidInputError):
    """A content that GS1's rules don't allow. `rule` is the rule's name, `ai` the application identifier concerned, if it is one's."""

    code = "INVALID_BARCODE"

    def __init__(self, rule: str, message: str, *, ai: str | None = None) -> None:
        super().__init__(message, field=f"({ai})" if ai else None)
        self.rule = rule
        self.ai = ai

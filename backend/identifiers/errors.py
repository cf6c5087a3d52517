"""The refusal of an identifier that can't be what it claims to be."""

from backend.identifiers.describe import printable, shown
from infra.errors import InvalidInputError


class InvalidIdentifierError(InvalidInputError):
    """`problem` says what is wrong with `text`, `mend` how to put it right."""

    code = "INVALID_IDENTIFIER"

    def __init__(self, text: str, problem: str, mend: str) -> None:
        super().__init__(f"{shown(text)}: {printable(problem)} {printable(mend)}")
        self.text = text
        self.problem = problem
        self.mend = mend

"""What the pages for consumers answer instead."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError, TooManyRequestsError


class LinkInvalidError(NotFoundError):
    """No link of ours, or what it leads to is no more."""

    code = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("This link leads to nothing any more. Ask again on the product's page if you want to be told.")


class FormRefusedError(InvalidInputError):
    """The form wasn't filled in on our page, or long ago."""

    code = "FORM_REFUSED"

    def __init__(self) -> None:
        super().__init__("This form is too old, or wasn't opened here. Open it again and send it within two hours.")


class AddressRefusedError(InvalidInputError):
    """No e-mail address."""

    code = "ADDRESS_REFUSED"

    def __init__(self) -> None:
        super().__init__("This is no e-mail address. Write one such as name@example.com.", field="email")


class NoMailHereError(ConflictError):
    """The company has no channel for e-mails."""

    code = "NO_MAIL"

    def __init__(self) -> None:
        super().__init__("This company sends no e-mails to consumers. Look at the product's page again: it says so if there is a recall.")


class TooManyAskError(TooManyRequestsError):
    """More people ask at one company than it could send confirmations to."""

    code = "TOO_MANY_ASK"

    def __init__(self) -> None:
        super().__init__("Too many people are asking at the moment. Try again in an hour.", retry_after=3_600)

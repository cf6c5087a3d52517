"""The refusals of the sandbox."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError


class SandboxNotFoundError(NotFoundError):
    """The company has no sandbox yet."""

    code = "SANDBOX_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("Your company has no sandbox yet. Open one with openSandbox.")


class InSandboxError(ConflictError):
    """Asked from inside of the sandbox, which has none of its own."""

    def __init__(self) -> None:
        super().__init__("You are in the sandbox already. Ask for this with your company's own token.")


class ConfirmationError(InvalidInputError):
    """The name that was typed isn't the sandbox's."""

    code = "CONFIRMATION_WRONG"

    def __init__(self, slug: str) -> None:
        super().__init__(f"Type the sandbox's short name, {slug}, to say that all its data may be thrown away.", field="confirmation")


class ResetUnderWayError(ConflictError):
    """Somebody else has just reset it."""

    def __init__(self) -> None:
        super().__init__("The sandbox is being reset, or has just been. Look at it before you reset it again.")

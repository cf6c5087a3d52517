"""The refusals of API clients and their keys."""

from infra.errors import ConflictError, InvalidInputError, NotFoundError, PermissionDeniedError
from tenants.errors import TokenInvalidError


class KeyInvalidError(TokenInvalidError):
    """A key or a client's token that doesn't hold here and now: one answer, whatever the reason."""

    def __init__(self) -> None:
        super().__init__()
        self.message = (
            "The key is not valid here. Check that it is whole, that it is a key of this environment (sy_live_… or sy_test_…), not revoked or "
            "expired, and that it is used from an address that it is meant for."
        )


class ClientNotFoundError(NotFoundError):
    """No such client, or another company's."""

    code = "CLIENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such API client. The list apiClients shows those that there are.", field="id")


class SecretNotFoundError(NotFoundError):
    """No such key, or another company's."""

    code = "CLIENT_SECRET_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such key. Each client lists its own.", field="id")


class ClientRevokedError(ConflictError):
    """The client or the key was revoked, which is for good."""

    code = "CLIENT_REVOKED"

    def __init__(self, what: str) -> None:
        super().__init__(f"This {what} was revoked, which is for good. Make a new one.", field="id")


class TooManySecretsError(ConflictError):
    """Two keys live at once; that is enough to change over from one to the other."""

    code = "TOO_MANY_SECRETS"

    def __init__(self) -> None:
        super().__init__("This client has two keys already, the old one and the new one. Revoke one of them first.", field="id")


class ScopeRefusedError(InvalidInputError):
    """A scope that no client may have."""

    code = "SCOPE_REFUSED"


class MoreThanOwnError(PermissionDeniedError):
    """Nobody gives a machine what he may not do himself, or holds a key to it."""

    def __init__(self, scopes: list[str]) -> None:
        super().__init__(
            f"You may not do this yourself everywhere where the client may: {', '.join(scopes)}. Somebody who may has to do it, such as the owner.",
            scopes=scopes,
        )

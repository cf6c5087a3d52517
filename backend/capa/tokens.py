"""The token in a supplier's link: it opens one request."""

from backend.capa.errors import GuestLinkInvalidError
from backend.guests.tokens import GuestToken


class RequestToken(GuestToken):
    """The company that asks, and the secret."""

    __slots__ = ()
    PREFIX = "syq_"
    PATH = "/supplier"
    INVALID = GuestLinkInvalidError

"""The token in a customer's link: it opens one notice."""

from backend.guests.tokens import GuestToken
from backend.recall_notices.errors import RecallLinkInvalidError


class NoticeToken(GuestToken):
    """The company that recalls, and the secret."""

    __slots__ = ()
    PREFIX = "syr_"
    PATH = "/recall"
    INVALID = RecallLinkInvalidError

"""Refusals of recall notices, contacts and answers."""

from backend.guests.errors import LinkOpensNothingError
from infra.errors import ConflictError, InvalidInputError, NotFoundError


class RecallNoticeNotFoundError(NotFoundError):
    """No such notice here."""

    code = "RECALL_NOTICE_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such notice. Open the recall and choose one of its notices.", field="noticeId")


class RecallNoticeStateError(ConflictError):
    """What is asked for can't be done with the notice as it is."""

    code = "RECALL_NOTICE_STATE"


class RecallContactNotFoundError(NotFoundError):
    """No such contact here."""

    code = "RECALL_CONTACT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such contact. Open the list of contacts and choose one.", field="contactId")


class TooManyRecallContactsError(ConflictError):
    """A partner has as many contacts as he may have."""

    code = "TOO_MANY_RECALL_CONTACTS"

    def __init__(self, most: int) -> None:
        super().__init__(f"A partner has at most {most} contacts for recalls. Remove one that isn't needed any more.", field="party")


class RecallLinkInvalidError(LinkOpensNothingError):
    """The link opens nothing: it is wrong, was revoked or has expired, which all answer alike."""

    code = "RECALL_LINK_INVALID"


class MoreThanReceivedError(InvalidInputError):
    """The quantities of a lot are more than was delivered of it, and nobody has said that they are meant so."""

    code = "MORE_THAN_RECEIVED"

    def __init__(self, line: int, said: str, received: str) -> None:
        super().__init__(
            f"Of line {line} you account for {said}, and {received} was delivered. Correct it, or confirm that it is meant so.",
            field=f"lines.{line}", line=line,
        )  # fmt: skip


class RecallConnectionNotFoundError(NotFoundError):
    """No such connection here."""

    code = "RECALL_CONNECTION_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such connection. Open the list of connections and choose one.", field="connectionId")

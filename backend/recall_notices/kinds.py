"""The numbers that are stored: kinds and states of notices, roles of contacts, ways of delivery, and from whom an answer came."""

from enum import IntEnum
from typing import Final


class ContactRole(IntEnum):
    """What a contact of a partner does there; the numbers are stored and never change."""

    RECALLS = 1
    QUALITY = 2
    LOGISTICS = 3
    PURCHASING = 4
    MANAGEMENT = 5
    OTHER = 6


class NoticeKind(IntEnum):
    """What a notice says; the numbers are stored and never change."""

    FIRST = 1
    SUPPLEMENT = 2
    END = 3


class NoticeState(IntEnum):
    """Where a notice stands; the numbers are stored and never change.

    NO_ADDRESS: the customer has no contact with an e-mail address, and takes no notices as a company of the service. FAILED: no way
    of sending worked. WOULD_SEND: written in a drill, and never sent. REPORTED: every lot is answered for.
    """

    QUEUED = 1
    SENT = 2
    ACKNOWLEDGED = 3
    REPORTED = 4
    NO_ADDRESS = 5
    FAILED = 6
    WOULD_SEND = 7


class Way(IntEnum):
    """How something was brought to a customer; the numbers are stored and never change."""

    EMAIL = 1
    COMPANY = 2
    LETTER = 3
    LINK = 4


class SendState(IntEnum):
    """What became of one message to one receiver; the numbers are stored and never change."""

    QUEUED = 1
    SENDING = 2
    SENT = 3
    FAILED = 4
    DEAD = 5
    SUPPRESSED = 6
    WOULD_SEND = 7


class AnswerSource(IntEnum):
    """From whom we have an answer; the numbers are stored and never change."""

    LINK = 1
    COMPANY = 2
    PHONE = 3
    LETTER = 4
    E_MAIL = 5
    VISIT = 6


class Direction(IntEnum):
    """Which side of a connection between two companies a row is; the numbers are stored and never change."""

    CUSTOMER = 1
    SENDER = 2


OPEN_SENDS: Final = frozenset({SendState.QUEUED, SendState.SENDING, SendState.FAILED})
# Somebody there has it in hand.
ANSWERED: Final = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.REPORTED})
BY_STAFF: Final = frozenset({AnswerSource.PHONE, AnswerSource.LETTER, AnswerSource.E_MAIL, AnswerSource.VISIT})

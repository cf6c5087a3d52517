"""The words of a recall: states, decisions, classes, depths, sectors and acts. The numbers are stored and never change. No I/O."""

from enum import IntEnum


class RecallState(IntEnum):
    """Where a case stands."""

    SUSPICION = 1
    INVESTIGATION = 2
    DECIDED = 3
    ANNOUNCED = 4
    CLOSED = 5
    # Unfounded; from a suspicion or an investigation.
    DISMISSED = 6


class RecallDecision(IntEnum):
    """What was decided. A withdrawal takes goods back from the trade, and reaches no consumer."""

    RECALL = 1
    WITHDRAWAL = 2
    NO_RECALL = 3


class RecallClass(IntEnum):
    """How grave it is; I is the gravest, in China's three classes as in the FDA's (21 CFR 7.3(m))."""

    I = 1  # noqa: E741 - the law's own name
    II = 2
    III = 3


class RecallDepth(IntEnum):
    """How far down the chain goods are taken back (21 CFR 7.42(b)(1))."""

    TRADE = 1
    RETAIL = 2
    CONSUMER = 3


class Sector(IntEnum):
    """Which law the goods are under; OTHER are consumer products under none of the special ones."""

    FOOD = 1
    MEDICAL_DEVICE = 2
    DRUG = 3
    OTHER = 4


class ActKind(IntEnum):
    """What stands in the timeline of a case. Up to 29 of the case itself, from 30 on of what others do for it."""

    OPENED = 1
    CHANGED = 2
    INVESTIGATED = 3
    SOURCES_CHANGED = 4
    HELD = 5
    DECIDED = 6
    ANNOUNCED = 7
    EXTENDED = 8
    GROWN = 9
    CLOCK_STARTED = 10
    CLOCK_MET = 11
    CLOCK_WAIVED = 12
    CLOCK_WARNED = 13
    LINKED = 14
    ROOT_CAUSE_FOUND = 15
    COMPLETED = 16
    CLOSED = 17
    REOPENED = 18
    DISMISSED = 19
    HOLDS_RELEASED = 20
    COMMENTED = 21
    NOTICE_QUEUED = 30
    NOTICE_SENT = 31
    NOTICE_FAILED = 32
    NOTICE_ACKNOWLEDGED = 33
    STOCK_REPORTED = 34
    SOLD_ON_REPORTED = 35
    REMINDED = 36
    ESCALATED = 37
    NOTICE_HANDED_OVER = 38
    CONTACT_CHANGED = 39
    CHECK_PLANNED = 40
    CHECK_RECORDED = 41
    RECOVERED = 42
    DESTROYED = 43
    DRILL_STARTED = 50
    DRILL_FINISHED = 51
    DOCUMENT_MADE = 60
    DOCUMENT_SENT = 61
    PUBLISHED = 70

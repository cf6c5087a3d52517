"""What others do with recall cases: open, find and read them, and write into their timelines."""

from backend.recalls.clocks import Clock, ClockState, clocks_of
from backend.recalls.closing import close_drill
from backend.recalls.errors import UnknownRecallError
from backend.recalls.kinds import ActKind, RecallClass, RecallDecision, RecallDepth, RecallState, Sector
from backend.recalls.locking import locked
from backend.recalls.opening import Words, open_case
from backend.recalls.query_service import case_by_id, cases_by_ids
from backend.recalls.stored import RecallAct, RecallCase, subject_of
from backend.recalls.timeline import record_act, timeline

__all__ = [
    "ActKind",
    "Clock",
    "ClockState",
    "RecallAct",
    "RecallCase",
    "RecallClass",
    "RecallDecision",
    "RecallDepth",
    "RecallState",
    "Sector",
    "UnknownRecallError",
    "Words",
    "case_by_id",
    "cases_by_ids",
    "clocks_of",
    "close_drill",
    "locked",
    "open_case",
    "record_act",
    "subject_of",
    "timeline",
]

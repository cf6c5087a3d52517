"""Inspections as other features use them: what was measured, in order; one inspection; the topic that tells of a conclusion."""

from backend.inspections.concluding import CONCLUDED, conclude
from backend.inspections.inspections import Inspection, Kind, Origin, Result, Status, get_inspection
from backend.inspections.measuring import Measurement, measurements, results_since
from backend.inspections.opening import open_inspection
from backend.inspections.recording import Given, record_results
from backend.inspections.rules import Conclusion, Judged, Verdict

__all__ = [
    "CONCLUDED",
    "Conclusion",
    "Given",
    "Inspection",
    "Judged",
    "Kind",
    "Measurement",
    "Origin",
    "Result",
    "Status",
    "Verdict",
    "conclude",
    "get_inspection",
    "measurements",
    "open_inspection",
    "record_results",
    "results_since",
]

"""Renders the validator's page: no scripts, nothing from elsewhere, and every sign of the sender's text escaped."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from backend.guests.look import look_of
from backend.history.negotiation import Language
from backend.history.words import Notice
from backend.validator.examples_shown import example_files
from backend.validator.listing import rows, visible
from backend.validator.report import Report
from backend.validator.samples import SAMPLES
from backend.validator.words import WORDS, counted

# A longer text is shown about its faults, and not given back into the form.
LONGEST_GIVEN_BACK: Final = 200_000
LOOK: Final = look_of(Path(__file__).parent / "templates", "validator.css")
LOOK.templates.filters["visible"] = visible


@lru_cache(maxsize=1)
def _examples() -> dict[str, list[tuple[str, str]]]:
    return example_files()


def render_form(language: Language, *, document: str = "", notice: Notice | None = None) -> bytes:
    """The page with the form; `document` is what stands in it, `notice` what was wrong with the last request."""
    return _render(language, document=document, notice=notice, notice_kind="review" if notice else "", report=None)


def render_report(report: Report) -> bytes:
    """The page with what was found, and the form to correct it."""
    words = WORDS[report.language]
    if not report.valid:
        notice, kind = words.faulty, "faulty"
        notice = Notice(notice.title.format(faults=counted(report.language, report.fault_count)), notice.text)
    elif report.warning_count:
        notice, kind = words.warned, "review"
    else:
        notice, kind = words.good, "clear"
    given_back = report.text if len(report.text) <= LONGEST_GIVEN_BACK else ""
    return _render(report.language, document=given_back, notice=notice, notice_kind=kind, report=report)


def _render(language: Language, *, document: str, notice: Notice | None, notice_kind: str, report: Report | None) -> bytes:
    context: dict[str, Any] = {
        "language": language,
        "words": WORDS[language],
        "document": document,
        "notice": notice,
        "notice_kind": notice_kind,
        "report": report,
        "rows": rows(report) if report is not None else [],
        "samples": list(SAMPLES),
        "examples": _examples(),
    }
    return LOOK.templates.get_template("validator.html").render(context).encode(errors="replace")

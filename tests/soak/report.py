"""What tests have to tell at the end of a run: lines that they recorded under "told", from whichever worker they come."""

from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Called by pytest after the run; in a parallel one, in the controller."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            lines = [line for name, line in getattr(report, "user_properties", []) if name == "told"]
            if lines and isinstance(report, pytest.TestReport) and report.when == "call":
                terminalreporter.section(report.nodeid.rsplit("::", 1)[1], sep="-")
                for line in lines:
                    terminalreporter.line(str(line))

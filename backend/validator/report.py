"""What the validator answers: faults and warnings with their places, and what was understood of each event."""

from dataclasses import dataclass, field
from typing import Any

from backend.events.canonical import CanonicalEvent
from backend.history.negotiation import Language
from backend.validator.places import Place, steps


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault, or a warning, which has a `code`. `event` is the event's place in the document's list; None for the envelope."""

    path: str
    place: Place
    event: int | None
    rule: str
    message: str
    mend: str
    code: str | None = None

    @property
    def field(self) -> str:
        """The name of the field that it is about; empty for an event or the document as such."""
        named = [step for step in steps(self.path) if isinstance(step, str)]
        return named[-1] if named and named[-1] != "eventList" else ""

    def as_json(self, lines: "Excerpts") -> dict[str, Any]:
        """As the route answers."""
        told: dict[str, Any] = {"code": self.code} if self.code else {}
        told |= {"path": self.path, "line": self.place.line, "column": self.place.column, "event": self.event}
        if self.place.xpath:
            told["xpath"] = self.place.xpath
        return told | {"rule": self.rule, "message": self.message, "mend": self.mend, "excerpt": lines.around(self.place)}


@dataclass(frozen=True, slots=True)
class Excerpts:
    """The lines of the sender's text, cut to what a reader can take in."""

    lines: list[str]
    around_each: int = 2
    longest: int = 240

    def around(self, place: Place) -> list[dict[str, Any]]:
        """The lines about a place; long ones cut about its column."""
        first = max(1, place.line - self.around_each)
        last = min(len(self.lines), place.line + self.around_each)
        return [{"line": number, "text": self.cut(number, place.column)} for number in range(first, last + 1)]

    def cut(self, number: int, column: int = 1) -> str:
        """One line, by its number."""
        line = self.lines[number - 1]
        if len(line) <= self.longest:
            return line
        start = max(0, min(column - 1 - self.longest // 3, len(line) - self.longest))
        return ("…" if start else "") + line[start : start + self.longest] + ("…" if start + self.longest < len(line) else "")


@dataclass(slots=True)
class SeenEvent:
    """One event of the document. `canonical` is None where it has faults, and then `example` shows a good one in the sender's format."""

    index: int
    path: str
    place: Place
    type: str | None
    canonical: CanonicalEvent | None
    understood: dict[str, Any] | None = None
    example: str | None = None
    stored: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the route answers."""
        told: dict[str, Any] = {"index": self.index, "path": self.path, "line": self.place.line, "type": self.type}
        told["valid"] = self.canonical is not None
        for name in ("understood", "example", "stored"):
            if (value := getattr(self, name)) is not None:
                told[name] = value
        return told


@dataclass(slots=True)
class Report:
    """Everything about one document. The counts are of all; the lists are cut to what is bearable."""

    language: Language
    format: str
    text: str
    lines: list[str]
    document: dict[str, Any]
    event_count: int
    fault_count: int
    warning_count: int
    faults: list[Finding]
    warnings: list[Finding]
    events: list[SeenEvent] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        """Whether capture would find no fault in it."""
        return self.fault_count == 0

    def as_json(self) -> dict[str, Any]:
        """As the route answers."""
        excerpts = Excerpts(self.lines)
        return {
            "valid": self.valid,
            "language": self.language.tag,
            "format": self.format,
            "document": self.document,
            "eventCount": self.event_count,
            "faultCount": self.fault_count,
            "warningCount": self.warning_count,
            "faults": [finding.as_json(excerpts) for finding in self.faults],
            "warnings": [finding.as_json(excerpts) for finding in self.warnings],
            "events": [event.as_json() for event in self.events],
        }

"""Where the events of a document lie in its bytes, so that a million of them are read a few at a time."""

from array import array
from dataclasses import dataclass, field
from typing import BinaryIO, Final

# What surrounds the events is read as a whole: context and master data.
MOST_AROUND: Final = 16_000_000
LARGEST_EVENT: Final = 10_000_000
CHUNK: Final = 1_000_000


class SpanProblem(Exception):  # noqa: N818 - told to the sender as a fault, with the line
    """The document can't be cut into events: `message` and `mend`, and the byte at which it was seen."""

    def __init__(self, at: int, message: str, mend: str) -> None:
        super().__init__(message)
        self.at, self.message, self.mend = at, message, mend


@dataclass(slots=True)
class Spans:
    """The bytes before the first event and behind the last one, and each event's first byte and end; `header` of XML stands in `before`.

    Nothing surrounds the event of a document without a list of events: it is read as a whole. In `ambiguous` XML a prefix means
    several namespaces or a namespace has several prefixes, so that a name depends on what it is read with: its events are read one by one.
    """

    before: bytes = b""
    after: bytes = b""
    header: tuple[int, int] | None = None
    ambiguous: bool = False
    begins: "array[int]" = field(default_factory=lambda: array("q"))
    ends: "array[int]" = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def is_whole(self) -> bool:
        """Whether there is no list of events."""
        return not self.before

    def add(self, begin: int, end: int) -> None:
        """One more event."""
        if end - begin > LARGEST_EVENT:
            raise SpanProblem(begin, f"An event takes {end - begin} bytes; {LARGEST_EVENT} are the most.", "Tell it in several events.")
        self.begins.append(begin)
        self.ends.append(end)

    def part(self, first: int, most: int, most_bytes: int) -> range:
        """The places of the next events: at most so many and so many bytes, at least one where there is one."""
        last = first
        while last < len(self) and last - first < most and (last == first or self.ends[last] - self.begins[first] <= most_bytes):
            last += 1
        return range(first, last)

    def read(self, file: BinaryIO, places: range) -> list[bytes]:
        """The bytes of these events."""
        if not places:
            return []
        begin, end = self.begins[places[0]], self.ends[places[-1]]
        file.seek(begin)
        raw = file.read(end - begin)
        return [raw[self.begins[place] - begin : self.ends[place] - begin] for place in places]


def around(file: BinaryIO, begin: int, end: int) -> bytes:
    """What stands on one side of the events. Raises `SpanProblem` where it is more than can be read as a whole."""
    if end - begin > MOST_AROUND:
        message = f"What surrounds the events takes {end - begin} bytes; {MOST_AROUND} are the most."
        raise SpanProblem(begin, message, "Send master data by itself.")
    file.seek(begin)
    return file.read(end - begin)


def line_of(file: BinaryIO, at: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte."""
    file.seek(0)
    line, last_break, read = 1, -1, 0
    while read < at:
        chunk = file.read(min(CHUNK, at - read))
        if not chunk:
            break
        if count := chunk.count(b"\n"):
            line += count
            last_break = read + chunk.rfind(b"\n")
        read += len(chunk)
    return line, at - last_break

"""Cuts an XML document into its events with a parser that tells where in the bytes it is."""

from collections.abc import Callable
from typing import BinaryIO, Final
from xml.parsers import expat

from backend.bulk.spans import CHUNK, SpanProblem, Spans, around

_LIST: Final = "EventList"
_HEADER: Final = "EPCISHeader"
_DEEPEST: Final = 200
_BY_REFERENCE: Final = "The document has a DOCTYPE, which can read files and exhaust memory."


def xml_spans(file: BinaryIO) -> Spans:
    """Where the events lie, and the header; without a list of events the document is one event.

    Raises `SpanProblem`. The bytes are UTF-8, UTF-16, ISO-8859-1 or ASCII, which is what the parser reads by itself.
    """
    return _Cutter(file).cut()


class _Cutter:
    """One pass of the parser."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._spans = Spans()
        self._depth = 0
        self._list_depth: int | None = None
        self._list_at = self._list_end = self._begin = -1
        self._header_depth: int | None = None
        # What is to be noted with the place at which the next piece of markup begins, which is where the one before ended.
        self._then: Callable[[int], None] | None = None
        self._bound: dict[str, str] = {}
        self._named: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = False
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype
        for handler in (
            "CharacterDataHandler",
            "CommentHandler",
            "ProcessingInstructionHandler",
            "StartCdataSectionHandler",
            "EndCdataSectionHandler",
        ):
            setattr(self._parser, handler, self._anything)

    def cut(self) -> Spans:
        self._file.seek(0)
        try:
            while chunk := self._file.read(CHUNK):
                self._parser.Parse(chunk, False)
            self._parser.Parse(b"", True)
        except expat.ExpatError as problem:
            reason = expat.errors.messages.get(problem.code, "") or expat.ErrorString(problem.code)
            raise SpanProblem(
                max(0, self._parser.ErrorByteIndex), f"The XML can't be read here: {reason}.", "Send a well-formed XML document."
            ) from None
        size = self._file.seek(0, 2)
        if self._list_at < 0:
            self._spans.add(0, size)
            return self._spans
        self._spans.before, self._spans.after = around(self._file, 0, self._list_at), around(self._file, self._list_end, size)
        return self._spans

    def _settle(self) -> int:
        at = self._parser.CurrentByteIndex
        if self._then is not None:
            then, self._then = self._then, None
            then(at)
        return at

    def _anything(self, *_: object) -> None:
        if self._then is not None:
            self._settle()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._settle()
        self._note_prefixes(attributes)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SpanProblem(at, f"Elements nest deeper than {_DEEPEST} levels.", "Flatten them.")
        if self._list_depth is None:
            local = name.rpartition(":")[2]
            if local == _HEADER and self._header_depth is None:
                self._header_depth = self._depth
                self._spans.header = (at, at)
            elif local == _LIST and self._list_at < 0:
                self._list_depth = self._depth
                self._then = self._open_list
        elif self._depth == self._list_depth + 1:
            self._begin = at

    def _note_prefixes(self, attributes: dict[str, str]) -> None:
        for name, namespace in attributes.items():
            if name.startswith("xmlns:"):
                other_meaning = self._bound.setdefault(name, namespace) != namespace
                other_name = self._named.setdefault(namespace, name) != name
                self._spans.ambiguous = self._spans.ambiguous or other_meaning or other_name

    def _end(self, _name: str) -> None:
        at = self._settle()
        if self._list_depth is not None:
            if self._depth == self._list_depth + 1:
                self._then = self._close_event
            elif self._depth == self._list_depth:
                self._list_depth, self._list_end = None, at
        elif self._depth == self._header_depth and self._spans.header is not None and self._list_at < 0:
            self._then = self._close_header
        self._depth -= 1

    def _open_list(self, at: int) -> None:
        self._list_at = at

    def _close_header(self, at: int) -> None:
        if self._spans.header is not None and self._spans.header[0] == self._spans.header[1]:
            self._spans.header = (self._spans.header[0], at)

    def _close_event(self, at: int) -> None:
        self._spans.add(self._begin, at)

    def _doctype(self, *_: object) -> None:
        raise SpanProblem(self._parser.CurrentByteIndex, _BY_REFERENCE, "Remove the DOCTYPE; EPCIS needs none.")

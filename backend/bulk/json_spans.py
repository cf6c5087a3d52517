"""Cuts a JSON document into its events by its brackets and strings alone; what they hold is read later, event by event."""

import re
from typing import BinaryIO, Final

from backend.bulk.spans import CHUNK, LARGEST_EVENT, SpanProblem, Spans, around

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
# Outside of the events names matter, in their list what separates them, inside of one nothing but where it ends.
_AROUND: Final = re.compile(_STRING + rb'|[{}\[\]:"]', re.DOTALL)
_LIST: Final = re.compile(rb'[^\s,\[\]{}"]++|' + _STRING + rb'|[{}\[\],"]', re.DOTALL)
_EVENT: Final = re.compile(_STRING + rb'|[{}\[\]"]', re.DOTALL)
_LISTS: Final = ((b"epcisBody", b"eventList"), (b"epcisBody", b"queryResults", b"resultsBody", b"eventList"))
_OPENING: Final = b"{["
_MEND: Final = "Correct the JSON there."


def json_spans(file: BinaryIO) -> Spans:
    """Where the events lie: in the list of a document or of a query's results, or of a bare list; a bare event is one by itself.

    Raises `SpanProblem`. Memory is bounded by the largest event and by `MOST_AROUND`.
    """
    return _Cutter(file).cut()


class _Cutter:
    """A walk through the file's brackets."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        # Where the buffer begins in the file, and how far in it the walk is.
        self._offset = self._position = 0
        self._spans = Spans()

    def cut(self) -> Spans:
        self._file.seek(0)
        found = self._find_list()
        if found is None:
            return self._whole()
        list_at = found + 1
        end = self._walk_list()
        self._spans.before = around(self._file, 0, list_at)
        size = self._file.seek(0, 2)
        self._spans.after = around(self._file, end, size)
        return self._spans

    def _whole(self) -> Spans:
        """Without a list of events: a bare event, or what the reader will say more of."""
        size = self._file.seek(0, 2)
        if size > LARGEST_EVENT:
            raise SpanProblem(0, "The document holds no list of events.", "Put them into epcisBody.eventList.")
        self._spans.add(0, size)
        return self._spans

    def _find_list(self) -> int | None:
        """The byte of the bracket that opens the list of events, the walk behind it; None without one."""
        path: list[bytes] = []
        text = name = b""
        while (token := self._next(_AROUND)) is not None:
            at, word = token
            if word == b":":
                name = text
            elif word == b"[" and (not path or (*path, name)[1:] in _LISTS):
                return at
            elif word in (b"{", b"["):
                # A list on the way is no place where a document has its events.
                path.append(name if word == b"{" else b"[")
                name = b""
            elif word in (b"}", b"]"):
                if path:
                    path.pop()
            else:
                text = word[1:-1]
        return None

    def _walk_list(self) -> int:
        """Note each event of the list; the byte of the bracket that closes it."""
        begin: int | None = None
        end = 0
        while (token := self._next(_LIST)) is not None:
            at, word = token
            if word in (b",", b"]"):
                if begin is not None:
                    self._spans.add(begin, end)
                elif word == b"," or len(self._spans):
                    raise SpanProblem(at, "An event is missing before this character.", _MEND)
                if word == b"]":
                    return at
                begin = None
                continue
            if begin is not None:
                raise SpanProblem(at, "A comma is missing between two events.", _MEND)
            begin = at
            end = self._end_of(at) if word in (b"{", b"[") else at + len(word)
        raise SpanProblem(self._offset + self._position, "The document ends within the list of events.", "Send all of it.")

    def _end_of(self, begin: int) -> int:
        depth = 1
        while (token := self._next(_EVENT)) is not None:
            at, word = token
            if word in (b"{", b"["):
                depth += 1
            elif word in (b"}", b"]"):
                depth -= 1
                if not depth:
                    return at + 1
            if at - begin > LARGEST_EVENT:
                break
        raise SpanProblem(begin, f"This event doesn't end within {LARGEST_EVENT} bytes.", _MEND)

    def _next(self, pattern: re.Pattern[bytes]) -> tuple[int, bytes] | None:
        """The next token and its place in the file; None at the end."""
        while True:
            found = pattern.search(self._buffer, self._position)
            # A string may go on, and a word too, where the buffer ends.
            if found is not None and found[0] != b'"' and (found.end() < len(self._buffer) or found[0] in (b"{", b"}", b"[", b"]", b",", b":")):
                self._position = found.end()
                return self._offset + found.start(), found[0]
            keep = len(self._buffer) if found is None else found.start()
            if not self._more(keep):
                return self._last(found)

    def _last(self, found: re.Match[bytes] | None) -> tuple[int, bytes] | None:
        if found is None:
            return None
        if found[0] == b'"':
            raise SpanProblem(self._offset + found.start(), "A text that begins here doesn't end.", _MEND)
        self._position = found.end()
        return self._offset + found.start(), found[0]

    def _more(self, keep: int) -> bool:
        """Read on, and forget what lies before `keep`; False at the end of the file. What is read doubles with what is kept."""
        kept = self._buffer[keep:]
        if len(kept) > 2 * LARGEST_EVENT:
            raise SpanProblem(self._offset + keep, "A text that begins here is too long.", _MEND)
        chunk = self._file.read(max(CHUNK, len(kept)))
        if not chunk:
            return False
        self._offset += keep
        self._buffer = kept + chunk
        self._position = 0
        return True

"""Reading a batch: the envelope as a whole, then each entry by itself, so that one that can't be read takes no other with it."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from backend.events.canonical import CanonicalEvent
from backend.events.canonical_json import canonical_json
from backend.events.json_text import read_json
from backend.events.service import gate_for
from backend.shipments.service import ShipOrder
from infra.database import Gate
from infra.errors import InvalidInputError, SuyuanError, TooLargeError
from infra.logging import get_logger
from mobile_api import rules
from mobile_api.entries import LARGEST_SEQUENCE, AnyEntry, Mode, Ship

MOST_ENTRIES: Final = 200
# 200 receipts took 530 ms one by one, 70 ms in groups of 25 and 55 ms in one; a group of 25 pallets of 20 units lasts 50 ms, and a hold
# waits for no more than that. What fails is done again singly, so a group is also what one bad entry costs.
GROUP_ENTRIES: Final = 25
GROUP_OBJECTS: Final = 500
_HEAD: Final = re.compile(r'[ \t\n\r]*\{[ \t\n\r]*"entries"[ \t\n\r]*:[ \t\n\r]*\[[ \t\n\r]*')
_COMMA: Final = re.compile(r"[ \t\n\r]*,[ \t\n\r]*")
_TAIL: Final = re.compile(r"[ \t\n\r]*\][ \t\n\r]*\}[ \t\n\r]*\Z")
# Finds where an entry ends; its numbers are read later, exactly.
_SCANNER: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_log = get_logger(__name__)


class EntryInvalidError(InvalidInputError):
    """An entry isn't what its kind asks for."""

    code = "ENTRY_INVALID"


class EntryUnexpectedError(SuyuanError):
    """Our own defect, met while one entry was worked on; the others go on."""

    code = "INTERNAL"

    def __init__(self) -> None:
        super().__init__("Something went wrong on our side with this entry. Report the request id, and we can find it in the log.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One entry as it came. `content_sha256` doesn't depend on how its JSON was laid out; `client_id` is None where it has no readable one."""

    position: int
    raw: bytes
    content_sha256: bytes
    client_id: UUID | None
    sequence: int
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood(Received):
    """An entry that is an event."""

    entry: AnyEntry
    event: CanonicalEvent

    @property
    def gate(self) -> Gate:
        """The gate that capturing it needs."""
        return gate_for([self.event])

    @property
    def ship_order(self) -> ShipOrder | None:
        """The order, where this is the command to ship."""
        return rules.ship_order(self.entry) if isinstance(self.entry, Ship) and self.mode is Mode.COMMAND else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood(Received):
    """An entry that can't be made an event, and why."""

    problem: SuyuanError


def read_batch(body: bytes) -> list[Understood | NotUnderstood]:
    """The entries in the order sent. Raises `InvalidInputError` for a body that is no batch, `TooLargeError` above 200 entries."""
    return [_read(position, raw) for position, raw in enumerate(_split(body))]


def _split(body: bytes) -> list[bytes]:
    """Each entry's own bytes. Whatever is wrong inside of one (a broken emoji, bytes that aren't UTF-8) is that one's matter."""
    text = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    head = _HEAD.match(text)
    if head is None:
        raise InvalidInputError('The body is no batch: send {"entries": […]} and nothing beside it.')
    entries: list[bytes] = []
    if _TAIL.match(text, head.end()):
        return entries
    place = head.end()
    while True:
        try:
            _, end = _SCANNER.raw_decode(text, place)
        except (json.JSONDecodeError, RecursionError) as problem:
            raise InvalidInputError(f"Entry {len(entries)} is no JSON that can be read: {plain(str(problem))[:200]}.", field="entries") from problem
        entries.append(text[place:end].encode("utf-8", "surrogateescape"))
        if len(entries) > MOST_ENTRIES:
            raise TooLargeError(f"A batch has at most {MOST_ENTRIES} entries. Send the rest in another.", field="entries")
        if _TAIL.match(text, end):
            return entries
        comma = _COMMA.match(text, end)
        if comma is None:
            raise InvalidInputError(f"After entry {len(entries) - 1} neither another one nor the end of the batch follows.", field="entries")
        place = comma.end()


def in_order(received: Sequence[Understood | NotUnderstood]) -> list[Understood | NotUnderstood]:
    """As the device did things. What has no sequence number comes last."""
    return sorted(received, key=lambda item: (item.sequence, item.position))


def groups(ordered: Sequence[Understood | NotUnderstood]) -> Iterator[list[Understood] | NotUnderstood]:
    """Stretches to be captured together: facts that pass the same gate, or one command. What couldn't be read stands alone."""
    group: list[Understood] = []
    for item in ordered:
        if group and not (isinstance(item, Understood) and _fits(item, group)):
            yield group
            group = []
        if isinstance(item, Understood):
            group.append(item)
        else:
            yield item
    if group:
        yield group


def _fits(item: Understood, group: Sequence[Understood]) -> bool:
    if Mode.COMMAND in (item.mode, group[0].mode) or item.gate is not group[0].gate or len(group) >= GROUP_ENTRIES:
        return False
    return sum(len(each.event.participations) for each in (*group, item)) <= GROUP_OBJECTS


def plain(text: str) -> str:
    """A text that can be stored and sent: without NUL and unpaired surrogates."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _read(position: int, raw: bytes) -> Understood | NotUnderstood:
    digest = hashlib.sha256(raw).digest()
    try:
        value = read_json(raw).value
        digest = hashlib.sha256(canonical_json(value)).digest()
        entry = msgspec.convert(value, type=AnyEntry)
        return Understood(
            position=position, raw=raw, content_sha256=digest, client_id=entry.id, sequence=entry.sequence, mode=entry.mode, entry=entry,
            event=rules.event_of(entry),
        )  # fmt: skip
    except msgspec.ValidationError as fault:
        message, field = _told(fault)
        problem: SuyuanError = EntryInvalidError(f"{message}. Correct the entry.", field=field)
    except SuyuanError as fault:
        problem = fault
    except Exception as defect:
        # An entry at which we stumble is kept like any other that can't be read: it must not keep a phone's queue from being taken.
        _log.error("entry_unreadable", exc_info=defect)
        problem = EntryUnexpectedError()
    seen = _glimpse(raw)
    return NotUnderstood(
        position=position, raw=raw, content_sha256=digest, client_id=_uuid(seen.get("id")), sequence=_sequence(seen.get("sequence")),
        mode=_mode(seen.get("mode")), problem=problem,
    )  # fmt: skip


def _told(fault: msgspec.ValidationError) -> tuple[str, str | None]:
    text = plain(str(fault))
    place = _PATH.search(text)
    return (text[: place.start()], place[1] or None) if place else (text, None)


def _glimpse(raw: bytes) -> dict[str, Any]:
    """What can be told of an entry that is otherwise unreadable."""
    try:
        value = _SCANNER.decode(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _sequence(value: Any) -> int:
    """The number as the scanner leaves it, a text; one beyond the largest where there is none."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16 else LARGEST_SEQUENCE + 1


def _mode(value: Any) -> Mode:
    """Whatever isn't plainly a command may be a fact, and no fact is ever dropped."""
    return Mode.COMMAND if value == Mode.COMMAND else Mode.FACT

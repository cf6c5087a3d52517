"""JSON as it comes in and goes out: exact numbers, and one clear fault for everything that a JSON text may do wrong."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec

from backend.events.canonical_json import is_plain_number
from backend.events.faults import MOST_FAULTS, DocumentFaults, Fault, below
from backend.identifiers.describe import shown

DEEPEST: Final = 64
MOST_DIGITS: Final = 64
_LARGEST: Final = Decimal("1e308")
_SMALLEST: Final = Decimal("1e-308")

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
# Only as escapes do they get this far: raw, a control isn't JSON and a surrogate isn't UTF-8.
_DANGEROUS_ESCAPE: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class JsonText:
    """A parsed text. `plain_numbers`: every number in it is written by `str` as canonical JSON writes it."""

    value: Any
    plain_numbers: bool


@dataclass(frozen=True, slots=True)
class _Flawed:
    """Stands for a number that cannot be kept, until the diagnosis says where it was."""

    text: str


class _Members(list[tuple[str, Any]]):
    """The members of an object as they were written, duplicates included."""


class _Numbers:
    """Reads numbers exactly: whole ones as int, others as Decimal without trailing zeros."""

    def __init__(self) -> None:
        self.plain = True
        self.flawed = False

    def integer(self, text: str) -> Any:
        if len(text) < 20:
            return int(text)
        return self.settled(Decimal(text)) if len(text) <= MOST_DIGITS else self.flaw(text)

    def fraction(self, text: str) -> Any:
        if len(text) > MOST_DIGITS:
            return self.flaw(text)
        if len(text) < 8 and "e" not in text and "E" not in text:
            # Too short for an exponent in its canonical form, which is the common case.
            stripped = text.rstrip("0")
            return int(stripped[:-1]) if stripped[-1] == "." else Decimal(stripped)
        return self.settled(Decimal(text))

    def constant(self, text: str) -> Any:
        return self.flaw(text)

    def settled(self, number: Decimal) -> Any:
        """The number without trailing zeros, whole ones as int; flawed beyond the range of a double or of `MOST_DIGITS`."""
        sign, digits, exponent = number.as_tuple()
        if not isinstance(exponent, int) or len(digits) > MOST_DIGITS:
            return self.flaw(str(number))
        if number == 0:
            return 0
        if not _SMALLEST <= number.copy_abs() <= _LARGEST:
            return self.flaw(str(number))
        significant = len(digits)
        while digits[significant - 1] == 0:
            significant -= 1
        exponent += len(digits) - significant
        whole = exponent >= 0 and significant + exponent <= MOST_DIGITS
        settled = int(number) if whole else Decimal((sign, digits[:significant], exponent))
        self.plain = self.plain and is_plain_number(settled)
        return settled

    def flaw(self, text: str) -> _Flawed:
        self.flawed = True
        return _Flawed(text)


def read_json(raw: bytes) -> JsonText:
    """Parse a UTF-8 text; raises DocumentFaults for malformed JSON and for what no event can hold, all places at once.

    Whole numbers are int, others Decimal. Refused are duplicate names, NaN and infinities, numbers beyond a double's range or
    64 digits, U+0000, unpaired surrogates, and nesting beyond the interpreter's stack.
    """
    text = _decoded(raw)
    numbers = _Numbers()
    duplicated = False

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal duplicated
        found = dict(pairs)
        if len(found) != len(pairs):
            duplicated = True
        return found

    value = _parsed(text, numbers, members)
    if duplicated or numbers.flawed or _DANGEROUS_ESCAPE.search(raw):
        faults = _diagnosed(_parsed(text, _Numbers(), _Members))
        if faults:
            raise DocumentFaults(faults)
    return JsonText(value, numbers.plain)


def copied(value: Any) -> JsonText:
    """The same assurance for a value that another reader has built: a deep copy with settled numbers; floats become exact.

    Raises DocumentFaults for what JSON or the store can't hold, and for nesting beyond 64 levels.
    """
    numbers = _Numbers()
    copy = _copy(value, numbers, 0)
    faults = _diagnosed(copy)
    if faults:
        raise DocumentFaults(faults)
    return JsonText(copy, numbers.plain)


def write_json(value: Any) -> bytes:
    """JSON bytes of a value as read: Decimals are written as numbers with all their digits."""
    return _ENCODER.encode(value)


def nesting_exceeds(value: Any, levels: int) -> bool:
    """Whether objects and arrays nest deeper than `levels` in `value`, itself counted."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [child for parent in layer if isinstance(parent, dict | list) for child in (parent.values() if isinstance(parent, dict) else parent)]
        if not layer:
            return False
    return any(isinstance(item, dict | list) for item in layer)


def too_deep(path: str) -> Fault:
    return Fault(path, "JSON nesting", f"Objects and lists nest deeper than {DEEPEST} levels.", "Flatten the value.")


def _decoded(raw: bytes) -> str:
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"Byte 0x{raw[error.start]:02X} at line {line}, byte {column} is not UTF-8."
        raise DocumentFaults([Fault("$", "RFC 8259 §8.1 UTF-8", message, "Send the document in UTF-8.")]) from None
    if not text.strip():
        raise DocumentFaults([Fault("$", "RFC 8259 §2", "The document is empty.", "Send an EPCISDocument or an event.")])
    return text


def _parsed(text: str, numbers: _Numbers, members: Any) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=members,
            parse_int=numbers.integer,
            parse_float=numbers.fraction,
            parse_constant=numbers.constant,
        )
    except json.JSONDecodeError as error:
        problem = f"The text is not JSON at line {error.lineno}, column {error.colno}: {error.msg[0].lower()}{error.msg[1:]}."
        looks_like_xml = text.lstrip()[:1] == "<"
        mend = "Send XML with Content-Type: application/xml." if looks_like_xml else "Correct the JSON at that place."
        raise DocumentFaults([Fault("$", "RFC 8259 §2", problem, mend)]) from None
    except RecursionError:
        raise DocumentFaults([too_deep("$")]) from None


def _diagnosed(value: Any) -> list[Fault]:
    faults: list[Fault] = []
    pending: list[tuple[str, Any, int]] = [("$", value, 0)]
    while pending and len(faults) < MOST_FAULTS:
        path, item, depth = pending.pop()
        if isinstance(item, _Flawed):
            faults.append(_flawed_number(path, item.text))
        elif isinstance(item, str):
            faults.extend(_unstorable(path, item))
        elif isinstance(item, dict | list) and depth >= DEEPEST:
            faults.append(too_deep(path))
        elif isinstance(item, dict | _Members):
            pairs = list(item.items()) if isinstance(item, dict) else item
            faults.extend(_faults_of_names(path, [name for name, _ in pairs]))
            pending.extend((below(path, name), child, depth + 1) for name, child in reversed(pairs))
        elif isinstance(item, list):
            pending.extend((below(path, index), child, depth + 1) for index, child in reversed(list(enumerate(item))))
        elif not isinstance(item, int | Decimal | None):
            faults.append(Fault(path, "RFC 8259 §3", f"A {type(item).__name__} is no JSON value.", "Use JSON values only."))
    return faults


def _faults_of_names(path: str, names: list[Any]) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[str] = set()
    for name in names:
        if len(faults) >= MOST_FAULTS:
            break
        if not isinstance(name, str):
            faults.append(Fault(path, "RFC 8259 §4", f"The name {name!r} is no string.", "Use strings as names."))
            continue
        if name in seen:
            message = f"The name {shown(name)} stands more than once in this object."
            faults.append(Fault(below(path, name), "JSON-LD 1.1 §9 unique names", message, "Keep one of them."))
        seen.add(name)
        faults.extend(_unstorable(below(path, name), name))
    return faults


def _unstorable(path: str, text: str) -> list[Fault]:
    match = _UNSTORABLE.search(text)
    if match is None:
        return []
    if match[0] == "\x00":
        message = "The text holds the character U+0000, which cannot be stored."
        return [Fault(path, "no U+0000 in texts", message, "Remove the character.")]
    message = f"The text holds an unpaired surrogate, \\u{ord(match[0]):04x}."
    return [Fault(path, "RFC 7493 §2.1 Unicode", message, "Write the whole surrogate pair, or the character itself.")]


def _flawed_number(path: str, text: str) -> Fault:
    if text.lstrip("-") in ("NaN", "Infinity", "sNaN"):
        return Fault(path, "RFC 8259 §6", f"{text} is not a JSON number.", "Leave the field out, or give a number.")
    message = f"The number {shown(text)} is beyond the range or the {MOST_DIGITS} digits that can be kept."
    return Fault(path, "RFC 7493 §2.2 numbers", message, "Give a number within the range of a double.")


def _copy(value: Any, numbers: _Numbers, depth: int) -> Any:
    if depth > DEEPEST:
        return value
    if isinstance(value, dict):
        return {name: _copy(child, numbers, depth + 1) for name, child in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(child, numbers, depth + 1) for child in value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, int):
        return numbers.integer(str(value)) if abs(value) < 10**MOST_DIGITS else numbers.flaw("integer")
    return numbers.settled(Decimal(repr(value)) if isinstance(value, float) else value)

"""Elements written short into one path segment of a Digital Link, and read from it (GS1 Digital Link 1.1 §8, 1.2: Compression).

An application identifier stands as its digits, four bits each; a code of two hexadecimal digits that is no identifier's beginning stands
for a sequence of identifiers; "F" begins a parameter that isn't GS1's. Numbers are binary; a text says in three bits how it is written.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from backend.barcodes.bits import ALPHABET, HEXADECIMAL, BitReader, BitWriter, length_bits, value_bits
from backend.barcodes.dictionary import application_identifiers, identifier_length
from backend.barcodes.elements import Element, checked
from backend.barcodes.errors import BarcodeError

MAX_LENGTH: Final = 1_024
Parameter = tuple[str, str]

_TAILS: Final = "0123456789"
# The sequences in the order in which the standard lists them, which decides between two that save as much.
SEQUENCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "0A": ("01", "22"), "0B": ("01", "10"), "0C": ("01", "21"), "0D": ("01", "17"), "0E": ("01", "7003"), "0F": ("01", "30"),
        "1A": ("01", "10", "21", "17"), "1B": ("01", "15"), "1C": ("01", "11"), "1D": ("01", "16"), "1E": ("01", "91"),
        "1F": ("01", "10", "15"),
        **{f"2{code}": ("01", f"310{tail}") for code, tail in zip("ABCDEF", _TAILS, strict=False)},
        **{f"3{code}": ("01", f"320{tail}") for code, tail in zip("ABCDEF", _TAILS, strict=False)},
        "9A": ("8010", "8011"), "9B": ("8017", "8019"), "9C": ("8018", "8019"), "9D": ("414", "254"),
        **{f"A{tail}": ("01", f"392{tail}") for tail in _TAILS}, **{f"C{tail}": ("255", f"390{tail}") for tail in _TAILS},
        **{f"C{code}": ("255", f"394{tail}") for code, tail in zip("ABCD", _TAILS, strict=False)},
    }
)  # fmt: skip
_FOREIGN: Final = 0xF
# Names and values of parameters have lengths of seven bits.
_FOREIGN_LENGTH: Final = 7
_FOREIGN_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,127}")
_FOREIGN_VALUE: Final = re.compile(r"[\x20-\x7e]{0,127}")
_NUMERIC_NAME: Final = re.compile(r"[0-9]{2,4}")
_ENCODING: Final = 3
_DIGITS, _LOWER_HEX, _UPPER_HEX, _BASE64, _ASCII = range(5)
_FITS: Final = (
    (_DIGITS, re.compile(r"[0-9]+")), (_UPPER_HEX, re.compile(r"[0-9A-F]+")), (_LOWER_HEX, re.compile(r"[0-9a-f]+")),
    (_BASE64, re.compile(r"[A-Za-z0-9_-]+")),
)  # fmt: skip
_WRITERS: Final[Mapping[int, tuple[int, Callable[[str], int]]]] = {
    _LOWER_HEX: (4, HEXADECIMAL.lower().index), _UPPER_HEX: (4, HEXADECIMAL.index), _BASE64: (6, ALPHABET.index), _ASCII: (7, ord),
}  # fmt: skip
_READERS: Final[Mapping[int, tuple[int, Callable[[int], str]]]] = {
    _LOWER_HEX: (4, HEXADECIMAL.lower().__getitem__), _UPPER_HEX: (4, HEXADECIMAL.__getitem__), _BASE64: (6, ALPHABET.__getitem__),
    _ASCII: (7, chr),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a value that is compressed as one: digits, or text; `longest` is its only length where it is `fixed`."""

    numeric: bool
    fixed: bool
    longest: int


@dataclass(frozen=True, slots=True)
class Decompressed:
    """The elements, in the order in which they were written, and the parameters that aren't GS1's, both decoded."""

    elements: tuple[Element, ...]
    parameters: tuple[Parameter, ...]


@lru_cache(maxsize=1024)
def _parts(ai: str) -> tuple[_Part, ...]:
    """The standard's table of formats, which the Syntax Dictionary's components make when neighbours of one kind are put together."""
    parts: list[_Part] = []
    for component in application_identifiers()[ai].components:
        part = _Part(component.charset == "N", component.shortest == component.longest and not component.optional, component.longest)
        before = parts[-1] if parts else None
        if before is not None and before.numeric == part.numeric and (before.fixed == part.fixed or not part.numeric):
            parts[-1] = _Part(part.numeric, part.fixed, before.longest + part.longest)
        else:
            parts.append(part)
    return tuple(parts)


def compress(elements: Iterable[Element], parameters: Iterable[Parameter] = (), *, optimise: bool = True) -> str:
    """The elements as one path segment; with `optimise` sequences have their codes. Raises `BarcodeError` for an unknown identifier.

    Of `parameters` every one must be `compressible`.
    """
    values = {element.ai: element.value for element in elements}
    if unknown := next((ai for ai in values if ai not in application_identifiers()), None):
        raise BarcodeError("UNKNOWN_AI", f"({unknown}) is no application identifier of GS1, so it can't be compressed.", ai=unknown)
    bits = BitWriter()
    left = sorted(values)
    while optimise and (code := _best_sequence(left)) is not None:
        bits.put(int(code, 16), 8)
        for ai in SEQUENCES[code]:
            _put_value(bits, ai, values[ai])
            left.remove(ai)
    for ai in left:
        bits.put(int(ai, 16), 4 * len(ai))
        _put_value(bits, ai, values[ai])
    for name, value in parameters:
        _put_parameter(bits, name, value)
    return bits.text()


def compressible(parameter: Parameter) -> bool:
    """Whether a parameter that isn't GS1's has a compressed form."""
    name, value = parameter
    return _FOREIGN_NAME.fullmatch(name) is not None and _FOREIGN_VALUE.fullmatch(value) is not None and not _NUMERIC_NAME.fullmatch(name)


def _best_sequence(given: Sequence[str]) -> str | None:
    """The first of those that save most digits."""
    fitting = [code for code, sequence in SEQUENCES.items() if all(ai in given for ai in sequence)]
    return max(fitting, key=lambda code: len("".join(SEQUENCES[code]))) if fitting else None


def _put_value(bits: BitWriter, ai: str, value: str) -> None:
    for part in _parts(ai):
        stretch = value[: part.longest] if part.fixed else value
        value = value[len(stretch) :]
        width = 0 if part.fixed else length_bits(part.longest)
        if part.numeric:
            bits.put(len(stretch), width)
            bits.put(int(stretch or "0"), value_bits(len(stretch)))
        else:
            _put_text(bits, stretch, width)


def _put_text(bits: BitWriter, text: str, width: int) -> None:
    encoding = next((encoding for encoding, fits in _FITS if fits.fullmatch(text)), _ASCII)
    bits.put(encoding, _ENCODING)
    bits.put(len(text), width)
    if encoding == _DIGITS:
        bits.put(int(text), value_bits(len(text)))
        return
    per_character, place = _WRITERS[encoding]
    for character in text:
        bits.put(place(character), per_character)


def _put_parameter(bits: BitWriter, name: str, value: str) -> None:
    bits.put(_FOREIGN, 4)
    bits.put(len(name), _FOREIGN_LENGTH)
    for character in name:
        bits.put(ALPHABET.index(character), 6)
    _put_text(bits, value, _FOREIGN_LENGTH)


def decompress(text: str) -> Decompressed:
    """What a path segment says. Raises `BarcodeError` with the place for one that no compression makes, and for values that are wrong."""
    if not text or len(text) > MAX_LENGTH:
        raise BarcodeError("COMPRESSED_LENGTH", f"A compressed part has 1 to {MAX_LENGTH} characters; this one has {len(text)}.")
    bits = BitReader(text)
    pairs: list[Parameter] = []
    parameters: list[Parameter] = []
    while bits.more:
        first = bits.take(4)
        if first == _FOREIGN:
            parameters.append(_take_parameter(bits))
        else:
            pairs += [(ai, _take_value(bits, ai)) for ai in _take_identifiers(bits, first)]
    bits.require_filling()
    if repeated := next((ai for place, (ai, _) in enumerate(pairs) if any(ai == other for other, _ in pairs[:place])), None):
        raise BarcodeError("REPEATED_AI", f"({repeated}) stands twice in the compressed part.", ai=repeated)
    entries = application_identifiers()
    return Decompressed(tuple(checked(ai, value, entries[ai]) for ai, value in pairs), tuple(parameters))


def _take_identifiers(bits: BitReader, first: int) -> Iterable[str]:
    """The identifiers whose values follow: those of a sequence, or one."""
    code = HEXADECIMAL[first] + HEXADECIMAL[bits.take(4)]
    if not code.isdigit():
        if code not in SEQUENCES:
            raise bits.fault("COMPRESSED_SEQUENCE", f"the standard keeps the code {code} for later")
        return SEQUENCES[code]
    length = identifier_length(code)
    ai = code + "".join(HEXADECIMAL[bits.take(4)] for _ in range((length or 2) - 2))
    if ai not in application_identifiers():
        raise bits.fault("UNKNOWN_AI", f"({ai}) is no application identifier of GS1")
    return (ai,)


def _take_value(bits: BitReader, ai: str) -> str:
    return "".join((_take_number if part.numeric else _take_text)(bits, part.longest if part.fixed else None, part.longest) for part in _parts(ai))


def _take_length(bits: BitReader, longest: int, width: int) -> int:
    length = bits.take(width)
    if length > longest:
        raise bits.fault("COMPRESSED_VALUE", f"a value of {length} characters can have {longest} only")
    return length


def _take_number(bits: BitReader, length: int | None, longest: int) -> str:
    if length is None:
        length = _take_length(bits, longest, length_bits(longest))
    return _digits(bits, length)


def _digits(bits: BitReader, length: int) -> str:
    number = bits.take(value_bits(length))
    if number >= 10**length:
        raise bits.fault("COMPRESSED_VALUE", f"a number has more than its {length} digits")
    return str(number).zfill(length) if length else ""


def _take_text(bits: BitReader, length: int | None, longest: int) -> str:
    encoding = bits.take(_ENCODING)
    if length is None:
        length = _take_length(bits, longest, length_bits(longest))
    return _decoded(bits, encoding, length)


def _decoded(bits: BitReader, encoding: int, length: int) -> str:
    if encoding == _DIGITS:
        return _digits(bits, length)
    if encoding not in _READERS:
        raise bits.fault("COMPRESSED_ENCODING", f"the standard keeps the encoding {encoding:03b} for later")
    per_character, character = _READERS[encoding]
    return "".join(character(bits.take(per_character)) for _ in range(length))


def _take_parameter(bits: BitReader) -> Parameter:
    name = "".join(ALPHABET[bits.take(6)] for _ in range(bits.take(_FOREIGN_LENGTH)))
    encoding = bits.take(_ENCODING)
    value = _decoded(bits, encoding, bits.take(_FOREIGN_LENGTH))
    if not compressible((name, value)):
        raise bits.fault("COMPRESSED_PARAMETER", "a parameter has no name, a number of GS1's for a name, or a control character in its value")
    return name, value

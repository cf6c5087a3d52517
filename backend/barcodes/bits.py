"""Bits behind each other, in the URI-safe base64 alphabet: what a compressed Digital Link is written in (GS1 Digital Link: Compression)."""

from math import ceil, log2
from typing import Final

from backend.barcodes.errors import BarcodeError

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HEXADECIMAL: Final = "0123456789ABCDEF"
_PLACES: Final = {character: place for place, character in enumerate(ALPHABET)}
_PER_CHARACTER: Final = 6
_PER_DIGIT: Final = log2(10)


def value_bits(digits: int) -> int:
    """How many bits hold a number of so many decimal digits, by the standard's formula, which isn't always the least that would do."""
    return ceil(digits * _PER_DIGIT + 0.01) if digits else 0


def length_bits(longest: int) -> int:
    """How many bits hold a length up to `longest`, by the standard's formula."""
    return ceil(log2(longest) + 0.01)


class BitWriter:
    """Puts numbers of fixed width behind each other."""

    def __init__(self) -> None:
        self._bits: list[str] = []

    def put(self, number: int, width: int) -> None:
        """A number that fits."""
        if width:
            self._bits.append(format(number, f"0{width}b"))

    def text(self) -> str:
        """All of it, filled up with zeros to whole characters."""
        bits = "".join(self._bits)
        bits += "0" * (-len(bits) % _PER_CHARACTER)
        return "".join(ALPHABET[int(bits[place : place + _PER_CHARACTER], 2)] for place in range(0, len(bits), _PER_CHARACTER))


class BitReader:
    """Takes numbers of fixed width from the front. Raises `BarcodeError`, with the character at which it stands."""

    def __init__(self, text: str) -> None:
        try:
            self._bits = "".join(format(_PLACES[character], "06b") for character in text)
        except KeyError as stranger:
            place = text.index(stranger.args[0]) + 1
            raise BarcodeError("COMPRESSED_CHARACTER", f"Character {place} of the compressed part is none of A-Z, a-z, 0-9, “-” and “_”.") from None
        self._place = 0

    @property
    def more(self) -> bool:
        """Whether anything follows but the zeros that fill up the last character."""
        return len(self._bits) - self._place >= _PER_CHARACTER

    def take(self, width: int) -> int:
        """The next number."""
        end = self._place + width
        if end > len(self._bits):
            raise self.fault("COMPRESSED_TRUNCATED", "it breaks off; scan or copy the whole address")
        taken, self._place = self._bits[self._place : end], end
        return int(taken, 2) if taken else 0

    def require_filling(self) -> None:
        """Raise `BarcodeError` where the bits behind the last value aren't the zeros that they have to be."""
        if "1" in self._bits[self._place :]:
            raise self.fault("COMPRESSED_PADDING", "behind the last value there are bits that mean nothing")

    def fault(self, rule: str, problem: str) -> BarcodeError:
        """What is wrong at the place that has been reached."""
        return BarcodeError(rule, f"The compressed part can't be read at its character {self._place // _PER_CHARACTER + 1}: {problem}.")

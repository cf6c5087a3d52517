"""GS1 DataMatrix: Data Matrix ECC 200 with FNC1 in front (ISO/IEC 16022; GS1 General Specifications §5.6), as a square of modules."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from backend.barcodes.elements import FNC1, Element, write_element_string
from backend.barcodes.errors import BarcodeError

_FNC1: Final = 232
_PAD: Final = 129
_PAIRS: Final = 130
# The polynomial of the field of 256 in which ISO/IEC 16022 computes.
_POLYNOMIAL: Final = 0x12D


@dataclass(frozen=True, slots=True)
class _Size:
    """A square symbol: modules a side, codewords of data and of correction, blocks between which they alternate, regions a side."""

    side: int
    data: int
    correction: int
    blocks: int
    regions: int


_SIZES: Final = tuple(
    _Size(*numbers)
    for numbers in (
        (10, 3, 5, 1, 1), (12, 5, 7, 1, 1), (14, 8, 10, 1, 1), (16, 12, 12, 1, 1), (18, 18, 14, 1, 1), (20, 22, 18, 1, 1), (22, 30, 20, 1, 1),
        (24, 36, 24, 1, 1), (26, 44, 28, 1, 1), (32, 62, 36, 1, 2), (36, 86, 42, 1, 2), (40, 114, 48, 1, 2), (44, 144, 56, 1, 2),
        (48, 174, 68, 1, 2), (52, 204, 84, 2, 2), (64, 280, 112, 2, 4), (72, 368, 144, 4, 4), (80, 456, 192, 4, 4), (88, 576, 224, 4, 4),
        (96, 696, 272, 4, 4), (104, 816, 336, 6, 4), (120, 1050, 408, 6, 6), (132, 1304, 496, 8, 6),
    )
)  # fmt: skip


def gs1_datamatrix(elements: list[Element]) -> list[list[bool]]:
    """Rows of modules, dark ones true, without the quiet zone. Raises `BarcodeError` for more than a symbol holds."""
    return matrix_of(_encoded(write_element_string(elements)))


def matrix_of(codewords: list[int]) -> list[list[bool]]:
    """The smallest square that holds these codewords, filled up and corrected."""
    size = next((size for size in _SIZES if size.data >= len(codewords)), None)
    if size is None:
        raise BarcodeError("TOO_LONG", f"A GS1 DataMatrix holds {_SIZES[-1].data} codewords; these elements have {len(codewords)}.")
    return _drawn(size, _corrected(size, _filled(codewords, size.data)))


def _encoded(text: str) -> list[int]:
    """In ASCII encodation: two digits in one codeword, FNC1 as its own."""
    codewords, place = [], 0
    while place < len(text):
        pair = text[place : place + 2]
        if len(pair) == 2 and pair.isascii() and pair.isdigit():
            codewords.append(_PAIRS + int(pair))
            place += 2
        else:
            codewords.append(_FNC1 if pair[0] == FNC1 else ord(pair[0]) + 1)
            place += 1
    return codewords


def _filled(codewords: list[int], count: int) -> list[int]:
    filled = list(codewords)
    while len(filled) < count:
        place = len(filled) + 1
        # All but the first are disguised, so that no pattern arises (§5.2.4.4).
        disguised = _PAD + (149 * place) % 253 + 1
        filled.append(_PAD if len(filled) == len(codewords) else disguised - 254 if disguised > 254 else disguised)
    return filled


@lru_cache(maxsize=1)
def _field() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Powers of 2, and their logarithms."""
    powers, logarithms, value = [0] * 510, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value = value << 1 ^ (_POLYNOMIAL if value & 0x80 else 0)
    return tuple(powers), tuple(logarithms)


def _product(left: int, right: int) -> int:
    powers, logarithms = _field()
    return powers[logarithms[left] + logarithms[right]] if left and right else 0


@lru_cache(maxsize=64)
def _generator(degree: int) -> tuple[int, ...]:
    """The product of (x - 2^i) for i from 1 to the degree, highest power first."""
    powers, _ = _field()
    polynomial = [1]
    for exponent in range(1, degree + 1):
        shifted = [*polynomial, 0]
        for place, factor in enumerate(polynomial):
            shifted[place + 1] ^= _product(factor, powers[exponent])
        polynomial = shifted
    return tuple(polynomial)


def _corrected(size: _Size, data: list[int]) -> list[int]:
    """The data with Reed–Solomon codewords behind them, both taking turns between the blocks."""
    degree = size.correction // size.blocks
    generator = _generator(degree)
    correction = [0] * size.correction
    for block in range(size.blocks):
        rest = [0] * degree
        for codeword in data[block :: size.blocks]:
            factor = codeword ^ rest[0]
            rest = [a ^ _product(factor, b) for a, b in zip([*rest[1:], 0], generator[1:], strict=True)]
        correction[block :: size.blocks] = rest
    return data + correction


def _drawn(size: _Size, codewords: list[int]) -> list[list[bool]]:
    """The mapping matrix cut into regions, each with its solid and its broken edges."""
    inner = size.side - 2 * size.regions
    mapped = _Mapping(inner, codewords).laid()
    span = inner // size.regions
    picture = [[False] * size.side for _ in range(size.side)]
    for row in range(size.side):
        for column in range(size.side):
            down, across = row % (span + 2), column % (span + 2)
            if across == 0 or down == span + 1:
                dark = True
            elif down == 0:
                dark = across % 2 == 0
            elif across == span + 1:
                dark = down % 2 == 1
            else:
                dark = mapped[row - 2 * (row // (span + 2)) - 1][column - 2 * (column // (span + 2)) - 1]
            picture[row][column] = dark
    return picture


# Where the eight modules of a codeword lie, most significant first, from its lower right one (ISO/IEC 16022 annex F).
_UTAH: Final = ((-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0))


def _corners(side: int) -> dict[str, tuple[tuple[int, int], ...]]:
    """The four codewords that lie around corners."""
    last = side - 1
    return {
        "first": ((last, 0), (last, 1), (last, 2), (0, last - 1), (0, last), (1, last), (2, last), (3, last)),
        "second": ((last - 2, 0), (last - 1, 0), (last, 0), (0, last - 3), (0, last - 2), (0, last - 1), (0, last), (1, last)),
        "third": ((last - 2, 0), (last - 1, 0), (last, 0), (0, last - 1), (0, last), (1, last), (2, last), (3, last)),
        "fourth": ((last, 0), (last, last), (0, last - 2), (0, last - 1), (0, last), (1, last - 2), (1, last - 1), (1, last)),
    }


class _Mapping:
    """Codewords laid into a square in diagonals, upwards and downwards in turn."""

    def __init__(self, side: int, codewords: list[int]) -> None:
        self._side = side
        self._modules: list[list[bool | None]] = [[None] * side for _ in range(side)]
        self._rest = iter(codewords)
        self._corners = _corners(side)

    def laid(self) -> list[list[bool]]:
        """The whole square."""
        side = self._side
        row, column = 4, 0
        while row < side or column < side:
            self._corner(row, column)
            row, column = self._diagonal(row, column, -2)
            row, column = self._diagonal(row + 1, column + 3, 2)
            row, column = row + 3, column + 1
        if self._modules[side - 1][side - 1] is None:
            # What no codeword reaches is a small chequerboard.
            self._modules[side - 1][side - 1] = self._modules[side - 2][side - 2] = True
        return [[bool(module) for module in line] for line in self._modules]

    def _corner(self, row: int, column: int) -> None:
        side = self._side
        if (row, column) == (side, 0):
            self._lay(self._corners["first"])
        elif (row, column) == (side - 2, 0) and side % 4:
            self._lay(self._corners["third" if side % 8 == 4 else "second"])
        elif (row, column) == (side + 4, 2) and not side % 8:
            self._lay(self._corners["fourth"])

    def _diagonal(self, row: int, column: int, down: int) -> tuple[int, int]:
        """Along one diagonal, as far as it can be inside; where it ends."""
        side = self._side
        while (row >= 0 and column < side) if down < 0 else (row < side and column >= 0):
            if 0 <= row < side and 0 <= column < side and self._modules[row][column] is None:
                self._lay(tuple(self._wrapped(row + up, column + across) for up, across in _UTAH))
            row, column = row + down, column - down
        return row, column

    def _lay(self, places: tuple[tuple[int, int], ...]) -> None:
        codeword = next(self._rest)
        for bit, (row, column) in enumerate(places):
            self._modules[row][column] = bool(codeword >> 7 - bit & 1)

    def _wrapped(self, row: int, column: int) -> tuple[int, int]:
        """A place beyond an edge, on the opposite side."""
        shift = 4 - (self._side + 4) % 8
        if row < 0:
            row, column = row + self._side, column + shift
        if column < 0:
            row, column = row + shift, column + self._side
        return row, column

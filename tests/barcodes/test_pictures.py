"""Symbols against published ones: the standard's example, GS1's own figure, and the arithmetic that every reader does."""

import struct
import zlib
from pathlib import Path

import pytest
from lxml.etree import fromstring

from backend.barcodes import datamatrix
from backend.barcodes.code128 import _TABLE, gs1_128
from backend.barcodes.datamatrix import gs1_datamatrix, matrix_of
from backend.barcodes.elements import read_bracketed
from backend.barcodes.errors import BarcodeError
from backend.barcodes.pictures import datamatrix_svg, gs1_128_svg, qr_svg
from tests.shared_data import needs_shared_data, shared_path

# ISO/IEC 16022 annex O encodes 123456.
STANDARD = """
1010101010 1100101101 1100000100 1100011101 1100001000 1000001111 1110110000 1111011001 1001110100 1111111111
"""


def test_the_standards_example_is_drawn() -> None:
    drawn = matrix_of([142, 164, 186])
    assert ["".join("1" if module else "0" for module in row) for row in drawn] == STANDARD.split()


def pixels(file: Path) -> list[list[bool]]:
    """Which pixels of a PNG of eight bits a sample, grey or coloured, or of a palette of two, are dark."""
    data = file.read_bytes()
    place, packed, width, height, depth, kind, palette = 8, b"", 0, 0, 8, 0, b""
    while place < len(data):
        length, name = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if name == b"IHDR":
            width, height, depth, kind = struct.unpack(">IIBB", body[:10])
        palette = body if name == b"PLTE" else palette
        packed += body if name == b"IDAT" else b""
        place += length + 12
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    raw, line = zlib.decompress(packed), -(-width * samples * depth // 8)
    step, before, rows = max(1, samples * depth // 8), bytearray(line), []
    for start in range(0, height * (line + 1), line + 1):
        current = bytearray(raw[start + 1 : start + 1 + line])
        for index in range(line):
            left = current[index - step] if index >= step else 0
            corner = before[index - step] if index >= step else 0
            current[index] = (current[index] + _predicted(raw[start], left, before[index], corner)) & 255
        before = current
        rows.append([_dark(current, column, depth, samples, kind, palette) for column in range(width)])
    return rows


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        estimate = left + above - corner
        return min((left, above, corner), key=lambda value: abs(estimate - value))
    return (0, left, above, (left + above) // 2)[kind]


def _dark(line: bytearray, column: int, depth: int, samples: int, kind: int, palette: bytes) -> bool:
    if depth == 8:
        value = line[column * samples]
    else:
        value = line[column * depth // 8] >> (8 - depth - column * depth % 8) & (1 << depth) - 1
        value = value if kind == 3 else value * 255 // ((1 << depth) - 1)
    return (palette[3 * value] if kind == 3 else value) < 128


def modules(file: Path, side: int) -> list[list[bool]]:
    """The modules of a symbol that fills a picture but for its quiet zone."""
    rows = pixels(file)
    dark = [(row, column) for row, line in enumerate(rows) for column, pixel in enumerate(line) if pixel]
    top, left = min(row for row, _ in dark), min(column for _, column in dark)
    size = (max(row for row, _ in dark) - top + 1) / side
    return [[rows[int(top + (row + 0.5) * size)][int(left + (column + 0.5) * size)] for column in range(side)] for row in range(side)]


def codewords_of(picture: list[list[bool]]) -> tuple[datamatrix._Size, list[int]]:
    """The codewords of a symbol, by where our own drawing puts each bit."""
    size = next(size for size in datamatrix._SIZES if size.side == len(picture))
    count = size.data + size.correction
    probes = [[255 * (word >> bit & 1) for word in range(count)] for bit in range(count.bit_length())] + [
        [mask] * count for mask in (0xAA, 0xCC, 0xF0)
    ]
    drawn = [datamatrix._drawn(size, probe) for probe in probes]
    blank, full = datamatrix._drawn(size, [0] * count), datamatrix._drawn(size, [255] * count)
    found = [0] * count
    for row in range(size.side):
        for column in range(size.side):
            if blank[row][column] == full[row][column]:
                continue
            *word_bits, first, second, third = (probe[row][column] for probe in drawn)
            word = sum(bit << place for place, bit in enumerate(word_bits))
            found[word] |= picture[row][column] << (first + 2 * second + 4 * third)
    return size, found


def faults(size: datamatrix._Size, codewords: list[int]) -> list[int]:
    """The syndromes of each block that aren't zero: none in an undamaged symbol."""
    powers, _ = datamatrix._field()
    wrong = []
    for block in range(size.blocks):
        words = codewords[: size.data][block :: size.blocks] + codewords[size.data :][block :: size.blocks]
        for exponent in range(1, size.correction // size.blocks + 1):
            total = 0
            for word in words:
                total = datamatrix._product(total, powers[exponent]) ^ word
            wrong += [total] if total else []
    return wrong


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "side"),
    [("gs1-figure-4.15.1-2-32x32", 32), ("abcd-52x52", 52), ("abcdefg-64x64", 64)],
)
def test_published_symbols_have_their_codewords_where_ours_have_them(name: str, side: int) -> None:
    picture = modules(shared_path("barcode-images", "zxing-cpp", "datamatrix-1", f"{name}.png"), side)
    size, codewords = codewords_of(picture)
    assert faults(size, codewords) == []
    assert datamatrix._drawn(size, codewords) == picture


def test_every_size_is_free_of_faults() -> None:
    for size in datamatrix._SIZES:
        _, codewords = codewords_of(matrix_of([66] * size.data))
        assert faults(size, codewords) == []
        assert codewords[: size.data] == [66] * size.data


def test_gs1_datamatrix_begins_with_fnc1() -> None:
    _, codewords = codewords_of(gs1_datamatrix(read_bracketed("(01)09506000134352(10)ABC(21)1")))
    assert codewords[:14] == [232, 131, 139, 180, 190, 130, 143, 173, 182, 140, 66, 67, 68, 232]


def test_characters_of_code_128_are_told_apart() -> None:
    widths = _TABLE.split()
    assert (len(widths), len(set(widths))) == (106, 106)
    assert {sum(map(int, each)) for each in widths} == {11}
    assert {sum(map(int, each[::2])) % 2 for each in widths} == {0}


def values_of(widths: list[int]) -> list[int]:
    """The characters of a symbol, the stop left out."""
    table = _TABLE.split()
    return [table.index("".join(map(str, widths[place : place + 6]))) for place in range(0, len(widths) - 7, 6)]


def test_gs1_128_has_fnc1_pairs_of_digits_and_its_check_character() -> None:
    *values, check = values_of(gs1_128(read_bracketed("(01)09506000134352(10)AB-1(21)000123")))
    assert values == [105, 102, 1, 9, 50, 60, 0, 13, 43, 52, 10, 100, 33, 34, 13, 17, 102, 99, 21, 0, 1, 23]
    assert check == (values[0] + sum(place * value for place, value in enumerate(values))) % 103


def test_more_than_a_symbol_holds_is_refused() -> None:
    with pytest.raises(BarcodeError, match="48 characters"):
        gs1_128(read_bracketed(f"(01)09506000134352(10){'A' * 20}(21){'B' * 20}"))
    with pytest.raises(BarcodeError, match="too long for a QR code"):
        qr_svg("https://a.example/" + "é" * 3_000)


def test_pictures_are_small_and_well_formed() -> None:
    elements = read_bracketed("(01)09506000134352(10)ABC")
    for picture in (datamatrix_svg(elements), gs1_128_svg(elements), qr_svg("https://id.gs1.org/01/09506000134352")):
        assert fromstring(picture).tag.endswith("svg")
        assert len(picture) < 20_000

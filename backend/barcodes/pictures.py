"""Pictures of codes as SVG, with their quiet zones, one unit a module: scaled to any size without loss.

QR codes hold a Digital Link, as ISO/IEC 18004 with FNC1 is beyond the library that draws them; for element strings there are GS1 DataMatrix
and GS1-128.
"""

import io
from collections.abc import Iterable, Sequence
from itertools import groupby

import segno

from backend.barcodes.code128 import gs1_128
from backend.barcodes.datamatrix import gs1_datamatrix
from backend.barcodes.elements import Element
from backend.barcodes.errors import BarcodeError

_MATRIX_QUIET = 1
_BAR_QUIET = 10
_BAR_HEIGHT = 40


def qr_svg(link: str) -> str:
    """A QR code of a web address (ISO/IEC 18004), correction level M. Raises `BarcodeError` for one that is too long."""
    image = io.BytesIO()
    try:
        segno.make_qr(link, error="m").save(image, kind="svg", xmldecl=False, omitsize=True, border=4)
    except segno.DataOverflowError as problem:
        raise BarcodeError("TOO_LONG", "The address is too long for a QR code.") from problem
    return image.getvalue().decode()


def datamatrix_svg(elements: Sequence[Element]) -> str:
    """A GS1 DataMatrix. Raises `BarcodeError` for more than one holds."""
    rows = gs1_datamatrix(list(elements))
    side = len(rows) + 2 * _MATRIX_QUIET
    return _svg(side, side, (line for row, modules in enumerate(rows) for line in _runs(row, modules)))


def gs1_128_svg(elements: Sequence[Element]) -> str:
    """A GS1-128. Raises `BarcodeError` for more than one holds."""
    widths = gs1_128(list(elements))
    place, bars = _BAR_QUIET, []
    for number, width in enumerate(widths):
        if number % 2 == 0:
            bars.append(f"M{place} 0h{width}v{_BAR_HEIGHT}h-{width}z")
        place += width
    return _svg(place + _BAR_QUIET, _BAR_HEIGHT, bars)


def _runs(row: int, modules: Sequence[bool]) -> Iterable[str]:
    """The dark stretches of a row."""
    column = _MATRIX_QUIET
    for dark, run in groupby(modules):
        width = len(list(run))
        if dark:
            yield f"M{column} {row + _MATRIX_QUIET}h{width}v1h-{width}z"
        column += width


def _svg(width: int, height: int, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{width}v{height}h-{width}z"/><path d="{"".join(parts)}"/></svg>'
    )

"""Units of measure as people write them."""

from collections.abc import Mapping
from typing import Final

# Codes of UN/CEFACT Recommendation 20.
_SYMBOLS: Final[Mapping[str, str]] = {
    "KGM": "kg", "GRM": "g", "MGM": "mg", "TNE": "t", "LTR": "L", "MLT": "mL", "HLT": "hL", "MTQ": "m³", "MTR": "m", "CMT": "cm", "MMT": "mm",
    "MTK": "m²", "LBR": "lb", "CEL": "°C", "FAH": "°F", "KEL": "K", "P1": "%", "BAR": "bar", "PAL": "Pa", "KPA": "kPa", "A97": "hPa", "MIN": "min",
    "HUR": "h", "SEC": "s",
    "GK": "g/kg", "NA": "mg/kg", "J33": "µg/kg", "M29": "kg/kg", "NX": "‰", "59": "ppm", "61": "ppb", "GL": "g/L", "M1": "mg/L", "H29": "µg/L",
    "23": "g/cm³", "KMQ": "kg/m³", "GP": "mg/m³", "GJ": "g/mL", "Q30": "pH", "4H": "µm", "NEW": "N", "B47": "kN", "NU": "N·m", "C56": "N/mm²",
    "MPA": "MPa", "MBR": "mbar", "VLT": "V", "AMP": "A", "WTT": "W", "KWT": "kW", "HTZ": "Hz",
}  # fmt: skip


def symbol(uom: str | None) -> str:
    """The sign of a unit; a code that has none here is written as it is."""
    return _SYMBOLS.get(uom or "", uom or "")

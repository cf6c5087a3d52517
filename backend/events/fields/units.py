"""Units of measure of sensor reports (UN/CEFACT Recommendation 20) in one unit for each kind of quantity, so that 5 °C equals 41 °F."""

from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Final

_F = Fraction
# Most sensors tell degrees Celsius, and adding decimals takes a twentieth of the time of adding fractions.
_EXACTLY: Final = Context(prec=80, traps=[Inexact])
_KELVINS: Final = Decimal("273.15")
_DEGREE: Final = (_F(27315, 100), _F(45967, 100))
# unit: (the unit that it is kept in, how many of those it is)
_FACTORS: Final[dict[str, tuple[str, Fraction]]] = {
    # mass
    "KGM": ("KGM", _F(1)), "GRM": ("KGM", _F(1, 1000)), "MGM": ("KGM", _F(1, 10**6)), "MC": ("KGM", _F(1, 10**9)), "TNE": ("KGM", _F(1000)),
    "LBR": ("KGM", _F(45359237, 10**8)), "ONZ": ("KGM", _F(45359237, 16 * 10**8)),
    # length
    "MTR": ("MTR", _F(1)), "KMT": ("MTR", _F(1000)), "DMT": ("MTR", _F(1, 10)), "CMT": ("MTR", _F(1, 100)), "MMT": ("MTR", _F(1, 1000)),
    "4H": ("MTR", _F(1, 10**6)), "INH": ("MTR", _F(254, 10**4)), "FOT": ("MTR", _F(3048, 10**4)), "YRD": ("MTR", _F(9144, 10**4)),
    "SMI": ("MTR", _F(1609344, 1000)), "NMI": ("MTR", _F(1852)),
    # area and volume
    "MTK": ("MTK", _F(1)), "CMK": ("MTK", _F(1, 10**4)), "MMK": ("MTK", _F(1, 10**6)),
    "MTQ": ("MTQ", _F(1)), "LTR": ("MTQ", _F(1, 1000)), "DMQ": ("MTQ", _F(1, 1000)), "CLT": ("MTQ", _F(1, 10**5)), "MLT": ("MTQ", _F(1, 10**6)),
    "CMQ": ("MTQ", _F(1, 10**6)), "HLT": ("MTQ", _F(1, 10)),
    # time
    "SEC": ("SEC", _F(1)), "MIN": ("SEC", _F(60)), "HUR": ("SEC", _F(3600)), "DAY": ("SEC", _F(86400)), "C26": ("SEC", _F(1, 1000)),
    "B98": ("SEC", _F(1, 10**6)),
    # pressure
    "PAL": ("PAL", _F(1)), "A97": ("PAL", _F(100)), "KPA": ("PAL", _F(1000)), "MPA": ("PAL", _F(10**6)), "BAR": ("PAL", _F(10**5)),
    "MBR": ("PAL", _F(100)), "ATM": ("PAL", _F(101325)),
    # speed and acceleration
    "MTS": ("MTS", _F(1)), "KMH": ("MTS", _F(1000, 3600)), "HM": ("MTS", _F(1609344, 3600000)),
    "MSK": ("MSK", _F(1)), "K40": ("MSK", _F(980665, 10**5)),
    # electricity, power, energy, frequency
    "VLT": ("VLT", _F(1)), "2Z": ("VLT", _F(1, 1000)), "KVT": ("VLT", _F(1000)), "AMP": ("AMP", _F(1)), "4K": ("AMP", _F(1, 1000)),
    "WTT": ("WTT", _F(1)), "KWT": ("WTT", _F(1000)), "MAW": ("WTT", _F(10**6)), "JOU": ("JOU", _F(1)), "KJO": ("JOU", _F(1000)),
    "KWH": ("JOU", _F(3600000)), "WHR": ("JOU", _F(3600)), "HTZ": ("HTZ", _F(1)), "KHZ": ("HTZ", _F(1000)), "MHZ": ("HTZ", _F(10**6)),
}  # fmt: skip


def base_unit(unit: str) -> str:
    """The unit in which its kind of quantity is kept; an unknown one is kept as it is."""
    if unit in ("CEL", "FAH", "KEL"):
        return "KEL"
    return _FACTORS[unit][0] if unit in _FACTORS else unit


def in_base_unit(value: int | Decimal, unit: str, *, spread: bool = False) -> float:
    """The value in that unit. A `spread` (a standard deviation) has no zero point to move. Exact until the last step: equals stay equal."""
    if unit == "CEL" and not spread:
        try:
            return float(_EXACTLY.add(Decimal(value), _KELVINS))
        except Inexact:
            return float(Fraction(value) + _DEGREE[0])
    exact = Fraction(value)
    if unit == "FAH":
        exact = (exact + (0 if spread else _DEGREE[1])) * 5 / 9
    elif unit in _FACTORS:
        exact *= _FACTORS[unit][1]
    return float(exact)

"""Units of measure of sensor reports (UN/CEFACT Recommendation 20) in one unit for each kind of quantity, so that 5 °C equals 41 °F."""

from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Final

from backend.units.factors import FACTORS

# Most sensors tell degrees Celsius, and adding decimals takes a twentieth of the time of adding fractions.
_EXACTLY: Final = Context(prec=80, traps=[Inexact])
_KELVINS: Final = Decimal("273.15")
_DEGREE: Final = (Fraction(27315, 100), Fraction(45967, 100))
# By the unit in which a kind of quantity is kept, those that are brought to it. What is kept stays as it was captured: a code that is added
# here needs the fields of stored events filled again.
_KEPT: Final = {
    "KGM": "KGM GRM MGM MC TNE LBR ONZ",
    "MTR": "MTR KMT DMT CMT MMT 4H INH FOT YRD SMI NMI",
    "MTK": "MTK CMK MMK",
    "MTQ": "MTQ LTR DMQ CLT MLT CMQ HLT",
    "SEC": "SEC MIN HUR DAY C26 B98",
    "PAL": "PAL A97 KPA MPA BAR MBR ATM",
    "MTS": "MTS KMH HM",
    "MSK": "MSK K40",
    "VLT": "VLT 2Z KVT",
    "AMP": "AMP 4K",
    "WTT": "WTT KWT MAW",
    "JOU": "JOU KJO KWH WHR",
    "HTZ": "HTZ KHZ MHZ",
}
# unit: (the unit that it is kept in, how many of those it is)
_FACTORS: Final = {code: (base, FACTORS[code] / FACTORS[base]) for base, codes in _KEPT.items() for code in codes.split()}


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

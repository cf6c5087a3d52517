"""Units in which characteristics are measured (UN/CEFACT Recommendation 20): compared by what they measure and converted exactly."""

from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from backend.units.amounts import IncomparableUnitsError, decimal_of
from backend.units.factors import FACTORS, GOODS, Dimension
from backend.units.sensors import base_unit

# What laboratories and gauges tell beside what goods are told in: contents by mass and by volume, ratios, densities, forces, stresses.
_MORE: Final[dict[str, dict[str, str]]] = {
    "mass fraction": {"M29": "1", "GK": "0.001", "NA": "0.000001", "J33": "0.000000001"},
    "ratio": {"P1": "0.01", "NX": "0.001", "59": "0.000001", "61": "0.000000001"},
    "density": {
        "KMQ": "1", "GL": "1", "23": "1000", "GJ": "1000", "B35": "1000", "A93": "0.001", "M1": "0.001", "GP": "0.000001", "H29": "0.000001",
        "GQ": "0.000000001",
    },
    "force": {"NEW": "1", "B47": "1000"},
    "torque": {"NU": "1"},
    "acidity": {"Q30": "1"},
}  # fmt: skip
_STRESS: Final = {"C56": 1_000_000}
# Degrees have a zero point of their own: (factor, offset) to kelvins.
_DEGREES: Final = {
    "KEL": (Fraction(1), Fraction(0)),
    "CEL": (Fraction(1), Fraction(27315, 100)),
    "FAH": (Fraction(5, 9), Fraction(45967, 180)),
}
# As people and laboratories write them; the code itself is always understood.
_SYMBOLS: Final = {
    "mg/kg": "NA", "毫克/千克": "NA", "ug/kg": "J33", "µg/kg": "J33", "μg/kg": "J33", "微克/千克": "J33", "g/kg": "GK", "kg/kg": "M29",
    "%": "P1", "百分比": "P1", "‰": "NX", "ppm": "59", "ppb": "61", "mg/l": "M1", "毫克/升": "M1", "g/l": "GL", "ug/l": "H29", "µg/l": "H29",
    "μg/l": "H29", "微克/升": "H29", "g/cm3": "23", "g/cm³": "23", "kg/m3": "KMQ", "kg/m³": "KMQ", "mg/m3": "GP", "mg/m³": "GP", "g/ml": "GJ",
    "℃": "CEL", "°c": "CEL", "摄氏度": "CEL", "°f": "FAH", "℉": "FAH", "k": "KEL", "ph": "Q30",
    "mm": "MMT", "毫米": "MMT", "cm": "CMT", "厘米": "CMT",
    "m": "MTR", "米": "MTR", "um": "4H", "µm": "4H", "μm": "4H", "微米": "4H", "kg": "KGM", "千克": "KGM", "公斤": "KGM", "g": "GRM", "克": "GRM",
    "mg": "MGM", "毫克": "MGM", "t": "TNE", "吨": "TNE", "l": "LTR", "升": "LTR", "ml": "MLT", "毫升": "MLT", "n": "NEW", "kn": "B47", "n·m": "NU",
    "n.m": "NU", "n/mm2": "C56", "n/mm²": "C56", "pa": "PAL", "kpa": "KPA", "mpa": "MPA", "bar": "BAR", "mbar": "MBR", "v": "VLT", "a": "AMP",
    "w": "WTT", "kw": "KWT", "s": "SEC", "秒": "SEC", "min": "MIN", "分钟": "MIN", "h": "HUR", "小时": "HUR", "hz": "HTZ", "pcs": "H87", "个": "H87",
}  # fmt: skip


class _Measure(NamedTuple):
    account: str
    factor: Fraction
    offset: Fraction


def _measures() -> dict[str, _Measure]:
    found = {code: _Measure(base_unit(code), factor, Fraction(0)) for code, factor in FACTORS.items()}
    # What is told of goods has the goods' dimension, with every unit that it has.
    found |= {code: _Measure(dimension, FACTORS[code], Fraction(0)) for dimension, codes in GOODS.items() for code in codes}
    found |= {code: _Measure(account, Fraction(factor), Fraction(0)) for account, codes in _MORE.items() for code, factor in codes.items()}
    found |= {code: _Measure("PAL", Fraction(factor), Fraction(0)) for code, factor in _STRESS.items()}
    found["NMI"] = _Measure(Dimension.LENGTH, FACTORS["NMI"], Fraction(0))
    return found | {code: _Measure("KEL", factor, offset) for code, (factor, offset) in _DEGREES.items()}


_MEASURES: Final = _measures()


def is_known(code: str) -> bool:
    """Whether the code converts to others; any other code is comparable with itself alone."""
    return code in _MEASURES


def comparable(first: str, second: str) -> bool:
    """Whether values in these two units measure the same thing."""
    return first == second or (first in _MEASURES and second in _MEASURES and _MEASURES[first].account == _MEASURES[second].account)


def convert(value: Decimal, source: str, target: str, *, spread: bool = False) -> Decimal:
    """The same value in another unit, exactly (34 digits where no decimal number is exact); raises `IncomparableUnitsError`.

    A `spread` (an uncertainty, a difference) has no zero point to move.
    """
    if source == target:
        return value
    if not comparable(source, target):
        raise IncomparableUnitsError(source, target)
    one, other = _MEASURES[source], _MEASURES[target]
    moved = Fraction(0) if spread else one.offset - other.offset
    return decimal_of((Fraction(value) * one.factor + moved) / other.factor)


def code_of(text: str) -> str:
    """The code that a unit's usual symbol stands for ("mg/kg" is NA); any other text as it is, in capitals."""
    cleaned = text.strip()
    return cleaned if is_known(cleaned) else _SYMBOLS.get(cleaned.lower().replace(" ", "").replace("／", "/"), cleaned.upper())

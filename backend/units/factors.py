"""How many of its dimension's base each unit is, exactly: the one table of factors (UN/CEFACT Recommendation 20).

From the definitions: metric, international yard and pound (1959), US and imperial gallon, nautical mile (1929), standard atmosphere.
"""

from enum import StrEnum
from fractions import Fraction
from typing import Final


class Dimension(StrEnum):
    """What a unit measures. Pieces and kilograms of one lot are two accounts, and nothing converts between them."""

    COUNT = "count"
    MASS = "mass"
    VOLUME = "volume"
    LENGTH = "length"
    AREA = "area"
    OTHER = "other"


# Of goods, by dimension; pieces have no code (EPCIS 2.0 §7.3.3).
GOODS: Final[dict[Dimension, dict[str, str]]] = {
    Dimension.COUNT: {"": "1", "C62": "1", "EA": "1", "H87": "1", "NIU": "1", "PR": "2", "DZN": "12", "CEN": "100", "GRO": "144", "MIL": "1000"},
    Dimension.MASS: {
        "KGM": "1", "GRM": "0.001", "MGM": "0.000001", "MC": "0.000000001", "HGM": "0.1", "DJ": "0.01", "DTN": "100", "TNE": "1000",
        "KTN": "1000000", "LBR": "0.45359237", "ONZ": "0.028349523125", "GRN": "0.00006479891", "APZ": "0.0311034768", "CTM": "0.0002",
        "STI": "6.35029318", "CWA": "45.359237", "CWI": "50.80234544", "STN": "907.18474", "LTN": "1016.0469088",
    },
    Dimension.VOLUME: {
        "LTR": "1", "MLT": "0.001", "CLT": "0.01", "DLT": "0.1", "A44": "10", "HLT": "100", "K6": "1000", "MAL": "1000000", "4G": "0.000001",
        "MTQ": "1000", "DMQ": "1", "CMQ": "0.001", "MMQ": "0.000001", "GLL": "3.785411784", "GLI": "4.54609", "QTL": "0.946352946",
        "QTI": "1.1365225", "PTL": "0.473176473", "PTI": "0.56826125", "OZA": "0.0295735295625", "OZI": "0.0284130625", "BLL": "158.987294928",
        "INQ": "0.016387064", "FTQ": "28.316846592", "YDQ": "764.554857984",
    },
    Dimension.LENGTH: {
        "MTR": "1", "4H": "0.000001", "MMT": "0.001", "CMT": "0.01", "DMT": "0.1", "A45": "10", "HMT": "100", "KMT": "1000", "INH": "0.0254",
        "FOT": "0.3048", "YRD": "0.9144", "SMI": "1609.344",
    },
    Dimension.AREA: {
        "MTK": "1", "MMK": "0.000001", "CMK": "0.0001", "DMK": "0.01", "KMK": "1000000", "ARE": "100", "HAR": "10000", "INK": "0.00064516",
        "FTK": "0.09290304", "YDK": "0.83612736",
    },
}  # fmt: skip
# In which no quantity of goods is told: nautical miles; time, pressure, speed, acceleration, electricity, power, energy, frequency.
_OTHERS: Final[dict[str, str]] = {
    "NMI": "1852",
    "SEC": "1", "MIN": "60", "HUR": "3600", "DAY": "86400", "C26": "0.001", "B98": "0.000001",
    "PAL": "1", "A97": "100", "KPA": "1000", "MPA": "1000000", "BAR": "100000", "MBR": "100", "ATM": "101325",
    "MTS": "1", "KMH": "5/18", "HM": "0.44704", "MSK": "1", "K40": "9.80665",
    "VLT": "1", "2Z": "0.001", "KVT": "1000", "AMP": "1", "4K": "0.001",
    "WTT": "1", "KWT": "1000", "MAW": "1000000", "JOU": "1", "KJO": "1000", "KWH": "3600000", "WHR": "3600",
    "HTZ": "1", "KHZ": "1000", "MHZ": "1000000",
}  # fmt: skip
FACTORS: Final = {code: Fraction(factor) for codes in (*GOODS.values(), _OTHERS) for code, factor in codes.items()}

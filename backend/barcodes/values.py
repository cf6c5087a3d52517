"""What element values mean: dates, measures with their decimals, amounts with their currency (GS1 General Specifications §3, §7.12)."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from backend.barcodes.codes import CURRENCIES
from backend.barcodes.elements import Element

_DATES: Final = frozenset(("11", "12", "13", "15", "16", "17", "7006", "4326"))
_PERIODS: Final = frozenset(("7007",))
_TIMES: Final = frozenset(("7003", "8008", "4324", "4325", "7011"))
_COUNTS: Final = frozenset(("30", "37"))
# Hundredths of degrees Fahrenheit and Celsius.
_TEMPERATURES: Final = {"4330": "FAH", "4331": "CEL", "4332": "FAH", "4333": "CEL"}
_FULL_DATES: Final = frozenset(("7250", "7251"))
# Units of UN/ECE Recommendation 20 by the first three digits of the identifier, net and logistic alike.
_UNITS: Final = {
    **dict.fromkeys(("310", "330"), "KGM"), **dict.fromkeys(("311", "312", "313", "331", "332", "333"), "MTR"),
    **dict.fromkeys(("314", "334"), "MTK"), **dict.fromkeys(("315", "335"), "LTR"), **dict.fromkeys(("316", "336"), "MTQ"),
    **dict.fromkeys(("320", "340"), "LBR"), **dict.fromkeys(("321", "324", "327", "341", "344", "347"), "INH"),
    **dict.fromkeys(("322", "325", "328", "342", "345", "348"), "FOT"), **dict.fromkeys(("323", "326", "329", "343", "346", "349"), "YRD"),
    **dict.fromkeys(("350", "353"), "INK"), **dict.fromkeys(("351", "354"), "FTK"), **dict.fromkeys(("352", "355"), "YDK"), "356": "APZ",
    "357": "ONZ", **dict.fromkeys(("360", "362"), "QTL"), **dict.fromkeys(("361", "363"), "GLL"), **dict.fromkeys(("364", "367"), "INQ"),
    **dict.fromkeys(("365", "368"), "FTQ"), **dict.fromkeys(("366", "369"), "YDQ"), "337": "28",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its unit of measure (UN/ECE Recommendation 20)."""

    value: Decimal
    uom: str


@dataclass(frozen=True, slots=True)
class Amount:
    """Money; `currency` is None where the identifier means the currency of the place."""

    value: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class Percentage:
    """Of a hundred."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Degrees on WGS 84, north and east."""

    latitude: Decimal
    longitude: Decimal


Value = date | datetime | tuple[date, date] | Measure | Amount | Percentage | Coordinates | int | str


def value_of(element: Element, *, today: date) -> Value:
    """What the value means; text where it is just text. `today` decides the century of years of two digits."""
    ai, text = element.ai, element.value
    if ai in _COUNTS:
        return int(text)
    quantity = _quantity(ai, text) if len(ai) == 4 else None
    return quantity or _time(ai, text, today) or text


def _quantity(ai: str, text: str) -> Measure | Amount | Percentage | Coordinates | None:
    if ai[:3] in _UNITS:
        return Measure(_decimals(text, ai), _UNITS[ai[:3]])
    if ai[:3] in ("390", "392", "395"):
        return Amount(_decimals(text, ai), None)
    if ai[:3] in ("391", "393"):
        return Amount(_decimals(text[3:], ai), CURRENCIES[text[:3]])
    if ai[:3] == "394":
        return Percentage(_decimals(text, ai))
    if ai == "4309":
        # Both are shifted so that no digits are needed for a sign (§3.5).
        return Coordinates(Decimal(text[:10]).scaleb(-7) - 90, _wrapped(Decimal(text[10:]).scaleb(-7)))
    return _temperature(ai, text) if ai in _TEMPERATURES else None


def _temperature(ai: str, text: str) -> Measure:
    degrees = Decimal(text[:6]).scaleb(-2)
    return Measure(-degrees if text.endswith("-") else degrees, _TEMPERATURES[ai])


def _wrapped(degrees: Decimal) -> Decimal:
    return degrees - 360 if degrees > 180 else degrees


def _time(ai: str, text: str, today: date) -> date | datetime | tuple[date, date] | None:
    if ai in _DATES:
        return read_date(text[:6], today)
    if ai in _PERIODS:
        begin = read_date(text[:6], today)
        return (begin, read_date(text[6:12], today) if len(text) > 6 else begin)
    if ai in _FULL_DATES:
        return _full_date(text)
    return _moment(text, today) if ai in _TIMES else None


def _full_date(text: str) -> date | datetime:
    """YYYYMMDD, with hours and minutes on request; such dates have no day 00."""
    day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    if len(text) == 8:
        return day
    return datetime(day.year, day.month, day.day, int(text[8:10]), int(text[10:12]))  # noqa: DTZ001 - the code doesn't say where the clock hangs


def _decimals(text: str, ai: str) -> Decimal:
    """The last digit of the identifier says how many of the digits are decimals."""
    return Decimal(text).scaleb(-int(ai[3]))


def read_date(text: str, today: date) -> date:
    """YYMMDD, in the century that puts it at most 49 years back and 50 ahead; day 00 is the month's last (§7.12)."""
    year = _year(int(text[:2]), today)
    month, day = int(text[2:4]), int(text[4:6])
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _year(two_digits: int, today: date) -> int:
    century = today.year - today.year % 100
    ahead = two_digits - today.year % 100
    if ahead >= 51:
        return century - 100 + two_digits
    return century + (100 if ahead <= -50 else 0) + two_digits


def _moment(text: str, today: date) -> datetime | date:
    day = read_date(text[:6], today)
    clock = text[6:]
    if not clock or clock == "9999":
        # "9999" says that no time is given.
        return day
    hour, minute, second = (int(clock[place : place + 2] or 0) for place in (0, 2, 4))
    return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - the code doesn't say where the clock hangs

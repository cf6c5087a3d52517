"""Quantities of goods in units of measure (UN/CEFACT Recommendation 20): converted exactly, and never added across dimensions."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

from backend.units.factors import FACTORS, GOODS, Dimension
from infra.errors import InvalidInputError

# The code in which sums of a dimension are told where their parts come in several; pieces have none (EPCIS 2.0 §7.3.3).
BASES: Final = {Dimension.COUNT: "", Dimension.MASS: "KGM", Dimension.VOLUME: "LTR", Dimension.LENGTH: "MTR", Dimension.AREA: "MTK"}

_PRECISION: Final = 34


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure; `factor` leads to the base of its dimension. One that the list doesn't have is comparable with itself alone."""

    code: str
    dimension: Dimension
    factor: Fraction

    @property
    def account(self) -> str:
        """What may be added: the dimension, or for a code that isn't known the code."""
        return str(self.dimension) if self.dimension is not Dimension.OTHER else f"other:{self.code}"


_KNOWN: Final = {code: Unit(code, dimension, FACTORS[code]) for dimension, codes in GOODS.items() for code in codes}


class IncomparableUnitsError(InvalidInputError):
    """Quantities of two dimensions were to be added, compared or converted."""

    code = "UNITS_NOT_COMPARABLE"

    def __init__(self, first: str, second: str) -> None:
        super().__init__(
            f"“{first or 'pieces'}” and “{second or 'pieces'}” measure different things, so they can't be added or converted. "
            "Ask for each by itself, or record the goods in one of them.",
            field="uom",
        )


def unit_of(code: str | None) -> Unit:
    """The unit of a code; None and the empty code count pieces."""
    given = code or ""
    return _KNOWN.get(given) or Unit(given, Dimension.OTHER, Fraction(1))


def comparable(first: str | None, second: str | None) -> bool:
    """Whether quantities in these two units can be added."""
    return unit_of(first).account == unit_of(second).account


def to_base(quantity: Decimal | Fraction, code: str | None) -> Fraction:
    """The quantity in the base of its dimension, exactly."""
    return Fraction(quantity) * unit_of(code).factor


def from_base(quantity: Fraction, code: str | None) -> Decimal:
    """A quantity in the base as one in `code`."""
    return decimal_of(quantity / unit_of(code).factor)


def convert(quantity: Decimal, source: str | None, target: str | None) -> Decimal:
    """The same quantity in another unit; raises `IncomparableUnitsError`. Exact, but for what no decimal number is: 34 digits of that."""
    if not comparable(source, target):
        raise IncomparableUnitsError(source or "", target or "")
    return quantity if (source or "") == (target or "") else from_base(to_base(quantity, source), target)


def decimal_of(value: Fraction) -> Decimal:
    """The number as a decimal: exact where it has an end, else 34 digits of it (IEEE 754 decimal128); without needless noughts."""
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    with localcontext() as context:
        places = max(twos, fives)
        if denominator == 1:
            scaled = value.numerator * 10**places // value.denominator
            context.prec = max(_PRECISION, len(str(abs(scaled))))
            return _plain(Decimal(scaled).scaleb(-places))
        context.prec = _PRECISION
        return _plain(Decimal(value.numerator) / Decimal(value.denominator))


def _plain(value: Decimal) -> Decimal:
    """Without noughts behind the point and without an exponent: 1.50 is 1.5, 1E+2 is 100."""
    return Decimal(f"{value.normalize():f}")


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity with its unit of measure, which is empty for pieces."""

    quantity: Decimal
    uom: str

    @property
    def account(self) -> str:
        """What it may be added to."""
        return unit_of(self.uom).account


class Sums:
    """Amounts added up exactly, one account for each dimension. An account is told in the unit of its parts where they have one."""

    def __init__(self, amounts: Iterable[Amount] = ()) -> None:
        self._sums: dict[str, Fraction] = {}
        self._codes: dict[str, set[str]] = {}
        for amount in amounts:
            self.add(amount.quantity, amount.uom)

    def add(self, quantity: Decimal | Fraction, uom: str | None) -> None:
        """Add to the account of the unit's dimension."""
        unit = unit_of(uom)
        self._sums[unit.account] = self._sums.get(unit.account, Fraction(0)) + to_base(quantity, uom)
        self._codes.setdefault(unit.account, set()).add(unit.code)

    @property
    def accounts(self) -> list[str]:
        """The accounts that something was added to, in order."""
        return sorted(self._sums)

    def base(self, account: str) -> Fraction:
        """An account's sum in its base; nought where nothing was added."""
        return self._sums.get(account, Fraction(0))

    def codes(self, account: str) -> set[str]:
        """The units in which an account's parts were told."""
        return self._codes.get(account, set())

    def amounts(self) -> list[Amount]:
        """Each account's sum."""
        return [told(self._sums[account], account, self._codes[account]) for account in self.accounts]


def told(base: Fraction, account: str, codes: Iterable[str]) -> Amount:
    """A sum in the one unit in which its parts were told, else in the base of its dimension."""
    code = code_of(account, codes)
    return Amount(from_base(base, code), code)


def code_of(account: str, codes: Iterable[str]) -> str:
    """The unit in which an account is told: the one of its parts, where they have one."""
    found = set(codes)
    if account.startswith("other:"):
        return account.removeprefix("other:")
    return found.pop() if len(found) == 1 else BASES[Dimension(account)]

"""Yields: what came out over what went in, account by account."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from backend.units.amounts import Amount, Sums, code_of, from_base


@dataclass(frozen=True, slots=True)
class Yield:
    """Out over in of one account of one or more steps; `loss` is in less out. None where one side isn't told, or only in part."""

    uom: str
    put_in: Decimal
    came_out: Decimal
    loss: Decimal
    ratio: Decimal | None


def yields_of(put_in: Iterable[Amount], came_out: Iterable[Amount]) -> list[Yield]:
    """Yields by account, for the accounts in which something came out; nothing is converted between them."""
    ins, outs = Sums(put_in), Sums(came_out)
    found = []
    for account in outs.accounts:
        code = code_of(account, ins.codes(account) | outs.codes(account))
        before, after = ins.base(account), outs.base(account)
        ratio = from_base(after / before, "") if before > 0 else None
        found.append(Yield(code, from_base(before, code), from_base(after, code), from_base(before - after, code), ratio))
    return found

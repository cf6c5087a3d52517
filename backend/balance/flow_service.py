"""Mass balances of a lot and of a product, and yields by step type."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.balance import flow_repository
from backend.balance.errors import BalanceTooLargeError, NotALotError
from backend.balance.flow_repository import Asked
from backend.balance.flows import balance_of
from backend.balance.lines import Balance, LineKind, Linked, Moved, Shipped, Untold
from backend.balance.service import tank_shares
from backend.balance.tanks import Basis, TankPolicy
from backend.balance.yields import Yield, yields_of
from backend.catalog.sites import Sites
from backend.events.canonical import Action, EventType
from backend.genealogy.rules import RECEIVING_STEPS, Certainty
from backend.identifiers import ObjectKind, parse_identifier
from backend.identifiers.errors import InvalidIdentifierError
from backend.objects import service as objects
from backend.objects.service import TraceableObject
from backend.units.amounts import Amount
from infra import clock
from infra.database import Record, TenantTransaction
from infra.errors import InvalidInputError

# A lot with its units, or a product's lots and units: what one statement adds up in time.
MAXIMUM_OBJECTS: Final = 100_000
MAXIMUM_TANKS: Final = 10


@dataclass(frozen=True, slots=True)
class LotBalance:
    """A lot's balance at `until`, of the time from `since`. `policy` told what was drawn from tanks. `partial`: of one's own sites alone."""

    lot: TraceableObject
    since: datetime | None
    until: datetime
    policy: TankPolicy
    partial: bool
    balance: Balance


@dataclass(frozen=True, slots=True)
class StepYield:
    """The steps of one kind that made a product: what went in and came out, by account; so many lines without a quantity are in no sum."""

    step: str | None
    steps: int
    untold: int
    yields: tuple[Yield, ...]


@dataclass(frozen=True, slots=True)
class ProductBalance:
    """A product's balance of a time over all its lots and units, with the yields of the steps that made it.

    How many they are isn't told to who is limited to sites.
    """

    gtin: str
    since: datetime | None
    until: datetime
    partial: bool
    lots_and_units: int | None
    balance: Balance
    step_yields: tuple[StepYield, ...]


async def lot_balance(
    tx: TenantTransaction,
    key: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    policy: TankPolicy = TankPolicy.EVERYTHING_SINCE_CLEANING,
    sites: Sites | None = None,
) -> LotBalance:
    """What became of a lot by `until` (now by default), and within the time from `since` on.

    With `sites` what is told there alone. Raises `ObjectNotFoundError`, `NotALotError`, `BalanceTooLargeError`.
    """
    lot = await objects.find(tx, key, sites)
    if lot.kind is not ObjectKind.LOT:
        raise NotALotError(f"{lot.uri} is no lot. Ask for the balance of a lot; a tank has its own question.", field="key")
    moment = _period(since, until)
    units = await flow_repository.units_of(tx, lot.object_id, MAXIMUM_OBJECTS + 1)
    _refuse_too_large(len(units), lot.uri)
    asked = Asked([lot.object_id], units, since, moment, sites)
    balance = await _balance(tx, asked, await _drawn(tx, lot.object_id, policy, asked))
    return LotBalance(lot, since, moment, policy, sites is not None, balance)


async def product_balance(
    tx: TenantTransaction, gtin: str, *, since: datetime | None = None, until: datetime | None = None, sites: Sites | None = None
) -> ProductBalance:
    """Opening, in, out and closing of a product over a time, added up in the database over all its lots and units.

    What was drawn from tanks isn't told here. A product of which nothing is known has empty accounts. Raises `BalanceTooLargeError`.
    """
    moment = _period(since, until)
    product = _gtin(gtin)
    found = await flow_repository.of_product(tx, product, MAXIMUM_OBJECTS + 1)
    _refuse_too_large(len(found), product)
    lots, units = ([row["object_id"] for row in found if row["kind"] == kind] for kind in (ObjectKind.LOT, ObjectKind.UNIT))
    asked = Asked(lots, units, since, moment, sites)
    balance = await _balance(tx, asked, [])
    rows = await flow_repository.yields(tx, asked)
    return ProductBalance(product, since, moment, sites is not None, len(found) if sites is None else None, balance, _step_yields(rows))


def _gtin(text: str) -> str:
    """The GTIN of a product, however it is written; any other text as it is: nothing is known under it."""
    try:
        found = parse_identifier(text.strip())
    except InvalidIdentifierError:
        digits = text.strip()
        return digits.zfill(14) if digits.isascii() and digits.isdigit() and len(digits) <= 14 else digits
    return found.gtin or found.key


def _period(since: datetime | None, until: datetime | None) -> datetime:
    moment = until or clock.now()
    if since is not None and since > moment:
        raise InvalidInputError("The time ends before it begins: “since” must be earlier than “asOf”, or than now without it.", field="since")
    return moment


def _refuse_too_large(count: int, name: str) -> None:
    if count > MAXIMUM_OBJECTS:
        raise BalanceTooLargeError(
            f"{name} has more than {MAXIMUM_OBJECTS} lots and units, which one answer can't add up. Ask for its lots one by one.", field="key"
        )


async def _balance(tx: TenantTransaction, asked: Asked, drawn: list[Linked]) -> Balance:
    moved = [_moved(row) for row in await flow_repository.moved(tx, asked)]
    linked = [
        Linked(row["made"], row["biz_step"], row["uom"], row["quantity"], row["told"], row["untold"], row["before"])
        for row in await flow_repository.linked(tx, asked)
    ]
    shipped = [
        Shipped(
            row["from_place"], row["to_party"], row["internal"], row["uom"], row["quantity"], row["told"], row["untold"],
            Certainty(row["certainty"]), row["before"],
        )
        for row in await flow_repository.shipped(tx, asked)
    ]  # fmt: skip
    untold = [Untold(_kind_of(row), row["biz_step"], row["events"]) for row in await flow_repository.untold(tx, asked)]
    return balance_of(moved, [*linked, *drawn], shipped, untold)


def _moved(row: Record) -> Moved:
    return Moved(
        EventType(row["event_type"]), Action(row["action"]) if row["action"] else None, row["biz_step"], row["disposition"], row["place"],
        row["uom"], row["counterparty"], row["is_unit"], row["via"], row["quantity"], row["events"], row["before"], row["internal"],
    )  # fmt: skip


def _kind_of(row: Record) -> LineKind:
    if row["biz_step"] in RECEIVING_STEPS:
        return LineKind.RECEIVED
    return LineKind.MADE if row["action"] == Action.ADD else LineKind.DESTROYED


async def _drawn(tx: TenantTransaction, lot_id: int, policy: TankPolicy, asked: Asked) -> list[Linked]:
    """What the draws of tanks took of a lot, by the policy. A draw that took none of it by the policy is no line."""
    found = []
    for tank_id in await flow_repository.tanks_of(tx, lot_id, MAXIMUM_TANKS):
        for draw in await tank_shares(tx, tank_id, policy, asked.until, sites=asked.sites):
            before = asked.since is not None and draw.at < asked.since
            for share in draw.shares:
                if share.content_id != lot_id or draw.node_id is None or share.quantity == 0:
                    continue
                untold = share.quantity is None
                found.append(Linked(False, draw.step, draw.uom, share.quantity, not untold, int(untold), before, Basis.ALLOCATED, draw.place or ""))
    return found


def _step_yields(rows: list[Record]) -> tuple[StepYield, ...]:
    sides: dict[str, tuple[list[Amount], list[Amount]]] = defaultdict(lambda: ([], []))
    steps: dict[str, int] = {}
    untold: dict[str, int] = defaultdict(int)
    for row in rows:
        step = row["biz_step"] or ""
        steps[step] = row["steps"]
        untold[step] += row["untold"]
        if row["quantity"] is not None:
            sides[step][row["made"]].append(Amount(row["quantity"], row["uom"]))
    return tuple(StepYield(step or None, count, untold[step], tuple(yields_of(*sides[step]))) for step, count in sorted(steps.items()))

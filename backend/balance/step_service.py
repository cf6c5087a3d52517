"""What went into one step and what came out of it: inputs, outputs, by-products, yield and loss."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from backend.balance import step_repository
from backend.balance.errors import NotALotError
from backend.balance.yields import Yield, yields_of
from backend.catalog.sites import Sites
from backend.genealogy import query_service as genealogy
from backend.identifiers import ObjectKind
from backend.objects import service as objects
from backend.objects.errors import ObjectNotFoundError
from backend.objects.service import TraceableObject
from backend.units.amounts import Amount, comparable, to_base
from infra.database import Record, TenantTransaction

# Of inputs and of outputs each; the sums are of all.
MAXIMUM_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class StepLine:
    """An input or output; a quantity of None isn't told. A by-product comes out beside the product of which the most comes out."""

    thing: TraceableObject
    quantity: Decimal | None
    uom: str
    at: datetime
    by_product: bool = False


@dataclass(frozen=True, slots=True)
class StepBalance:
    """A step: its lines, at most 200 of each side (`truncated`), yields by account over all of them, and how many lines tell no quantity."""

    step: TraceableObject
    inputs: tuple[StepLine, ...]
    outputs: tuple[StepLine, ...]
    truncated: bool
    yields: tuple[Yield, ...]
    untold_inputs: int
    untold_outputs: int
    partial: bool


async def step_balance(tx: TenantTransaction, key: str, sites: Sites | None = None) -> StepBalance:
    """What a transformation took and gave, over all the parts that share its ID.

    `key` is that of its node, as traces tell it. With `sites` quantities that are told elsewhere are left out. Raises
    `ObjectNotFoundError`, `NotALotError`.
    """
    step = await objects.find(tx, key)
    if step.kind is not ObjectKind.TRANSFORMATION:
        if not await objects.met_at(tx, {step.object_id}, sites):
            raise ObjectNotFoundError(key.strip()[:200])
        raise NotALotError(f"{step.uri} is no step. Take the key of a transformation from a trace.", field="key")
    sums = await step_repository.sums(tx, step.object_id, sites)
    if sites is not None and not sums:
        # Nothing of it happened at the sites of who asks: as if there were no such step.
        raise ObjectNotFoundError(key.strip()[:200])
    lines = await step_repository.lines(tx, step.object_id, MAXIMUM_LINES + 1, sites)
    put_in, came_out = ([row for row in lines if row["made"] is made] for made in (False, True))
    truncated = len(put_in) > MAXIMUM_LINES or len(came_out) > MAXIMUM_LINES
    shown = [*put_in[:MAXIMUM_LINES], *came_out[:MAXIMUM_LINES]]
    states = await genealogy.containers_of(tx, {row["object_id"] for row in shown})
    named = await objects.load(tx, {states.get(row["object_id"], (row["object_id"],))[0] for row in shown})
    main = _main_product([row for row in sums if row["made"]])

    def line(row: Record) -> StepLine:
        thing = named[states.get(row["object_id"], (row["object_id"],))[0]]
        by_product = row["made"] and main is not None and thing.gtin != main
        return StepLine(thing, row["quantity"], row["uom"], row["occurred_at"], by_product)

    amounts: dict[bool, list[Amount]] = {False: [], True: []}
    untold = {False: 0, True: 0}
    for row in sums:
        untold[row["made"]] += row["untold"]
        if row["quantity"] is not None:
            amounts[row["made"]].append(Amount(row["quantity"], row["uom"]))
    return StepBalance(
        step, tuple(line(row) for row in put_in[:MAXIMUM_LINES]), tuple(line(row) for row in came_out[:MAXIMUM_LINES]), truncated,
        tuple(yields_of(amounts[False], amounts[True])), untold[False], untold[True], sites is not None,
    )  # fmt: skip


def _main_product(outputs: list[Record]) -> str | None:
    """The product of which the most comes out; None where that can't be said, because the quantities can't be compared or are equal."""
    told = [row for row in outputs if row["quantity"] is not None and row["gtin"] is not None]
    if len(told) != len(outputs) or not told or any(not comparable(row["uom"], told[0]["uom"]) for row in told):
        return None
    by_product: dict[str, Fraction] = defaultdict(Fraction)
    for row in told:
        by_product[row["gtin"]] += to_base(row["quantity"], row["uom"])
    ranked = sorted(by_product.items(), key=lambda item: item[1], reverse=True)
    return None if len(ranked) > 1 and ranked[0][1] == ranked[1][1] else ranked[0][0]

"""Balances as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry

from backend.balance import enums, flow_service, flows, step_service
from backend.graphql.directives import ListSize, requires
from backend.objects.types import TraceableObject
from tenants.permissions import Permission

MOST_LINES: Final = 500


@strawberry.type(description="One unit of measure's account: opening + incoming − outgoing = in stock + in transit + difference.")
class BalanceAccount:
    """`uom` is empty for pieces. `difference` is what isn't explained."""

    uom: str
    opening: Decimal
    incoming: Decimal
    outgoing: Decimal
    in_stock: Decimal
    in_transit: Decimal
    difference: Decimal

    @classmethod
    def of(cls, account: flows.Account) -> "BalanceAccount":
        """From the service's."""
        return cls(
            uom=account.uom, opening=account.opening, incoming=account.incoming, outgoing=account.outgoing, in_stock=account.in_stock,
            in_transit=account.in_transit, difference=account.difference,
        )  # fmt: skip


@strawberry.type(description="One line of an account, as told by `count` events or shipments.")
class BalanceLine:
    """`step` is the business step, `party` who it came from or went to."""

    kind: enums.LineKind
    quantity: Decimal
    uom: str
    basis: enums.Basis
    certainty: enums.Certainty
    step: str | None
    place: str | None
    party: str | None
    count: int

    @classmethod
    def of(cls, line: flows.Line) -> "BalanceLine":
        """From the service's."""
        return cls(
            kind=line.kind, quantity=line.quantity, uom=line.uom, basis=line.basis, certainty=line.certainty, step=line.step,
            place=line.place or None, party=line.party, count=line.count,
        )  # fmt: skip


@strawberry.type(description="How much is at a place at the end of the time; below nought where more left than is known to have come.")
class BalanceStock:
    """`place` is empty where that of a tank's draw isn't told."""

    place: str
    quantity: Decimal
    uom: str


@strawberry.type(description="What happened so often without a quantity: it is in no sum.")
class UntoldQuantities:
    """Never counted as nought."""

    kind: enums.LineKind
    step: str | None
    count: int


@strawberry.type(description="Accounts by unit of measure, with what they rest on.")
class Balance:
    """At most 500 lines and places are told; the accounts are of all."""

    accounts: list[BalanceAccount] = strawberry.field(directives=(ListSize(assumed_size=3),))
    lines: list[BalanceLine] = strawberry.field(directives=(ListSize(assumed_size=30),))
    stock: list[BalanceStock] = strawberry.field(directives=(ListSize(assumed_size=10),))
    not_told: list[UntoldQuantities] = strawberry.field(directives=(ListSize(assumed_size=5),))
    truncated: bool

    @classmethod
    def of(cls, balance: flows.Balance) -> "Balance":
        """From the service's."""
        return cls(
            accounts=[BalanceAccount.of(account) for account in balance.accounts],
            lines=[BalanceLine.of(line) for line in balance.lines[:MOST_LINES]],
            stock=[BalanceStock(place=stock.place, quantity=stock.quantity, uom=stock.uom) for stock in balance.stock[:MOST_LINES]],
            not_told=[UntoldQuantities(kind=one.kind, step=one.step, count=one.count) for one in balance.untold[:MOST_LINES]],
            truncated=len(balance.lines) > MOST_LINES or len(balance.stock) > MOST_LINES,
        )


@strawberry.type(description="What became of a lot.", directives=requires(Permission.TRACE_READ))
class LotBalance:
    """`partial`: of what is told at your sites alone."""

    lot: TraceableObject
    since: datetime | None
    until: datetime
    policy: enums.TankPolicy
    partial: bool
    balance: Balance

    @classmethod
    def of(cls, found: flow_service.LotBalance) -> "LotBalance":
        """From the service's."""
        return cls(
            lot=TraceableObject.of(found.lot), since=found.since, until=found.until, policy=found.policy, partial=found.partial,
            balance=Balance.of(found.balance),
        )  # fmt: skip


@strawberry.type(description="What went in and came out of one or more steps in one unit of measure.")
class StepYield:
    """`ratio` is out over in, null where nothing comparable went in; `loss` is in less out."""

    uom: str
    put_in: Decimal
    came_out: Decimal
    loss: Decimal
    ratio: Decimal | None

    @classmethod
    def of(cls, found: flows.Yield) -> "StepYield":
        """From the service's."""
        return cls(uom=found.uom, put_in=found.put_in, came_out=found.came_out, loss=found.loss, ratio=found.ratio)


@strawberry.type(description="The steps of one kind that made a product.")
class StepTypeYield:
    """`notTold` inputs and outputs of them have no quantity and are in no sum."""

    step: str | None
    steps: int
    not_told: int
    yields: list[StepYield] = strawberry.field(directives=(ListSize(assumed_size=3),))


@strawberry.type(description="A product's balance over all its lots and units.", directives=requires(Permission.TRACE_READ))
class ProductBalance:
    """`partial`: of what is told at your sites alone."""

    gtin: str
    since: datetime | None
    until: datetime
    partial: bool
    lots_and_units: int
    balance: Balance
    step_types: list[StepTypeYield] = strawberry.field(directives=(ListSize(assumed_size=5),))

    @classmethod
    def of(cls, found: flow_service.ProductBalance) -> "ProductBalance":
        """From the service's."""
        return cls(
            gtin=found.gtin, since=found.since, until=found.until, partial=found.partial, lots_and_units=found.lots_and_units,
            balance=Balance.of(found.balance),
            step_types=[
                StepTypeYield(step=one.step, steps=one.steps, not_told=one.untold, yields=[StepYield.of(each) for each in one.yields])
                for one in found.step_yields
            ],
        )  # fmt: skip


@strawberry.type(description="An input or output of a step.")
class StepLine:
    """`quantity` is null where it isn't told. A by-product comes out beside the product of which the most comes out."""

    object: TraceableObject
    quantity: Decimal | None
    uom: str
    at: datetime
    by_product: bool

    @classmethod
    def of(cls, line: step_service.StepLine) -> "StepLine":
        """From the service's."""
        return cls(object=TraceableObject.of(line.thing, line.at), quantity=line.quantity, uom=line.uom, at=line.at, by_product=line.by_product)


@strawberry.type(description="What went into one step and what came out of it.", directives=requires(Permission.TRACE_READ))
class StepBalance:
    """At most 200 inputs and as many outputs are told (`truncated`); the yields are of all."""

    step: TraceableObject
    inputs: list[StepLine] = strawberry.field(directives=(ListSize(assumed_size=30),))
    outputs: list[StepLine] = strawberry.field(directives=(ListSize(assumed_size=30),))
    truncated: bool
    yields: list[StepYield] = strawberry.field(directives=(ListSize(assumed_size=3),))
    inputs_not_told: int
    outputs_not_told: int
    partial: bool

    @classmethod
    def of(cls, found: step_service.StepBalance) -> "StepBalance":
        """From the service's."""
        return cls(
            step=TraceableObject.of(found.step), inputs=[StepLine.of(line) for line in found.inputs],
            outputs=[StepLine.of(line) for line in found.outputs], truncated=found.truncated, yields=[StepYield.of(each) for each in found.yields],
            inputs_not_told=found.untold_inputs, outputs_not_told=found.untold_outputs, partial=found.partial,
        )  # fmt: skip

"""The words of balances and tanks, as GraphQL has them: declared once, before any type that uses them; `Certainty` by the shipments."""

import strawberry

from backend.balance.flows import LineKind
from backend.balance.tanks import Basis, TankPolicy, TankStep
from backend.genealogy.rules import Certainty
from backend.shipments import types as shipments

strawberry.enum(LineKind, name="BalanceLineKind", description="What a line of an account tells.")
strawberry.enum(Basis, name="QuantityBasis", description="Whether a quantity is measured, or worked out of the other side of the same step.")
strawberry.enum(TankPolicy, description="How what was drawn from a tank is told apart: certainty and quantities, never what is reached.")
strawberry.enum(TankStep, description="What happens to a tank.")

__all__ = ["Basis", "Certainty", "LineKind", "TankPolicy", "TankStep", "shipments"]

"""The policy on tanks shapes what a trace tells as certain and how much, never what it reaches; and starts by what a filter finds."""

from typing import Any

from backend.services import Services
from tests.balance.test_tank_service import CHEESE, CREAM, MILK_1, MILK_2, draw, fill
from tests.factories import FLOUR, capture, quantity
from tests.firms import Firm
from tests.graphql.conftest import Caller, anonymous, caller_of, owner

__all__ = ["anonymous", "caller_of", "owner"]

ASK = """query($key: String, $filter: ObjectFilter, $policy: TankPolicy) {
  trace(key: $key, filter: $filter, direction: BACKWARD, tankPolicy: $policy) {
  tankPolicy starts { code } nodes(first: 50) { nodes { object { code kind } certainty doubts } }
  links(first: 50) { nodes { parent { code } kind quantity basis certainty doubt } }
  tankDraws(first: 5) { nodes { quantity uom byPolicy tank { kind } shares { content { code } quantity certainty } } } } }"""


async def ask(owner: Caller, **variables: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await owner.ask(ASK, variables))["trace"]
    return found


def sure(found: dict[str, Any]) -> dict[str, str]:
    return {node["object"]["code"]: node["certainty"] for node in found["nodes"]["nodes"] if node["object"]["kind"] == "LOT"}


async def milk(services: Services, firm: Firm) -> None:
    await capture(
        services,
        firm.tenant_id,
        fill(MILK_1, 600, 1),
        fill(MILK_2, 400, 2),
        draw(quantity(CREAM, 500, "LTR"), 3),
        draw(quantity(CHEESE, 300, "LTR"), 4),
    )


async def test_policy_shapes_certainty_and_quantities_and_reaches_the_same(firm: Firm, services: Services, owner: Caller) -> None:
    await milk(services, firm)
    whole, fifo = await ask(owner, key=CREAM), await ask(owner, key=CREAM, policy="FIRST_IN_FIRST_OUT")
    assert sure(whole) == {"C1": "CERTAIN", "M1": "CERTAIN", "M2": "CERTAIN"}
    assert sure(fifo) == {"C1": "CERTAIN", "M1": "CERTAIN", "M2": "POSSIBLE"}
    assert (whole["tankPolicy"], whole["tankDraws"]["nodes"], fifo["tankPolicy"]) == (None, [], "FIRST_IN_FIRST_OUT")
    [drawn] = fifo["tankDraws"]["nodes"]
    shares = {share["content"]["code"]: (share["quantity"], share["certainty"]) for share in drawn["shares"]}
    assert (drawn["quantity"], drawn["byPolicy"], drawn["tank"]["kind"], shares) == (
        "500", True, "TANK", {"M1": ("500", "CERTAIN"), "M2": ("0", "POSSIBLE")},
    )  # fmt: skip
    allocated = {link["parent"]["code"]: (link["quantity"], link["doubt"]) for link in fifo["links"]["nodes"] if link["basis"] == "ALLOCATED"}
    assert allocated == {"M1": ("500", None), "M2": ("0", "TANK_POLICY")}


async def test_what_an_earlier_draw_left_is_possible_in_later_ones_and_the_draw_tells_how_much(firm: Firm, services: Services, owner: Caller) -> None:
    await milk(services, firm)
    mixed = await ask(owner, key=CHEESE, policy="WELL_MIXED")
    assert sure(mixed).keys() == {"K1", "M1", "M2"}
    [drawn] = mixed["tankDraws"]["nodes"]
    assert {share["content"]["code"]: share["quantity"] for share in drawn["shares"]} == {"M1": "180", "M2": "120"}


async def test_trace_begins_at_what_a_filter_finds(firm: Firm, services: Services, owner: Caller) -> None:
    await milk(services, firm)
    found = await ask(owner, filter={"product": FLOUR})
    assert {start["code"] for start in found["starts"]} == {"M1", "M2"}
    for variables in ({"filter": {"lot": "nothing like it"}}, {"filter": {"product": FLOUR}, "key": CREAM}):
        refused = await owner.refusal(ASK, variables)
        assert (refused["code"], refused["field"]) == ("INVALID_INPUT", "filter")

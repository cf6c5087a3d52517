"""The operations on nonconformances, as clients write them."""

from typing import Final

_WHOLE: Final = """nonconformance { id number status severity title closedAt goods { quantity uom object { key } }
  decisions { id status secondReason lines { id kind status quantity released outcome { key } } }
  holds { id active objectUri } } userErrors { field code message }"""


def _mutation(name: str, given: str = "") -> str:
    kind = given or f"{name[0].upper()}{name[1:]}Input"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {_WHOLE} }} }}"


OPEN: Final = _mutation("openNonconformance")
ADD: Final = _mutation("addNonconformingGoods")
REVIEW: Final = _mutation("reviewNonconformance")
DECIDE: Final = _mutation("decideNonconformance")
COUNTERSIGN: Final = _mutation("countersignDecision")
EXECUTE: Final = _mutation("executeDisposition")
REINSPECT: Final = _mutation("reinspectRework")
CLOSE: Final = _mutation("closeNonconformance")
POLICY: Final = """mutation($input: SetTwoPeopleDecideFromInput!) { setTwoPeopleDecideFrom(input: $input) {
  severity userErrors { field code message } } }"""
LISTED: Final = """query($filter: NonconformanceFilter) { nonconformances(first: 10, filter: $filter) {
  nodes { id number title } pageInfo { hasNextPage } } }"""
ONE: Final = """query($id: ID!) { nonconformance(id: $id) { number status history(first: 20) { nodes { act actor note detail } }
  signatures(first: 9) { nodes { meaning content intact } } } }"""

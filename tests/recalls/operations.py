"""The operations on recalls, as clients write them."""

from typing import Final

_WHOLE: Final = """recall { id number drill state title decision recallClass depth sector countries decidedAt decidedByName announcedAt
  scopeVersion completedAt closedAt grownAt rootCause countriesWithoutLaw links
  clocks { rule occurrence country fixed state beginsAt dueAt metAt metByName evidence endedReason waived remainingSeconds citation { zh en } }
  holds { id active objectUri } openDuties { kind en reference } } userErrors { field code message }"""


def _mutation(name: str, given: str = "") -> str:
    kind = given or f"{name[0].upper()}{name[1:]}Input"
    return f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {_WHOLE} }} }}"


OPEN: Final = _mutation("openRecall")
CHANGE: Final = _mutation("changeRecall")
INVESTIGATE: Final = _mutation("investigateRecall")
COMMENT: Final = _mutation("commentRecall")
SOURCES: Final = _mutation("setRecallSources")
HOLD: Final = _mutation("holdRecall")
DECIDE: Final = _mutation("decideRecall")
ANNOUNCE: Final = _mutation("announceRecall")
EXTEND: Final = _mutation("extendRecall")
CLOSE: Final = _mutation("closeRecall")
REOPEN: Final = _mutation("reopenRecall")
DISMISS: Final = _mutation("dismissRecall")
LINK: Final = _mutation("linkToRecall")
CAUSE: Final = _mutation("writeRecallCause")
NONCONFORMANCE: Final = _mutation("openRecallNonconformance")
ACTION: Final = _mutation("openRecallCorrectiveAction")
COMPLETE: Final = _mutation("completeRecall")
MEET: Final = _mutation("meetRecallDuty")
WAIVE: Final = _mutation("waiveRecallDuty")
BEGIN: Final = _mutation("beginRecallDuty")
CHECKS: Final = """mutation($input: ChooseRecallCheckLevelInput!) { chooseRecallCheckLevel(input: $input) {
  counts { population sample } userErrors { field code message } } }"""
POLICY: Final = """mutation($input: SetRecallPolicyInput!) { setRecallPolicy(input: $input) {
  policy { targetHours timeZone holidays { country days } workdays { country days } } userErrors { field code message } } }"""
ONE: Final = f"query($id: ID!) {{ recall(id: $id) {{ {_WHOLE[9 : _WHOLE.rindex('}')]} }} }}".replace("} } userErrors { field code message ", "} ")
LISTED: Final = """query($filter: RecallFilter) { recalls(first: 10, filter: $filter) { nodes { id number title state }
  pageInfo { hasNextPage } } }"""
TIMELINE: Final = """query($id: ID!) { recall(id: $id) { timeline(first: 50) { nodes { kind actor reason detail signed } }
  signatures(first: 20) { nodes { meaning content intact } } } }"""
LAW: Final = """query($countries: [String!]!, $sector: RecallSector!, $recallClass: RecallClass!) {
  recallLaw(countries: $countries, sector: $sector, recallClass: $recallClass) { rule amount unit begins citation { en } } }"""

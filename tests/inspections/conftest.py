"""The GraphQL callers of `tests/graphql`, and a firm whose flour has a specification for lead."""

from typing import Any, Final

from tests.factories import FLOUR
from tests.graphql.conftest import Caller, anonymous, caller_of, catalogue, new_person, owner

__all__ = ["anonymous", "caller_of", "catalogue", "new_person", "owner"]

ERRORS: Final = "userErrors { field code message }"
PUT: Final = f"""mutation($input: PutSpecificationInput!) {{ putSpecification(input: $input) {{
  version {{ version status specification {{ id code name scope {{ product supplier kind }} }} }} {ERRORS} }} }}"""
RELEASE: Final = f"""mutation($input: ReleaseSpecificationInput!) {{ releaseSpecification(input: $input) {{
  version {{ version status validFrom characteristics {{ code lower {{ value }} upper {{ value inclusive }} }} }} {ERRORS} }} }}"""
WITHDRAW: Final = f"""mutation($input: WithdrawSpecificationInput!) {{ withdrawSpecification(input: $input) {{
  version {{ version status withdrawnReason }} {ERRORS} }} }}"""
_INSPECTION: Final = """id status kind origin conclusion sampleSize sampleClasses { severity acceptNumber rejectNumber } flagged note reason overdue
  object { code }
  specificationVersion { version specification { code } } hold { id objectKey active } supersedes { id } supersededBy { id } follows { id }"""
OPEN: Final = f"mutation($input: OpenInspectionInput!) {{ openInspection(input: $input) {{ inspection {{ {_INSPECTION} }} {ERRORS} }} }}"
RECORD: Final = f"""mutation($input: RecordResultsInput!) {{ recordResults(input: $input) {{ inspection {{ {_INSPECTION} }}
  verdict {{ proposed missing failed uncertain flagged photos }} {ERRORS} }} }}"""
CONCLUDE: Final = f"mutation($input: ConcludeInspectionInput!) {{ concludeInspection(input: $input) {{ inspection {{ {_INSPECTION} }} {ERRORS} }} }}"
CANCEL: Final = f"mutation($input: CancelInspectionInput!) {{ cancelInspection(input: $input) {{ inspection {{ {_INSPECTION} }} {ERRORS} }} }}"
LISTED: Final = f"""query($filter: InspectionFilter) {{ inspections(first: 20, filter: $filter) {{ nodes {{ {_INSPECTION}
  results(first: 20) {{ nodes {{ characteristic sample value unit low high judged judgedWhy recordedBy replacedAt }} }} }} }} }}"""
REPORT: Final = f"""mutation($input: RecordLaboratoryResultsInput!) {{ recordLaboratoryResults(input: $input) {{
  lines {{ index status field code message inspection {{ id status conclusion }} }} {ERRORS} }} }}"""
TASK: Final = """query($key: String!) { inspectionTask(key: $key) { object { code } inspections { id status kind dueAt }
  version { version characteristics { code name unit upper { value } photo method measurements } } } }"""
ALLOW: Final = f"""mutation($input: AllowLaboratoryFileInput!) {{ allowLaboratoryFile(input: $input) {{
  uploadId method url headers {{ name value }} {ERRORS} }} }}"""
READ: Final = f"""mutation($input: ReadLaboratoryFileInput!) {{ readLaboratoryFile(input: $input) {{
  taken duplicates refused failedRows faults {{ cell column message }} inspections {{ status conclusion }} {ERRORS} }} }}"""
SCHEDULE: Final = f"""mutation($input: PutInspectionScheduleInput!) {{ putInspectionSchedule(input: $input) {{
  schedule {{ id nextDueAt lotsSince endedAt }} {ERRORS} }} }}"""
END: Final = f"mutation($input: EndInspectionScheduleInput!) {{ endInspectionSchedule(input: $input) {{ schedule {{ id endedAt }} {ERRORS} }} }}"
LEAD: Final[dict[str, Any]] = {
    "code": "LEAD", "name": "铅", "kind": "NUMBER", "severity": "CRITICAL", "unit": "NA", "upper": {"value": "0.2"}, "method": "GB 5009.12",
}  # fmt: skip
DAMP: Final[dict[str, Any]] = {"code": "DAMP", "name": "水分", "kind": "NUMBER", "unit": "P1", "lower": {"value": "5"}, "upper": {"value": "14.5"}}
LOOK: Final[dict[str, Any]] = {"code": "LOOK", "name": "外观", "kind": "PASS_FAIL", "severity": "MINOR"}


async def released(caller: Caller, code: str, characteristics: list[dict[str, Any]], **more: Any) -> str:
    """A specification that is in force; gives its id."""
    given = {"code": code, "names": {"zh": code}, "characteristics": characteristics, "scope": {"product": FLOUR}, **more}
    drafted = await caller.command(PUT, given)
    assert drafted["userErrors"] == [], drafted
    public_id: str = drafted["version"]["specification"]["id"]
    done = await caller.command(RELEASE, {"specificationId": public_id, "version": drafted["version"]["version"]})
    assert done["userErrors"] == [], done
    return public_id

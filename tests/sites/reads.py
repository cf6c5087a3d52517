"""Everything that can be read and concerns sites: one entry for each GraphQL field and each route, with names to be filled in."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx

from infra.clock import now
from tests.factories import FLOUR
from tests.sites.town import Person

_NAME: Final = re.compile(r"\{[a-z ]+\}")
EVENT: Final = """id bizStep readPoint bizLocation eventID eventHash superseded body location { name parent { name } }
  objects(first: 10) { nodes { role quantity object { key } } }"""
THING: Final = f"""id key uri unitsCount holdCauses {{ reason rootKey heldKey hold {{ id note }} }}
  positions {{ place quantity location {{ name }} }} timeline(first: 20) {{ edges {{ cursor node {{ {EVENT} }} }} pageInfo {{ hasNextPage }} }}"""
NONCONFORMANCE: Final = """id number title description goods { object { key } } decisions { reason lines { instruction object { key } } }
  holds { reason } history(first: 9) { nodes { act note detail } } signatures(first: 9) { nodes { content } }"""
ACTION: Final = """id number title disciplines { text whys causes { text } } items { text ownerName } nonconformances { title }
  recurrences { title } history(first: 9) { nodes { act detail } }"""
REQUEST: Final = "id number text lots { key } answers { containment } history(first: 9) { nodes { act note } }"
HOLD: Final = "id objectKey reason note active object { key }"
WHOLE_HOLD: Final = f"""{HOLD} roots(first: 9) {{ nodes {{ key }} }} pending(first: 9) {{ nodes {{ key }} }}
  listing {{ counts {{ kind count }} goods(first: 50) {{ nodes {{ key }} }} blockedContainers(first: 9) {{ nodes {{ key }} }} }}"""
PREVIEW: Final = """rootCount blockedCount coPackedCount shipmentCount expectedCount counts { kind count } places { place count } roots { key }
  lots: goods(kind: LOT) { key } units: goods(kind: UNIT) { key } blockedContainers { key } coPacked { key } shipments { id document }
  customers { party shipmentCount } held { reason rootKey }"""
SHIPMENT: Final = "id fromPlace document origin { name } event { id } lots { quantity object { key } }"
LINKS: Final = """nodes(first: 50) { nodes { steps object { key unitsCount positions { place } timeline(first: 5) { nodes { id } } } } }
  links(first: 50) { nodes { kind quantity uom event { id } parent { key } child { key } } } nodeCount linkCount"""
INSPECTION: Final = "id status reason step object { key } results(first: 5) { nodes { value note } }"
DEVICE: Final = "id name site location { name }"
INSTRUMENT: Final = """id identifier serial place owner status validity { valid reason } doubtfulSpans { until }
  calibrations(first: 3) { nodes { certificate note } }"""
REVIEW: Final = "id eventKey raw reason storedEvent { id } device { id name }"
HITS: Final = "more hits { kind key code type match matched matchedText name object { key } location { name } }"
FOUND: Final = "truncated endCursor nodes { firstEventTime lastEventTime object { key } }"
# A year around whenever the tests run.
SPAN: Final = f'from: "{(now() - timedelta(days=300)).isoformat()}", to: "{(now() + timedelta(days=1)).isoformat()}"'
SPAN_FOODS: Final = f"{SPAN.replace(' to: ', ' until: ')}, foods: ALL"
CANDIDATE: Final = "bad good badOthers factors { kind value step }"
PAGE: Final = "pageInfo { hasNextPage hasPreviousPage }"


RECORD: Final = f"edges {{ cursor }} nodes {{ event lotCode link values {{ value }} missing {{ subject }} }} {PAGE}"
RECORDS: Final = f"query($key: [String!]!) {{ fsma204Records(select: {{lots: $key, foods: ALL}}, first: 50) {{ {RECORD} }} }}"
COMPLETE: Final = "records complete byEvent { cte records missing { citation records } }"


@dataclass(frozen=True)
class Read:
    """A question. `{name}` is filled in; `named` ones are asked of each site's names and of nobody's."""

    query: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    path: str = ""

    @property
    def named(self) -> bool:
        return _NAME.search(json.dumps(self.variables) + self.path) is not None


def _node(name: str, kind: str, selection: str) -> Read:
    return Read(f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {selection} }} }} }}", {"id": "{" + name + "}"})


def _keyed(document: str, *names: str) -> list[Read]:
    return [Read(document, {"key": "{" + name + "}"}) for name in names]


def _lots(document: str) -> list[Read]:
    return [Read(document, {"key": ["{" + name + "}"]}) for name in ("lot", "made", "unit", "code")]


def _events(**given: Any) -> Read:
    return Read(f"query($filter: EventFilter) {{ events(first: 50, filter: $filter) {{ nodes {{ {EVENT} }} {PAGE} }} }}", {"filter": given})


THINGS: Final = f"query($key: String!) {{ traceableObject(key: $key) {{ {THING} }} }}"
TRACE: Final = "query($key: String!) {{ trace(key: $key, direction: {}) {{ {} shipments(first: 9) {{ nodes {{ shipment {{ {} }} }} }} }} }}"
WHOLE: Final = """steps(first: 20) { nodes { bizStep place told operators equipment documents { uri } events { id } inputs { quantity object { key } }
    outputs { quantity object { key } } objects { quantity object { key } } conditions { value } } }
  customers(first: 9) { nodes { party goods { quantity object { key } } } } suppliers(first: 9) { nodes { party goods { quantity } } }
  containers(first: 9) { nodes { object { key } contents { quantity object { key } } } } summary { nodeCount byPlace { place count } }"""
IMPACT: Final = """query($key: String!) { impact(key: $key) { goodsCount goods(first: 20) { nodes { object { key holdCauses { reason } }
    whereabouts { state place party quantity } } } totals(first: 50) { nodes { state place party quantity } } } }"""
FLOW: Final = """query($key: String!) { flow(key: $key) { linkCount counts { kind count }
  boxes { id title subtitle detail place step since object { key } amounts { quantity } }
  arrows { parent child untoldCount amounts { quantity } } } }"""
LIFE: Final = """query($key: String!) { lifeOf(key: $key) { product since until rows { kind title since until place toPlace object { key } }
  series { type points { mean } } marks { at title place event { id } } } }"""
TABLE: Final = """query($key: String!) { traceTable(key: $key, first: 50) { nodes { id kind code step place party suppliers since
  object { key } made { quantity } used { quantity } } } }"""
MAP: Final = """query($key: String!) { placeMap(key: $key) { unplacedStepCount places { id part title path uri stepCount lotCount }
  arrows { parent child lotCount shipmentCount amounts { quantity } } } }"""
GROUP: Final = "causeKey severity alertCount kinds lastAt newest { id subject } alerts(first: 5) { nodes { id subject } }"
FIELDS: Final[dict[str, list[Read]]] = {
    "node": [
        _node("event", "Event", EVENT), _node("job node", "CaptureJob", "id accepted errors"), _node("lot node", "TraceableObject", THING),
        _node("unit node", "TraceableObject", THING), _node("hold", "Hold", WHOLE_HOLD), _node("alert", "Alert", "id subject detail"),
        _node("inspection", "Inspection", INSPECTION),
        _node("shipment", "Shipment", SHIPMENT), _node("place node", "Location", "id name"), _node("hall node", "Location", "id name"),
        _node("nonconformance", "Nonconformance", NONCONFORMANCE), _node("action", "CorrectiveAction", ACTION),
        _node("request", "SupplierRequest", REQUEST),
        _node("device", "Device", DEVICE), _node("review", "ReviewEntry", REVIEW),
        _node("instrument", "Instrument", INSTRUMENT),
    ],
    "readCode": _keyed("query($key: String!) { readCode(text: $key) { kind uri object { key } } }", "lot", "made", "unit", "pallet"),
    "search": [
        *_keyed(f"query($key: String!) {{ search(text: $key) {{ {HITS} }} }}", "lot", "made", "unit", "pallet", "code", "serial", "place", "hall"),
        Read(f'{{ search(text: "095060001") {{ {HITS} }} }}'),
    ],
    "findObjects": [
        *(
            Read(f"query($key: String!) {{ findObjects(first: 50, filter: {{{of}: $key}}) {{ {FOUND} }} }}", {"key": "{" + name + "}"})
            for of, name in (("lot", "code"), ("serial", "serial"), ("container", "pallet"), ("place", "place"), ("place", "hall"))
        ),
        Read(f"{{ findObjects(first: 50, filter: {{}}) {{ {FOUND} }} }}"),
    ],
    "traceableObject": _keyed(THINGS, "lot", "made", "unit", "pallet", "code", "serial"),
    "trace": [
        *_keyed(TRACE.format("FORWARD", LINKS, SHIPMENT), "lot", "unit", "pallet", "code"),
        *_keyed(TRACE.format("BACKWARD", LINKS, SHIPMENT), "made", "unit", "pallet"),
        *_keyed(TRACE.format("BOTH", WHOLE, SHIPMENT), "lot", "made", "unit", "pallet"),
    ],
    "aliases": _keyed("query($key: String!) { aliases(key: $key, first: 5, activeOnly: false) { nodes { id reason } } }", "lot", "unit"),
    "impact": _keyed(IMPACT, "lot", "unit", "pallet", "code"),
    "lotBalance": _keyed(
        "query($key: String!) { lotBalance(key: $key) { partial balance { accounts { incoming } lines { kind quantity place party } } } }",
        "lot", "made",
    ),
    "stepBalance": _keyed("query($key: String!) { stepBalance(key: $key) { inputs { quantity object { key } } yields { ratio } } }", "step"),
    "productBalance": [
        Read(
            f'{{ productBalance(gtin: "{FLOUR}") {{ lotsAndUnits balance {{ lines {{ kind quantity place }} stock {{ place quantity }} }} }} }}'
        ),
    ],
    "tank": _keyed("query($key: String!) { tank(key: $key) { level fills(first: 5) { nodes { content { key } event { id } } } } }", "pallet"),
    "instruments": [Read(f"{{ instruments(first: 50) {{ nodes {{ {INSTRUMENT} }} {PAGE} }} }}")],
    "flow": [*_keyed(FLOW, "lot", "made", "unit", "pallet", "code")],
    "lifeOf": _keyed(LIFE, "lot", "made", "unit", "pallet"),
    "traceTable": _keyed(TABLE, "lot", "made", "unit"),
    "placeMap": _keyed(MAP, "lot", "made", "unit"),
    "containerContents": _keyed("query($key: String!) { containerContents(key: $key, first: 5) { nodes { object { key } } } }", "pallet"),
    "events": [
        _events(), Read(f"{{ events(last: 50) {{ edges {{ cursor node {{ id }} }} {PAGE} }} }}"),
        _events(objectKey="{lot}"), _events(objectKey="{code}"),
        _events(eventIDs=["{event id}"]), _events(eventIDs=["{declared id}"]), _events(bizLocations=["{place}"]), _events(readPoints=["{yard}"]),
        _events(bizSteps=["shipping"]),
    ],
    "event": [Read(f"query($id: ID!) {{ event(id: $id) {{ {EVENT} }} }}", {"id": "{event}"})],
    "captureJob": [Read("query($id: ID!) { captureJob(id: $id) { id accepted } }", {"id": "{job}"})],
    "previewHold": [
        *_keyed(f"query($key: String!) {{ previewHold(key: $key) {{ {PREVIEW} }} }}", "lot", "made", "unit", "pallet"),
        Read(
            f"query($scope: HoldScopeInput!) {{ previewHold(scope: $scope) {{ {PREVIEW} }} }}",
            {"scope": {"step": {"step": "shipping", "place": "{place}"}}},
        ),
    ],
    "holds": [Read(f"{{ holds(first: 50, activeOnly: false) {{ edges {{ cursor }} nodes {{ {HOLD} }} {PAGE} }} }}")],
    "anomalies": [Read(f"{{ anomalies({SPAN}, by: PRODUCT) {{ total placed kinds {{ kind count }} shares {{ count factor {{ value }} }} }} }}")],
    "explain": _keyed(f"query($key: String!) {{ explain(bad: {{keys: [$key]}}) {{ bad good candidates {{ {CANDIDATE} }} }} }}", "lot", "made"),
    "inspections": [
        Read(f"{{ inspections(first: 50) {{ edges {{ cursor }} nodes {{ {INSPECTION} }} {PAGE} }} }}"),
        *_keyed(f"query($key: String!) {{ inspections(first: 50, filter: {{key: $key}}) {{ nodes {{ {INSPECTION} }} }} }}", "lot", "code"),
    ],
    "inspection": [Read(f"query($id: ID!) {{ inspection(id: $id) {{ {INSPECTION} }} }}", {"id": "{inspection}"})],
    "inspectionTask": _keyed(
        f"query($key: String!) {{ inspectionTask(key: $key) {{ object {{ key }} inspections {{ {INSPECTION} }} }} }}", "lot", "code"
    ),
    "inspectionSchedules": [Read(f"{{ inspectionSchedules(first: 50) {{ edges {{ cursor }} nodes {{ name place }} {PAGE} }} }}")],
    "hold": [Read(f"query($id: ID!) {{ hold(id: $id) {{ {HOLD} }} }}", {"id": "{hold}"})],
    "nonconformances": [
        Read(f"{{ nonconformances(first: 50) {{ edges {{ cursor }} nodes {{ title goods {{ object {{ key }} }} }} {PAGE} }} }}"),
        *_keyed("query($key: String!) { nonconformances(first: 50, filter: {goods: $key}) { nodes { title } } }", "lot"),
    ],
    "nonconformance": [Read(f"query($id: ID!) {{ nonconformance(id: $id) {{ {NONCONFORMANCE} }} }}", {"id": "{nonconformance}"})],
    "correctiveActions": [
        Read(f"{{ correctiveActions(first: 50) {{ edges {{ cursor }} nodes {{ title recurrences {{ title }} }} {PAGE} }} }}"),
        Read("query($id: ID) { correctiveActions(first: 5, filter: {nonconformanceId: $id}) { nodes { title } } }", {"id": "{nonconformance}"}),
    ],
    "correctiveAction": [Read(f"query($id: ID!) {{ correctiveAction(id: $id) {{ {ACTION} }} }}", {"id": "{action}"})],
    "supplierRequests": [Read(f"{{ supplierRequests(first: 50) {{ edges {{ cursor }} nodes {{ text lots {{ key }} }} {PAGE} }} }}")],
    "supplierRequest": [Read(f"query($id: ID!) {{ supplierRequest(id: $id) {{ {REQUEST} }} }}", {"id": "{request}"})],
    "approvals": [Read(f"{{ approvals(first: 50) {{ edges {{ cursor }} nodes {{ kind subjectId title }} {PAGE} }} }}")],
    "alerts": [Read(f"{{ alerts(first: 50, openOnly: false) {{ edges {{ cursor }} nodes {{ subject detail }} {PAGE} }} }}")],
    "alert": [Read("query($id: ID!) { alert(id: $id) { subject detail causeKey history(first: 9) { nodes { act actor } } } }", {"id": "{alert}"})],
    "alertGroups": [Read(f"{{ alertGroups(first: 50) {{ edges {{ cursor }} nodes {{ {GROUP} }} {PAGE} }} }}")],
    "alertCounts": [Read("{ alertCounts { open unacknowledged critical warning notice mine } }")],
    "shipments": [Read(f"{{ shipments(first: 50) {{ edges {{ cursor }} nodes {{ {SHIPMENT} }} {PAGE} }} }}")],
    "devices": [
        Read(f"{{ devices(first: 50) {{ edges {{ cursor }} nodes {{ {DEVICE} }} {PAGE} }} }}"),
        Read(f"query($site: String) {{ devices(first: 50, site: $site) {{ nodes {{ {DEVICE} }} {PAGE} }} }}", {"site": "{place}"}),
    ],
    "device": [Read(f"query($id: ID!) {{ device(id: $id) {{ {DEVICE} }} }}", {"id": "{device}"})],
    "reviewEntries": [
        Read(f"{{ reviewEntries(first: 50) {{ edges {{ cursor }} nodes {{ {REVIEW} }} {PAGE} }} }}"),
    ],
    "reviewEntry": [Read(f"query($id: ID!) {{ reviewEntry(id: $id) {{ {REVIEW} }} }}", {"id": "{review}"})],
    "captureJobs": [Read("{ captureJobs(first: 50) { nodes { id accepted results(first: 20) { nodes { index status eventID } } } } }")],
    "fsma204Records": [Read(f"{{ fsma204Records(select: {{{SPAN_FOODS}}}, first: 50) {{ {RECORD} }} }}"), *_lots(RECORDS)],
    "fsma204Completeness": [
        Read(f"{{ fsma204Completeness(select: {{{SPAN_FOODS}}}) {{ {COMPLETE} }} }}"),
        *_lots(f"query($key: [String!]!) {{ fsma204Completeness(select: {{lots: $key, foods: ALL}}) {{ {COMPLETE} }} }}"),
    ],
    "foodPlaces": [Read(f"{{ foodPlaces(first: 50) {{ edges {{ cursor }} nodes {{ place name phone }} {PAGE} }} }}")],
    "locations": [Read(f"{{ locations(first: 50) {{ edges {{ cursor }} nodes {{ place name parent {{ name }} }} {PAGE} }} }}")],
}  # fmt: skip
ROUTES: Final[dict[tuple[str, str], list[Read]]] = {
    ("/epcis/capture", "GET"): [Read(path="/epcis/capture"), Read(path="/epcis/capture?nextPageToken={job}")],
    ("/epcis/capture/{job_id:str}", "GET"): [Read(path="/epcis/capture/{job}")],
    ("/epcis/capture/{job_id:str}/results", "GET"): [Read(path="/epcis/capture/{job}/results")],
    ("/epcis/events", "GET"): [
        Read(path=f"/epcis/events{query}")
        for query in (
            "", "?perPage=3", "?EQ_bizStep=shipping&perPage=200", "?EXISTS_errorDeclaration=true", "?EQ_eventID={event id}", "?MATCH_anyEPC={unit}",
            "?orderBy=eventTime&perPage=200", "?WD_bizLocation={place}", "?WD_readPoint={yard}", "?GE_quantity=0&orderBy=recordTime",
            "?MATCH_anyEPCClass={lot}", "?MATCH_parentID={pallet}", "?EQ_bizLocation={place}", "?EQ_bizLocation={hall}", "?EQ_readPoint={yard}",
        )
    ],
    ("/epcis/events/{event_id:path}", "GET"): [Read(path=f"/epcis/events/{{{name}}}") for name in ("event id", "declared id", "event uuid")],
    ("/epcis/eventTypes/{rest:path}", "GET"): [
        Read(path=f"/epcis/eventTypes/ObjectEvent{rest}") for rest in ("/events?perPage=200", "/events/{event id}")
    ],
    ("/epcis/queries/{name:str}/events", "GET"): [Read(path="/epcis/queries/SimpleEventQuery/events?perPage=200")],
    ("/epcis/epcs", "GET"): [Read(path="/epcis/epcs?perPage=200")],
    ("/epcis/epcs/{rest:path}", "GET"): [
        Read(path=f"/epcis/epcs/{{{name}}}{rest}") for name in ("unit", "lot", "pallet") for rest in ("", "/events")
    ],
    **{(f"/epcis/{name}", "GET"): [Read(path=f"/epcis/{name}?perPage=200")] for name in ("bizSteps", "dispositions", "bizLocations", "readPoints")},
    ("/epcis/bizSteps/{rest:path}", "GET"): [Read(path="/epcis/bizSteps/shipping/events?perPage=200")],
    ("/epcis/dispositions/{rest:path}", "GET"): [Read(path="/epcis/dispositions/active/events?perPage=200")],
    ("/epcis/bizLocations/{rest:path}", "GET"): [
        Read(path=f"/epcis/bizLocations/{{{place}}}{rest}") for place in ("place", "hall") for rest in ("", "/events")
    ],
    ("/epcis/readPoints/{rest:path}", "GET"): [Read(path=f"/epcis/readPoints/{{yard}}{rest}") for rest in ("", "/events")],
    ("/trace/exports/{form:str}", "GET"): [
        Read(path=f"/trace/exports/{form}?key={{{name}}}")
        for form, name in (("csv", "lot"), ("csv", "unit"), ("json", "made"), ("graphml", "lot"), ("svg", "code"))
    ],
    ("/mobile/v1/changes", "GET"): [Read(path="/mobile/v1/changes?limit=200"), Read(path="/mobile/v1/changes?since=0&limit=500")],
}  # fmt: skip


def filled(template: Any, names: dict[str, str]) -> Any:
    """The template with its names in place."""
    text = json.dumps(template)
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return json.loads(text)


async def ask(person: Person, read: Read, names: dict[str, str]) -> httpx.Response:
    """The raw answer."""
    if read.path:
        return await person.caller.client.get(filled(read.path, names), headers=person.headers)
    return await person.caller.post(read.query, filled(read.variables, names))


def comparable(answer: httpx.Response, names: dict[str, str]) -> tuple[int, dict[str, str], str]:
    """Status, headers and body without what differs between any two answers, and without what was asked for.

    The pull's `next` carries the sequence number of the tenant's last event, whichever site's.
    """
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "content-length", "etag", "date")}
    headers = {name: value for name, value in headers.items() if "ratelimit" not in name and "token-expires" not in name}
    headers = {name: re.sub(r"nextPageToken=[^>]*", "", value) for name, value in headers.items()}
    text = answer.text.replace(answer.headers.get("x-request-id", "\x00"), "request")
    text = re.sub(r'"(creationDate|next)":\s*"[^"]*"', "", text)
    text = re.sub(r'"extensions":\{"cost":.*?\}\}', "", text)
    for given in sorted(names.values(), key=len, reverse=True):
        for form in (given, given.removeprefix("https://id.gs1.org/")):
            text = text.replace(form, "…")
            headers = {name: value.replace(form, "…") for name, value in headers.items()}
    return answer.status_code, headers, text

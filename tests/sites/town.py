"""A company with two sites, and what happens at each: the same story under another mark, so that whatever is told of one is recognised."""

from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from backend.graphql.ids import global_id, parse_global_id
from backend.services import Services
from infra.ids import uuid7
from tenants import sessions
from tenants.directory import Tenant
from tenants.permissions import Role
from tenants.principal import Principal
from tenants.registration import create_person_with_membership
from tests.conftest import PASSWORD
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, SHOP, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.graphql.conftest import PUT, Caller
from tests.graphql.test_commands import PLACE, document
from tests.handsets import Handset
from tests.isolation.people import HERE as FROM_HERE
from tests.isolation.quality_day import something_wrong

HEADQUARTERS = "https://id.gs1.org/414/9506000134031"
NODES = {
    "event": "Event",
    "hold": "Hold",
    "alert": "Alert",
    "shipment": "Shipment",
    "device": "Device",
    "review": "ReviewEntry",
    "inspection": "Inspection",
    "schedule": "InspectionSchedule",
}
HALL = "https://firm.example/places/{}-hall"
ALIAS = "mutation($input: AssertAliasInput!) { assertAlias(input: $input) { alias { id } userErrors { code } } }"
SPECIFY = """mutation($input: PutSpecificationInput!) { putSpecification(input: $input) {
  version { specification { id } } userErrors { code } } }"""
INSPECT = "mutation($input: OpenInspectionInput!) { openInspection(input: $input) { inspection { id } userErrors { code } } }"
SCHEDULE = "mutation($input: PutInspectionScheduleInput!) { putInspectionSchedule(input: $input) { schedule { id } userErrors { code } } }"
QUALITY = {
    name: f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
    for name in ("releaseSpecification", "recordResults")
}
ENROL = "mutation($input: EnrolDeviceInput!) { enrolDevice(input: $input) { enrolment { code } userErrors { code } } }"
LISTED = """{ holds(first: 5, activeOnly: false) { nodes { id objectUri } } alerts(first: 5) { nodes { id subject } }
  shipments(first: 5) { nodes { id document } } }"""
PUT_INSTRUMENT: Final = "mutation($input: PutInstrumentInput!) { putInstrument(input: $input) { userErrors { code message } instrument { id } } }"
RECORD_CALIBRATION: Final = "mutation($input: RecordCalibrationInput!) { recordCalibration(input: $input) { userErrors { code message } } }"


@dataclass
class Site:
    """A site and, by name, everything that was told of it; the names are the same for each."""

    mark: str
    place: str
    names: dict[str, str] = field(default_factory=dict)

    @property
    def hall(self) -> str:
        """A place that the catalogue puts into the site."""
        return HALL.format(self.mark.lower())

    @property
    def yard(self) -> str:
        """An extension of the site's GLN that the catalogue doesn't know."""
        return f"{self.place}/254/{self.mark}-YARD"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    principal: Principal
    caller: Caller

    @property
    def headers(self) -> dict[str, str]:
        return self.caller.headers


async def new_person(services: Services, client: httpx.AsyncClient, tenant: Tenant, role: Role, site: str | None) -> Person:
    """A new person who has a role everywhere or at one site."""
    login = f"{uuid4().hex[:12]}@example.com"
    membership = await create_person_with_membership(services.identity, tenant, login=login, password=PASSWORD, display_name="A person", role=role)
    if site is not None:
        async with services.database.tenant(tenant.tenant_id) as tx:
            await tx.execute("delete from membership_grant where tenant_id = $1 and membership_id = $2", membership.membership_id)
            await sessions.insert_grant(tx, membership.membership_id, role, site=site)
    tokens = await services.identity.sign_in(login, PASSWORD, tenant_slug=tenant.slug, caller=FROM_HERE)
    return Person(tokens.principal, Caller(client, {"Authorization": f"Bearer {tokens.access_token}"}))


async def tell(head: Person, site: Site) -> None:
    """What happens at a site: flour becomes dumplings in the hall, a pallet leaves the yard, held flour leaves all the same."""
    caller, mark = head.caller, site.mark
    await put_places(caller, site)
    flour, dumplings, pallet = lot(FLOUR, f"{mark}-F"), lot(DUMPLING, f"{mark}-D"), sscc(100 + sum(mark.encode()))
    piece = unit(DUMPLING, f"{mark}-U")
    paper = f"urn:epcglobal:cbv:bt:9506000134000:{mark}-PAPER"
    here: dict[str, Any] = {"bizLocation": {"id": site.place}}
    papers: dict[str, Any] = {"bizTransactionList": [{"type": "desadv", "bizTransaction": paper}]}
    first, wrong = made(amounts=[quantity(flour, 100)], **here), made(amounts=[quantity(lot(FLOUR, f"{mark}-W"), 5)], minutes=2, **here)
    events = [
        first,
        transformed([flour], [dumplings], transformation=(step := f"urn:uuid:{uuid4()}"), bizLocation={"id": site.hall}),
        made([f"https://id.gs1.org/01/{DUMPLING}/10/{mark}-D/21/{mark}-U"], minutes=11, **here),
        packed(pallet, [piece], **here),
        shipped([pallet], readPoint={"id": site.yard}, **papers),
        wrong,
        declared_wrong(wrong),
    ]
    job = await _capture(caller, *events)
    hold = await caller.command(PLACE, {"key": flour, "reason": f"{mark} metal", "note": f"{mark} note"})
    await _capture(caller, shipped([], [quantity(flour, 1)], minutes=50, readPoint={"id": site.place}, **papers))
    listed = await caller.ask(LISTED)
    alert = next(alert for alert in listed["alerts"]["nodes"] if alert["subject"] == flour)
    sent = next(shipment for shipment in listed["shipments"]["nodes"] if shipment["document"] == paper)
    found = await caller.ask("query($id: String!) { events(first: 1, filter: {eventIDs: [$id]}) { nodes { id } } }", {"id": first["eventID"]})
    [event] = found["events"]["nodes"]
    declared = await caller.command(ALIAS, {"key": flour, "sameAs": dumplings, "cause": "OTHER", "reason": f"{mark} label"})
    site.names |= {
        "alias": declared["alias"]["id"], "step": f"transformation:{step}",
        "lot": flour, "made": dumplings, "unit": piece, "pallet": pallet, "code": f"{mark}-F", "serial": f"{mark}-U", "place": site.place,
        "hall": site.hall, "yard": site.yard, "event id": first["eventID"], "event": event["id"], "event uuid": uuid_in(event["id"]),
        "declared id": wrong["eventID"], "job": job, "hold": hold["hold"]["id"], "alert": alert["id"], "shipment": sent["id"], "paper": paper,
    }  # fmt: skip
    gauge = {"identifier": f"{mark}-CALIPER", "serial": mark, "owner": mark, "place": site.hall, "intervalDays": 365}
    kept = await caller.command(PUT_INSTRUMENT, gauge)
    site.names |= {"instrument": kept["instrument"]["id"]}
    found = {"performedAt": "2026-03-01T08:00:00Z", "performedBy": mark, "certificate": mark, "asFound": "IN_TOLERANCE", "asLeft": "IN_TOLERANCE"}
    assert (await caller.command(RECORD_CALIBRATION, {"instrumentId": site.names["instrument"], **found}))["userErrors"] == []
    site.names |= await inspect(caller, site, flour)
    handset = Handset(caller.client)
    offered = await caller.ask(ENROL, {"input": {"name": f"{mark} phone", "site": site.place}})
    assert (await handset.enrol(offered["enrolDevice"]["enrolment"]["code"])).status_code == 201
    disputed = await caller.client.post("/epcis/capture", json=document({**first, "bizStep": "receiving"}), headers=caller.headers)
    assert disputed.json()["success"] is False
    waiting = await caller.ask("{ reviewEntries(first: 1) { nodes { id eventKey } } }")
    [review] = waiting["reviewEntries"]["nodes"]
    assert review["eventKey"] == f"e:{first['eventID']}"
    site.names |= {"device": global_id("Device", handset.device), "review": review["id"]}
    keys = (("lot", "lot node"), ("unit", "unit node"))
    site.names |= {to: global_id("TraceableObject", site.names[name].removeprefix("https://id.gs1.org/")) for name, to in keys}
    site.names |= {"job node": global_id("CaptureJob", job), "place node": global_id("Location", site.place)}
    site.names |= {"hall node": global_id("Location", site.hall)}


async def inspect(caller: Caller, site: Site, flour: str) -> dict[str, str]:
    """Flour of the site is inspected by a specification of the site's own step, and again every month."""
    asked = [{"code": "LOOK", "name": "appearance", "kind": "PASS_FAIL"}]
    given = {"code": f"{site.mark}-SPEC", "names": {"en": "Flour"}, "scope": {"product": FLOUR, "step": site.mark}, "characteristics": asked}
    [drafted] = (await caller.ask(SPECIFY, {"input": given})).values()
    named = {"specificationId": drafted["version"]["specification"]["id"], "version": 1}
    await caller.command(QUALITY["releaseSpecification"], named)
    opened = await caller.command(INSPECT, {"kind": "INCOMING", "key": flour, "step": site.mark, "reason": f"{site.mark} delivery"})
    result = {"characteristic": "LOOK", "value": "PASS", "note": f"{site.mark} look"}
    await caller.command(QUALITY["recordResults"], {"inspectionId": opened["inspection"]["id"], "results": [result]})
    monthly = {"name": f"{site.mark} monthly", "specificationId": named["specificationId"], "everyDays": 30, "place": site.place}
    set_up = await caller.command(SCHEDULE, monthly)
    assert (opened["userErrors"], set_up["userErrors"]) == ([], [])
    return {"inspection": opened["inspection"]["id"], "schedule": set_up["schedule"]["id"]}


async def tell_what_is_wrong(services: Services, head: Person, site: Site) -> None:
    """What is wrong with the site's flour, and what is done about it."""
    site.names |= await something_wrong(services, head.principal, site.names["lot"], site.mark)


async def put_places(caller: Caller, site: Site) -> None:
    """The site below headquarters, and its hall."""
    common = {"kind": "plant", "own": True, "timeZone": "Asia/Shanghai"}
    places = [
        {"place": HEADQUARTERS, "names": {"en": "Headquarters"}, **common},
        {"place": site.place, "names": {"en": f"{site.mark} works"}, "parentPlace": HEADQUARTERS, **common},
        {"place": site.hall, "names": {"en": f"{site.mark} hall"}, "parentPlace": site.place, **common},
    ]
    assert (await caller.command(PUT["locations"], {"locations": places}))["userErrors"] == []
    told = "mutation($input: PutFoodPlacesInput!) { putFoodPlaces(input: $input) { userErrors { code } } }"
    assert (await caller.command(told, {"places": [{"place": site.place, "name": f"{site.mark} works", "phone": "1"}]}))["userErrors"] == []
    partners = [{"party": CUSTOMER, "names": {"en": "Customer"}, "customer": True}]
    assert (await caller.command(PUT["partners"], {"partners": partners}))["userErrors"] == []


def uuid_in(identifier: str) -> str:
    """The public id in a global one."""
    return (parse_global_id(identifier) or ("", ""))[1]


async def _capture(caller: Caller, *events: dict[str, Any]) -> str:
    answer = await caller.client.post("/epcis/capture", json=document(*events), headers=caller.headers)
    assert (answer.status_code, answer.json()["success"]) == (202, True), answer.text
    return str(UUID(answer.json()["captureID"]))


def nobodys(site: Site) -> dict[str, str]:
    """Names of the same looks that nobody has."""
    twins = {}
    for name, value in site.names.items():
        if site.mark in value:
            twins[name] = value.replace(site.mark, "NOTHING")
        elif site.mark.lower() in value:
            twins[name] = value.replace(site.mark.lower(), "nothing")
        else:
            twins[name] = value[:-1] + ("0" if value[-1] != "0" else "1")
    twins |= {
        "lot node": global_id("TraceableObject", f"01/{FLOUR}/10/NOTHING-F"),
        "unit node": global_id("TraceableObject", f"01/{DUMPLING}/21/NOTHING-U"),
    }
    for name, kind in (
        ("event", "Event"),
        ("hold", "Hold"),
        ("alert", "Alert"),
        ("shipment", "Shipment"),
        ("device", "Device"),
        ("review", "ReviewEntry"),
        ("instrument", "Instrument"),
        ("nonconformance", "Nonconformance"),
        ("waiting nonconformance", "Nonconformance"),
        ("decision", "NonconformanceDecision"),
        ("disposition", "Disposition"),
        ("action", "CorrectiveAction"),
        ("item", "ActionItem"),
        ("request", "SupplierRequest"),
    ):
        twins[name] = global_id(kind, uuid4())
    place = "https://id.gs1.org/414/9506000134048"
    twins |= {
        "pallet": sscc(999_999), "place": place, "place node": global_id("Location", place), "hall node": global_id("Location", twins["hall"]),
        "yard": f"{place}/254/NOTHING-YARD", "event uuid": uuid_in(twins["event"]), "job": str(uuid7()),
        "event id": f"urn:uuid:{uuid4()}", "declared id": f"urn:uuid:{uuid4()}",
    }  # fmt: skip
    return twins | {"job node": global_id("CaptureJob", twins["job"])}


@dataclass(frozen=True)
class Town:
    """The company: who sees all of it and who sees one site of it; what the latter was told before anything happened at the other."""

    services: Services
    client: httpx.AsyncClient
    tenant: Tenant
    head: Person
    limited: Person
    here: Site
    there: Site
    nobody: dict[str, str]
    before: dict[str, Any]


def new_sites() -> tuple[Site, Site]:
    """Where somebody is limited to, and the other."""
    return Site("HERE", PLANT), Site("CANARY", SHOP)

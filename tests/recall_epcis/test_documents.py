"""The events of a recall's scope, written and captured elsewhere."""

import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from lxml import etree

from backend.recall_epcis.writing import JsonWriter, XmlWriter
from backend.recall_scope.service import Source
from backend.recalls import service as recalls
from backend.services import Services
from backend.trace import service as trace
from backend.trace.rules import Direction
from infra.database import TenantTransaction
from tenants.permissions import Role
from tests.factories import DOUGH, FLOUR, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.fsma204.farm import HARVEST_LOT, PACKED_LOT, Asker, harvest, keep_catalogue, packing, palletised, shipping

MAKE = "mutation ($input: MakeDocumentInput!) { makeDocument(input: $input) { document { id } userErrors { code field } } }"
LOOK = "query ($id: ID!) { document(id: $id) { state failure sha256 contentSha256 rows fileName contentType generator } }"
OWN: dict[str, Any] = {"@context": [{"x": "https://example.com/ns/"}], "x:line": "7 & 8"}
FAR = (lot(FLOUR, "NEVER"), lot(DOUGH, "NEVER-MADE"))


@pytest.fixture
async def asker(services: Services, firm: Firm, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]) -> Asker:
    await keep_catalogue(services, firm)
    await services.storage.ensure_bucket()
    wrong = made([], [quantity(lot(FLOUR, "WRONG"), 3)], minutes=3)
    parted = "urn:example:transformation:7"
    await capture(
        services, firm.tenant_id, harvest(), packing(ilmd={"cbvmda:bestBeforeDate": "2026-04-01"}), palletised(), shipping(),
        # One process in two parts, units of its output, and a pallet of these.
        transformed([PACKED_LOT], [], minutes=200, transformation=parted), transformed([], [lot(DOUGH, "D1")], minutes=210, transformation=parted),
        made([unit(DOUGH, "S1"), unit(DOUGH, "S2")], minutes=215, ilmd={"cbvmda:lotNumber": "D1"}, **OWN),
        packed(sscc(5), [unit(DOUGH, "S1")], minutes=220), shipped([sscc(5)], minutes=230),
        # Nothing of this belongs to it.
        made([], [quantity(FAR[0], 5)], minutes=5), transformed([FAR[0]], [FAR[1]], minutes=6), wrong, declared_wrong(wrong),
    )  # fmt: skip
    return Asker(client, await bearer(firm))


async def _case(services: Services, firm: Firm, key: str = HARVEST_LOT) -> UUID:
    async def work(tx: TenantTransaction) -> UUID:
        return await recalls.open_case(tx, firm.principal, title="Romaine", reason="A test found it", sources=[Source.of_object(key)], drill=True)

    return await services.in_tenant(firm.tenant_id, work)


async def _made(asker: Asker, do_documents: Any, kind: str, case: UUID) -> tuple[dict[str, Any], bytes]:
    asked = await asker.ask(MAKE, {"input": {"kind": kind, "language": "en", "reference": f"recall:{case}"}})
    assert asked["makeDocument"]["userErrors"] == []
    document_id = asked["makeDocument"]["document"]["id"]
    await do_documents()
    told = (await asker.ask(LOOK, {"id": document_id}))["document"]
    assert told["state"] == "READY", told
    answer = await asker.client.get(f"/documents/{document_id}", headers=asker.headers)
    assert hashlib.sha256(answer.content).hexdigest() == told["sha256"]
    return told, answer.content


async def _trace(services: Services, firm: Firm, key: str) -> list[Any]:
    found: list[Any] = []
    async with services.database.tenant(firm.tenant_id) as tx:
        for direction in (Direction.FORWARD, Direction.BACKWARD):
            told = await trace.trace(tx, key, direction)
            keys = {node.thing.object_id: node.thing.key for node in told.nodes}
            found.append(sorted((node.thing.key, node.steps, node.certainty) for node in told.nodes))
            found.append(sorted((keys[link.parent_id], keys[link.child_id], link.kind) for link in told.links))
        found.append(
            sorted((item.shipment.shipped_at, lot.lot.key, lot.quantity) for item in await trace.shipments_reached(tx, key) for lot in item.lots)
        )
    return found


@pytest.mark.parametrize(("kind", "media_type"), [("SCOPE_EPCIS_JSON", "application/json"), ("SCOPE_EPCIS_XML", "application/xml")])
async def test_scope_captured_into_a_fresh_tenant_gives_the_same_traces(
    services: Services, firm: Firm, other_firm: Firm, asker: Asker, client: httpx.AsyncClient, do_documents: Any, kind: str, media_type: str,
    bearer: Callable[..., Awaitable[dict[str, str]]],
) -> None:  # fmt: skip
    case = await _case(services, firm)
    told, content = await _made(asker, do_documents, kind, case)
    assert told["rows"] == 9
    assert b"NEVER" not in content
    assert b"WRONG" not in content
    taken = await client.post("/epcis/capture", content=content, headers={**await bearer(other_firm), "Content-Type": media_type})
    assert taken.status_code == 202, taken.text
    await do_documents()
    for key in (HARVEST_LOT, PACKED_LOT, lot(DOUGH, "D1"), unit(DOUGH, "S1")):
        assert await _trace(services, other_firm, key) == await _trace(services, firm, key), key
    names = await Asker(client, await bearer(other_firm)).ask("{ products(first: 5) { nodes { gtin name } } locations(first: 9) { nodes { name } } }")
    assert "Fresh romaine hearts" in {node["name"] for node in names["products"]["nodes"]}
    assert {"Green Farm", "Green Packhouse"} <= {node["name"] for node in names["locations"]["nodes"]}


async def test_both_forms_name_the_document_and_hold_the_same_events(services: Services, firm: Firm, asker: Asker, do_documents: Any) -> None:
    case = await _case(services, firm)
    of_json, as_json = await _made(asker, do_documents, "SCOPE_EPCIS_JSON", case)
    of_xml, as_xml = await _made(asker, do_documents, "SCOPE_EPCIS_XML", case)
    document = json.loads(as_json)
    tree = etree.fromstring(as_xml)
    ids = [event["eventID"] for event in document["epcisBody"]["eventList"]]
    assert ids == [each.text for each in tree.iterfind(".//eventID")]
    assert [event["eventTime"] for event in document["epcisBody"]["eventList"]] == sorted(
        event["eventTime"] for event in document["epcisBody"]["eventList"]
    )
    assert not any("recordTime" in event for event in document["epcisBody"]["eventList"])
    assert document["instanceIdentifier"].startswith("D-")
    assert (tree.findtext(".//{*}InstanceIdentifier") or "").startswith("D-")
    assert of_json["fileName"].endswith("-epcis.json")
    assert (of_json["contentType"], of_xml["contentType"]) == ("application/ld+json", "application/xml")
    again, _ = await _made(asker, do_documents, "SCOPE_EPCIS_JSON", case)
    assert again["contentSha256"] == of_json["contentSha256"]


async def test_recall_of_another_tenant_and_one_who_reads_no_events_get_nothing(
    services: Services, firm: Firm, other_firm: Firm, asker: Asker, client: httpx.AsyncClient, bearer: Callable[..., Awaitable[dict[str, str]]]
) -> None:
    case = await _case(services, firm)
    asked = {"input": {"kind": "SCOPE_EPCIS_JSON", "language": "en", "reference": f"recall:{case}"}}
    stranger = await Asker(client, await bearer(other_firm)).ask(MAKE, asked)
    assert stranger["makeDocument"]["userErrors"][0]["code"] == "RECALL_NOT_FOUND"
    worker = await Asker(client, await bearer(firm, Role.WORKER)).raw(MAKE, asked)
    assert worker["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
    for reference, parameters in ((str(case), []), ("recall:x", []), (f"recall:{case}", [{"name": "lots", "value": "x"}])):
        odd = {"kind": "SCOPE_EPCIS_XML", "language": "en", "reference": reference, "parameters": parameters}
        refused = await asker.ask(MAKE, {"input": odd})
        assert refused["makeDocument"]["userErrors"][0]["code"] == "INVALID_INPUT"


async def test_sheet_of_a_recall_has_the_records_of_its_whole_scope(services: Services, firm: Firm, asker: Asker, do_documents: Any) -> None:
    import openpyxl

    case = await _case(services, firm, PACKED_LOT)
    asked = {"kind": "FSMA204_SHEET", "language": "en", "reference": f"recall:{case}", "parameters": [{"name": "foods", "value": "all"}]}
    made_of = await asker.ask(MAKE, {"input": asked})
    document_id = made_of["makeDocument"]["document"]["id"]
    await do_documents()
    answer = await asker.client.get(f"/documents/{document_id}", headers=asker.headers)
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content))["All records"].iter_rows(values_only=True))
    # Both ways: the harvest that the packed lot came from, and what was made of it.
    assert [row[0] for row in rows[1:]] == [
        "Harvesting", "Initial packing", "Shipping", "Transformation", "Transformation", "Shipping",
    ]  # fmt: skip


def test_document_of_no_events_is_whole(tmp_path: Any) -> None:
    from infra.clock import now

    for kind, name in ((JsonWriter, "a.json"), (XmlWriter, "a.xml")):
        writer = kind(tmp_path / name)
        writer.close([], created=now(), number="D-1", sender="urn:uuid:x<&")
    assert json.loads((tmp_path / "a.json").read_bytes())["epcisBody"] == {"eventList": []}
    assert etree.fromstring((tmp_path / "a.xml").read_bytes()).find(".//EventList") is not None
    assert [path.name for path in tmp_path.iterdir()] == ["a.json", "a.xml"] or len(list(tmp_path.iterdir())) == 2

"""Exports of a trace: each parses back and says what the trace says; refusals are clear; it is on the trail."""

import csv
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from lxml import etree

from backend.catalog.service import Location, Partner, Product, ProductKind, put_locations, put_partners, put_products
from backend.services import Services
from backend.trace import service as traces
from backend.trace.rules import Direction
from tenants.permissions import Role
from tests.factories import CUSTOMER, DUMPLING, FLOUR, MEAT, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.shapes.printed import characters, opened

Bearer = Callable[..., Awaitable[dict[str, str]]]
FLOUR_LOT, MEAT_LOT, BUNS = lot(FLOUR, "=F-1"), lot(MEAT, "M-1"), lot(DUMPLING, "D-1")
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"


async def work(services: Services, firm: Firm) -> None:
    """Flour and meat, of two makings one from the other's leavings, a pallet, a shipment."""
    leavings = lot(DUMPLING, "D-2")
    piece = f"{BUNS}/21/S-1"
    await capture(
        services, firm.tenant_id, made([], [quantity(FLOUR_LOT, 100)]), made([], [quantity(MEAT_LOT, 50)], 1),
        transformed([FLOUR_LOT, MEAT_LOT], [BUNS], 10), transformed([BUNS], [leavings], 20, 3), transformed([leavings], [BUNS], 30, 3),
        made([piece], minutes=31), packed(sscc(1), [unit(DUMPLING, "S-1")], minutes=32), shipped([sscc(1)], minutes=40),
        shipped([], [quantity(BUNS, 4)], 50),
    )  # fmt: skip

    async def name(tx: Any) -> None:
        await put_products(tx, firm.principal, [Product(FLOUR, {"zh": "面粉", "en": "Flour"}, ProductKind.RAW),
                                                Product(DUMPLING, {"zh": "水饺", "en": "Dumplings"}, ProductKind.FINISHED)])  # fmt: skip
        await put_locations(tx, firm.principal, [Location(PLANT, {"zh": "一厂", "en": "Plant one"}, "plant", True, "Asia/Shanghai")])
        await put_partners(tx, firm.principal, [Partner(CUSTOMER, {"zh": "+超市", "en": "+Market"}, supplier=False, customer=True)])

    await services.in_tenant(firm.tenant_id, name)


@pytest.fixture
async def head(services: Services, firm: Firm, bearer: Bearer, do_outbox: Callable[[], Awaitable[int]]) -> dict[str, str]:
    """Somebody who may everything, in a firm where something happened."""
    await work(services, firm)
    await do_outbox()
    return await bearer(firm)


async def export(client: httpx.AsyncClient, headers: dict[str, str], form: str, key: str = FLOUR_LOT, **asked: str) -> httpx.Response:
    """The answer; in Chinese unless told otherwise."""
    language = asked.pop("language", "zh-CN")
    return await client.get(f"/trace/exports/{form}", params={"key": key, **asked}, headers={**headers, "Accept-Language": language})


async def test_csv_holds_a_row_for_each_object_and_nothing_that_a_spreadsheet_runs(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    answer = await export(client, head, "csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="trace-F-1.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    table = [dict(zip(heading, row, strict=True)) for row in rows]
    assert sorted(row["类别"] for row in table) == sorted(["批次"] * 3 + ["工序"] * 3 + ["发货"] * 2)
    [start] = [row for row in table if row["位置"] == "查询对象"]
    assert (start["代码"], start["产品"], start["使用数量"], start["使用单位"], start["确定性"]) == ("'=F-1", "面粉", "10", "kg", "确定")
    assert start["开始 (Asia/Shanghai)"] == "2026-03-02 16:10:00"
    assert {row["客户"] for row in table if row["类别"] == "发货"} == {"'+超市"}
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell]


async def test_csv_in_english(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    text = (await export(client, head, "csv", language="en-GB")).content.decode("utf-8-sig")
    assert text.startswith("kind,side,steps,code")
    assert "Dumplings" in text


async def test_graphml_holds_every_object_and_link(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    answer = await export(client, head, "graphml", language="en")
    graph = etree.fromstring(answer.content).find(f"{GRAPHML}graph")
    assert graph is not None
    nodes, edges = graph.findall(f"{GRAPHML}node"), graph.findall(f"{GRAPHML}edge")
    ids = {node.get("id") for node in nodes}
    assert (len(nodes), len(ids)) == (8, 8)
    assert all(edge.get("source") in ids and edge.get("target") in ids for edge in edges)
    kinds = [edge.findtext(f"{GRAPHML}data[@key='e_link']") for edge in edges]
    assert sorted(map(str, kinds)) == sorted(["input"] * 3 + ["output"] * 3 + ["shipped"] * 2)
    assert {node.findtext(f"{GRAPHML}data[@key='n_product']") for node in nodes} >= {"Flour", "Dumplings"}


async def seen(services: Services, firm: Firm, key: str) -> Any:
    """What a trace of a key says, in words that mean the same in every tenant."""
    async with services.database.tenant(firm.tenant_id) as tx:
        found = await traces.trace(tx, key, Direction.BOTH)
        shipments = await traces.shipments_reached(tx, key)
    keys = {node.thing.object_id: node.thing.key for node in found.nodes}
    return (
        sorted((node.thing.key, node.steps, node.certainty) for node in found.nodes),
        sorted((keys[link.parent_id], keys[link.child_id], link.kind, link.occurred_at, link.quantity, link.uom) for link in found.links),
        [(item.shipment.shipped_at, item.shipment.to_party, [(part.lot.key, part.quantity) for part in item.lots]) for item in shipments],
    )


@pytest.mark.parametrize("key", [FLOUR_LOT, BUNS, unit(DUMPLING, "S-1")])
async def test_events_captured_elsewhere_give_the_same_trace(
    client: httpx.AsyncClient, head: dict[str, str], services: Services, firm: Firm, other_firm: Firm, bearer: Bearer, key: str,
    do_outbox: Callable[[], Awaitable[int]],
) -> None:  # fmt: skip
    answer = await export(client, head, "json", key)
    assert answer.headers["content-type"] == "application/ld+json"
    document = json.loads(answer.content)
    assert (document["type"], document["schemaVersion"]) == ("EPCISDocument", "2.0")
    taken = await client.post("/epcis/capture", content=answer.content, headers={**await bearer(other_firm), "Content-Type": "application/json"})
    assert (taken.status_code, taken.json()["success"]) == (202, True), taken.text
    await do_outbox()
    assert await seen(services, other_firm, key) == await seen(services, firm, key)


async def test_events_are_exported_to_who_may_read_events(client: httpx.AsyncClient, head: dict[str, str], firm: Firm, bearer: Bearer) -> None:
    worker = await bearer(firm, Role.WORKER)
    assert (await export(client, worker, "csv")).status_code == 200
    refused = await export(client, worker, "json")
    assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")


async def test_svg_is_a_drawing_in_the_readers_language(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    answer = await export(client, head, "svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    drawing = etree.fromstring(answer.content)
    texts = ["".join(str(part) for part in text.itertext()) for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"面粉 · =F-1", "=F-1", "水饺", "一厂", "+超市", "可能"} <= set(texts)
    assert not list(drawing.iter("{http://www.w3.org/2000/svg}script", "{http://www.w3.org/2000/svg}image"))
    assert "Flour" in (await export(client, head, "svg", language="en")).text


async def test_pdf_says_what_was_asked_and_found(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    answer = await export(client, head, "pdf", direction="forward", asOf="2026-03-02T12:00:00+00:00")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert set("追溯报告面粉水饺一厂超市向下游") <= characters(answer.content)
    assert b"/StructTreeRoot" in opened(answer.content)
    assert len(answer.content) < 300_000


async def test_exports_are_on_the_trail_with_what_was_asked(client: httpx.AsyncClient, head: dict[str, str], services: Services, firm: Firm) -> None:
    await export(client, head, "csv", direction="forward")
    async with services.database.tenant(firm.tenant_id) as tx:
        rows = await tx.fetch("select subject, after from audit_entry where tenant_id = $1 and action = 'trace.exported'")
    assert [(row["subject"], json.loads(row["after"])) for row in rows] == [
        (f"object:01/{FLOUR}/10/%3DF-1", {"format": "csv", "direction": "forward"})
    ]


async def test_a_report_and_the_trail_say_by_which_policy_tanks_are_reckoned(
    client: httpx.AsyncClient, head: dict[str, str], services: Services, firm: Firm
) -> None:
    answer = await export(client, head, "pdf", tankPolicy="first_in_first_out")
    assert (answer.status_code, set("储罐取料先进先出") <= characters(answer.content)) == (200, True)
    async with services.database.tenant(firm.tenant_id) as tx:
        told = await tx.fetchval("select after from audit_entry where tenant_id = $1 and action = 'trace.exported'")
    assert json.loads(told)["tankPolicy"] == "first_in_first_out"


async def test_as_of_leaves_later_events_out(client: httpx.AsyncClient, head: dict[str, str]) -> None:
    early = await export(client, head, "json", asOf="2026-03-02T08:15:00Z")
    assert {event["eventTime"] for event in json.loads(early.content)["epcisBody"]["eventList"]} == {
        "2026-03-02T08:00:00.000Z", "2026-03-02T08:10:00.000Z",
    }  # fmt: skip


WRONG: dict[str, tuple[str, dict[str, str], int, str]] = {
    "format": ("xls", {"key": FLOUR_LOT}, 404, "EXPORT_FORMAT_NOT_FOUND"),
    "no key": ("csv", {}, 400, "INVALID_INPUT"),
    "long key": ("csv", {"key": "x" * 2_000}, 400, "INVALID_INPUT"),
    "nul": ("csv", {"key": "a\x00b"}, 400, "INVALID_INPUT"),
    "unknown key": ("svg", {"key": "nothing"}, 404, "OBJECT_NOT_FOUND"),
    "direction": ("csv", {"key": FLOUR_LOT, "direction": "sideways"}, 400, "INVALID_INPUT"),
    "moment": ("csv", {"key": FLOUR_LOT, "asOf": "yesterday"}, 400, "INVALID_INPUT"),
    "moment without zone": ("csv", {"key": FLOUR_LOT, "knownAt": "2026-03-02T08:00:00"}, 400, "INVALID_INPUT"),
    "tank policy": ("csv", {"key": FLOUR_LOT, "tankPolicy": "last_in"}, 400, "INVALID_INPUT"),
    "boxes": ("svg", {"key": FLOUR_LOT, "boxes": "100000"}, 400, "INVALID_INPUT"),
    "unknown parameter": ("csv", {"key": FLOUR_LOT, "limit": "5"}, 400, "INVALID_INPUT"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_request_is_told_what_to_do_and_leaves_no_entry(
    client: httpx.AsyncClient, head: dict[str, str], services: Services, firm: Firm, name: str
) -> None:
    form, asked, status, code = WRONG[name]
    answer = await client.get(f"/trace/exports/{form}", params=asked, headers=head)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    async with services.database.tenant(firm.tenant_id) as tx:
        assert not await tx.fetchval("select count(*) from audit_entry where tenant_id = $1 and action = 'trace.exported'")

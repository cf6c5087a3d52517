"""A firm's day through every door of the service: all that reads or writes for a tenant is done at least once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

import httpx
from litestar import Litestar

from backend.documents.service import MAKE
from backend.sandbox.samples import put_catalogue
from backend.services import Services
from backend.simulator import Industry, Simulation, simulate
from tenants.registration import add_claim
from tests.alerts.day import watch_over
from tests.capa.operations import RENEW as RENEW_LINK
from tests.capa.operations import REVIEW as REVIEW_ANSWER
from tests.factories import CUSTOMER, DUMPLING, FLOUR, PLANT, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.graphql.conftest import PUT, Caller
from tests.graphql.test_aliases import ASSERT, REVOKE
from tests.graphql.test_aliases import LISTED as ALIASES
from tests.graphql.test_balance import DRAWS, PRODUCT
from tests.graphql.test_balance import LOT as BALANCE
from tests.graphql.test_commands import CAPTURE, PLACE, RELEASE, SHIP, document
from tests.graphql.test_reading import OBJECT, TRACE
from tests.inspections.conftest import ALLOW, DAMP, LEAD, OPEN, RECORD, REPORT, SCHEDULE, TASK, released
from tests.inspections.conftest import LISTED as INSPECTED
from tests.isolation.access_day import Office
from tests.isolation.consumers_day import ask_to_be_told, confirm, mails_to, open_mail
from tests.isolation.fsma204_day import trace_foods
from tests.isolation.people import HERE, new_person, new_tenant
from tests.isolation.quality_day import something_wrong
from tests.isolation.recall_checks_day import CHECK_LISTS, checks_and_a_drill
from tests.isolation.recall_day import RECALL_LISTS, a_recall
from tests.isolation.recall_notices_day import NOTICE_LISTS, a_notice
from tests.isolation.recall_scope_day import RECALL_SCOPES
from tests.isolation.watching_day import watch
from tests.mobile_api import phones
from tests.notifications.test_mail import Post
from tests.outbox import do_outbox
from tests.signing import authenticator_of, signed

F1, D1 = lot(FLOUR, "DAY-F1"), lot(DUMPLING, "DAY-D1")
UNIT, PALLET = unit(DUMPLING, "DAY-U1"), sscc(77)
NOBODY = "http://127.0.0.1:1025/hook"
LISTS = """{
  events(first: 20) { nodes { id body location { name } objects(first: 20) { nodes { role quantity object { key productName } } } } }
  holds(first: 20, activeOnly: false) { nodes { id objectUri object { id holdCauses { reason hold { id } } positions { place location { name } } } } }
  alerts(first: 20, openOnly: false) { nodes { id detail } }
  shipments(first: 20) { nodes { id customerName origin { name } lots { object { code } } event { id } } }
  products(first: 20) { nodes { gtin name } } locations(first: 20) { nodes { place name } } partners(first: 20) { nodes { party name } }
  me { tenant roles permissions }
}"""
QUALITY_LISTS = """{
  nonconformances(first: 5) { nodes {
    goods { object { key } } decisions { lines { outcome { key } } } holds { id } history(first: 5) { nodes { act } } } }
  correctiveActions(first: 5) { nodes { ownerName disciplines { text } items { text } nonconformances { id } recurrences { id } } }
  supplierRequests(first: 5) { nodes { lots { key } answers { verdict } } } approvals(first: 5) { nodes { kind } } twoPeopleDecideFrom
}"""
EVENT_QUERIES = (
    "", "?eventType=ObjectEvent&EQ_action=ADD&perPage=5", f"?MATCH_epcClass={F1}", f"?MATCH_anyEPC={UNIT}&GE_eventTime=2026-03-02T08:00:00Z",
    "?EQ_bizStep=shipping&LT_recordTime=2030-01-01T00:00:00Z", f"?EQ_bizLocation={PLANT}", "?EXISTS_errorDeclaration=true",
    f"?EQ_readPoint={PLANT}&EQ_disposition=in_transit",
)  # fmt: skip


@dataclass
class Day:
    """One firm's person at the door, and what the firm has made by now."""

    services: Services
    client: httpx.AsyncClient
    slug: str
    tenant_id: int
    headers: dict[str, str]
    simulation: Simulation
    names: dict[str, str]
    mails: Post

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send JSON."""
        return await self.client.post(path, content=json.dumps(body), headers={"Content-Type": "application/json", **self.headers, **headers})

    async def get(self, path: str) -> httpx.Response:
        """Ask for a path."""
        return await self.client.get(path, headers=self.headers)

    async def work(self) -> None:
        """The whole day."""
        await self.capture()
        await self.read()
        await self.load()
        await self.subscribe()
        await self.inspect()
        await self.hold_and_ship()
        await self.ask_to_be_told()
        await self.improve()
        await self.scan()
        await self.administer()
        await self.follow()
        await self.put_forward(MAKE)
        await self.follow()
        await self.services.deliveries.settle()
        await self.look()

    async def follow(self) -> None:
        """What the worker does."""
        await do_outbox(self.services, left=())
        await self.services.consumer_mail.settle()

    async def put_forward(self, topic: str) -> None:
        """What waits for a moment is due now: a recall's papers, which leave room for its holds and notices."""
        async with self.services.database.tenant(self.tenant_id) as tx:
            await tx.execute("update outbox set due_at = now() where tenant_id = $1 and topic = $2 and done_at is null", topic)

    async def capture(self) -> None:
        """Documents, bare events, a repetition, a conflict, a correction."""
        for batch in self.simulation.documents(50):
            answer = await self.post("/epcis/capture", batch)
            assert (answer.status_code, answer.json()["success"]) == (202, True), answer.text
        flour = made([], [quantity(F1, 50)])
        events = [flour, transformed([F1], [D1]), made([f"https://id.gs1.org/01/{DUMPLING}/10/DAY-D1/21/DAY-U1"], minutes=11)]
        events += [packed(PALLET, [UNIT]), made([], [quantity(lot(FLOUR, "DAY-F2"), 5)])]
        proceed = {"GS1-Capture-Error-Behaviour": "proceed"}
        job = (await self.post("/epcis/capture", document(*events, {**flour, "action": "MAYBE"}), **proceed)).json()
        assert (job["accepted"], job["rejected"]) == (5, 1)
        self.names["job"] = job["captureID"]
        self.names["event"] = flour["eventID"]
        assert (await self.post("/epcis/capture", document(flour))).json()["duplicates"] == 1
        assert (await self.post("/epcis/capture", document({**flour, "bizStep": "receiving"}))).json()["success"] is False
        assert (await self.post("/epcis/events", {**document(), **flour, "bizStep": "receiving", "type": "ObjectEvent"})).status_code in (400, 409)
        assert (await self.post("/epcis/capture", document(declared_wrong(events[-1])))).json()["accepted"] == 1
        # What a product's use and a pallet's shipment took is known otherwise now.
        told = [made([], [quantity(lot(FLOUR, "DAY-F5"), 5)]), transformed([f"https://id.gs1.org/01/{FLOUR}"], [lot(DUMPLING, "DAY-C1")], 30)]
        told += [packed(sscc(1_071), [], [quantity(lot(FLOUR, "DAY-F5"), 5)]), shipped([sscc(1_071)], minutes=32)]
        for group in (told, [declared_wrong(told[0]), declared_wrong(told[2])]):
            assert (await self.post("/epcis/capture", document(*group))).json()["accepted"] == len(group)

    async def load(self) -> None:
        """A long document, which the worker captures."""
        proceed = {"GS1-Capture-Error-Behaviour": "proceed"}
        told = [made([], [quantity(lot(FLOUR, f"DAY-B{number}"), 1)]) for number in range(60)]
        location = (await self.post("/epcis/capture", document(*told), **proceed)).headers["Location"]
        await self.follow()
        assert (await self.get(location)).json()["accepted"] == 60
        assert len((await self.get(f"{location}/results?perPage=100")).json()["results"]) == 60

    async def read(self) -> None:
        """Jobs, events by every kind of filter, pages."""
        job = f"/epcis/capture/{self.names['job']}"
        for path in ("/epcis/capture", "/epcis/capture?perPage=1", job, f"{job}/results", f"/epcis/events/{self.names['event']}"):
            assert (await self.get(path)).status_code == 200, path
        for query in EVENT_QUERIES:
            assert (await self.get(f"/epcis/events{query}")).status_code == 200, query
        link = (await self.get("/epcis/events?perPage=3")).headers["Link"].split(">")[0].lstrip("<")
        self.names["page"] = link
        assert (await self.get(link)).status_code == 200

    async def subscribe(self) -> None:
        """Named queries, and subscriptions that nobody takes."""
        query = {"name": "shipped", "query": {"EQ_bizStep": ["shipping"]}}
        for path, body in (
            ("", query), ("", {**query, "name": "received"}),
            ("/shipped/subscriptions", {"dest": NOBODY, "stream": True, "signatureToken": "x" * 16}),
            ("/shipped/subscriptions", {"dest": NOBODY, "schedule": {"hour": "1"}, "initialRecordTime": "2026-01-01T00:00:00Z"}),
        ):  # fmt: skip
            answer = await self.post(f"/epcis/queries{path}", body, **{"Idempotency-Key": str(uuid4())})
            assert answer.status_code == 201, answer.text
        address = answer.headers["Location"]
        self.names["subscription"] = answer.json()["subscriptionID"]
        for path in ("", "/shipped", "/shipped/events", "/shipped/subscriptions"):
            assert (await self.get(f"/epcis/queries{path}")).status_code == 200, path
        assert (await self.get(address)).status_code == 200
        assert (await self.post(f"{address}/resume", {})).status_code == 200
        for path in (address, "/epcis/queries/received"):
            assert (await self.client.delete(path, headers=self.headers)).status_code == 204, path

    async def hold_and_ship(self) -> None:
        """A hold, a refused and a free shipment, a reported one, a release in part and as a whole."""
        caller = Caller(self.client, self.headers)
        hold = (await caller.command(PLACE, {"key": F1, "reason": "metal"}))["hold"]["id"]
        self.names["hold"] = hold
        order = {"fromPlace": PLANT, "toParty": CUSTOMER, "lines": [{"key": PALLET}]}
        assert (await caller.command(SHIP, order))["holdCauses"] != []
        reported = {**made(), **shipped([UNIT], minutes=40)}
        assert (await self.post("/epcis/capture", document(reported))).json()["accepted"] == 1
        first = signed(await authenticator_of(self.services, self.headers))
        await caller.command(RELEASE, {"holdId": hold, "reason": "one is fine", "keys": [D1], "signature": first})
        await caller.command(RELEASE, {"holdId": hold, "reason": "all fine", "signature": signed()})
        assert (await caller.command(SHIP, order))["userErrors"] == []
        assert (await caller.command(CAPTURE, {"events": document(made([], [quantity(lot(FLOUR, "DAY-F3"), 5)]))}))["userErrors"] == []
        declared = await caller.command(ASSERT, {"key": F1, "sameAs": "DAY-F3", "cause": "MISTYPED", "reason": "read wrongly"})
        await caller.ask(ALIASES, {"key": F1, "active": True})
        assert (await caller.command(REVOKE, {"aliasId": declared["alias"]["id"], "reason": "read rightly"}))["userErrors"] == []
        await caller.ask(BALANCE, {"key": F1})
        await caller.ask(PRODUCT, {"gtin": FLOUR})
        await caller.ask(DRAWS, {"key": PALLET, "policy": "WELL_MIXED"})
        sold, bad = self.simulation.truth.sold_unit, self.simulation.truth.contaminated_lot
        for key, direction in ((bad, "FORWARD"), (sold, "BACKWARD"), (F1, "FORWARD")):
            await caller.ask(TRACE, {"key": key, "direction": direction, "first": 50})
            await caller.ask(OBJECT, {"key": key})
        contents = "query($key: String!) { containerContents(key: $key, first: 10) { nodes { object { code productName } } } }"
        await caller.ask(contents, {"key": PALLET})
        for text in (F1, "DAY", "面", PALLET.rsplit("/", 1)[1][-5:]):
            await caller.ask("query($text: String!) { search(text: $text) { more hits { kind key name object { key } } } }", {"text": text})
        await caller.ask("{ findObjects(first: 5, filter: {parts: [MADE]}) { truncated nodes { object { key } lastEventTime } } }", {})
        lists = await caller.ask(LISTS)
        self.names["shipment"] = lists["shipments"]["nodes"][0]["id"]
        self.names["alert"] = lists["alerts"]["nodes"][0]["id"]
        await watch_over(caller, self.names["alert"])
        for name in ("hold", "shipment", "alert"):
            await caller.ask("query($id: ID!) { node(id: $id) { __typename id } }", {"id": self.names[name]})
        results = "results(first: 5) { nodes { index status } }"
        await caller.ask(f"query($id: ID!) {{ captureJob(id: $id) {{ id success {results} }} }}", {"id": self.names["job"]})
        await caller.ask(f"{{ captureJobs(first: 5) {{ nodes {{ id {results} }} }} }}", {})

    async def inspect(self) -> None:
        """A specification, an inspection that passes and one by a laboratory, a file that is only allowed, a schedule."""
        caller = Caller(self.client, self.headers)
        specification = await released(caller, "DAY-FLOUR", [DAMP, LEAD])
        opened = (await caller.command(OPEN, {"kind": "INCOMING", "key": F1}))["inspection"]["id"]
        await caller.command(RECORD, {"inspectionId": opened, "results": [{"characteristic": "DAMP", "value": "13"}]})
        line = {"key": F1, "report": "DAY-R1", "sample": "S1", "characteristic": "LEAD", "value": "<0.01"}
        assert [one["status"] for one in (await caller.command(REPORT, {"laboratory": "DAY lab", "results": [line]}))["lines"]] == ["TAKEN"]
        await caller.ask(INSPECTED, {"filter": {"product": FLOUR}})
        await caller.ask(TASK, {"key": F1})
        await caller.ask("query($id: ID!) { node(id: $id) { __typename id } }", {"id": opened})
        await caller.command(SCHEDULE, {"name": "DAY check", "specificationId": specification, "everyLots": 2, "product": FLOUR})
        assert len((await caller.ask("{ inspectionSchedules(first: 5) { nodes { id name } } }"))["inspectionSchedules"]["nodes"]) == 1
        await caller.command(ALLOW, {"contentType": "text/csv", "size": 3, "sha256": "0" * 64})

    async def ask_to_be_told(self) -> None:
        """A consumer wants to hear of a recall of the day's dumplings, before there is one."""
        host, caller = f"{self.slug}.suyuan.test", Caller(self.client, self.headers)
        sold = {"gtin": DUMPLING, "names": {"en": "Dumplings"}, "kind": "FINISHED", "published": True}
        assert (await caller.command(PUT["products"], {"products": [sold]}))["userErrors"] == []
        await open_mail(caller, self.mails)
        await self.follow()
        await ask_to_be_told(self.client, host, f"/01/{DUMPLING}/10/DAY-D1", self.consumer)
        await self.follow()
        await confirm(self.client, host, self.mails, self.consumer)

    @property
    def consumer(self) -> str:
        """The consumer's address."""
        return f"{self.slug}@example.com"

    async def improve(self) -> None:
        """What is wrong with goods, what is done about it, and a guest's answer."""
        caller = Caller(self.client, self.headers)
        partners = [{"party": CUSTOMER, "names": {"en": "Mill"}, "supplier": True}]
        assert (await caller.command(PUT["partners"], {"partners": partners}))["userErrors"] == []
        principal = await self.services.identity.authenticate(self.headers["Authorization"].partition(" ")[2], caller=HERE)
        wrong = await something_wrong(self.services, principal, F1, "wet")
        await caller.command(REVIEW_ANSWER, {"supplierRequestId": wrong["request"], "accept": False, "comment": "and why?"})
        link = (await caller.command(RENEW_LINK, {"supplierRequestId": wrong["request"]}))["link"]
        assert (await self.client.get(link)).status_code == 200
        assert (await self.client.post(link, data={"act": "acknowledge"})).status_code == 303
        await caller.ask(QUALITY_LISTS)
        recall = (await a_recall(self.services, principal, F1, "wet"))["recall"]
        told = await a_notice(self.services, principal, recall, "wet")
        await checks_and_a_drill(self.services, principal, F1, {"recall": recall, "action": wrong["action"]}, "wet")
        await caller.ask(CHECK_LISTS, {"case": recall})
        assert (await self.client.get(told["notice link"])).status_code == 200
        assert (await self.client.post(told["notice link"], data={"act": "nothing"})).status_code == 303
        await caller.ask(NOTICE_LISTS, {"case": recall})
        await caller.ask(RECALL_LISTS)
        await caller.ask(RECALL_SCOPES, {"id": recall, "key": F1})
        await trace_foods(caller)
        await watch(self.services, self.client, self.headers, principal.tenant_id, "DAY")

    async def scan(self) -> None:
        """What a phone sends and pulls."""
        entries = [
            phones.received(lot(FLOUR, "DAY-F4"), 1), phones.consumed([lot(FLOUR, "DAY-F4")], "urn:uuid:" + str(uuid4()), 2),
            phones.shipped([{"key": lot(FLOUR, "DAY-F4"), "quantity": 1, "uom": "KGM"}], 3, mode="command"),
            phones.received(lot(FLOUR, "DAY-F5"), 4, place="the yard"),
            phones.shipped([{"key": lot(FLOUR, "DAY-NONE"), "quantity": 1}], 5, mode="command"),
        ]  # fmt: skip
        for _ in range(2):
            assert (await self.post("/mobile/v1/sync", {"entries": entries})).status_code == 200
        first = (await self.get("/mobile/v1/changes?limit=50")).json()
        self.names["cursor"] = first["next"]
        assert (await self.get(f"/mobile/v1/changes?since={first['next']}")).status_code == 200
        upload = {"contentType": "image/jpeg", "size": 3, "sha256": "0" * 64}
        self.names["upload"] = (await self.post("/mobile/v1/uploads", upload)).json()["url"]

    async def administer(self) -> None:
        """People, phones, machines, the trail, a sandbox."""
        office = Office(self.services, self.client, self.headers)
        await office.work()
        self.names |= office.names

    async def look(self) -> None:
        """What a consumer sees, and is told: the second mail is the recall's."""
        assert len(mails_to(self.mails, self.consumer)) == 2
        seen = 0
        for key in (self.simulation.truth.sold_unit, *sorted(self.simulation.truth.lots)):
            if key.startswith("01/"):
                answer = await self.client.get(f"/{key}", headers={"host": f"{self.slug}.suyuan.test", "accept": "text/html"})
                assert answer.status_code in (200, 404, 429)
                seen += answer.status_code == 200
            if seen >= 3:
                break
        assert seen


@asynccontextmanager
async def new_day(services: Services, app: Litestar, post: Post) -> AsyncIterator[Day]:
    """A new firm with its catalogue, and its owner signed in; its mail goes to this post office."""
    tenant = await new_tenant(services)
    person = await new_person(services, tenant)
    simulation = simulate(Industry.FOOD, events=300, seed=4, days=3)
    tokens = await services.identity.refresh(person.tokens.refresh_token, caller=HERE)
    await services.in_tenant(tenant.tenant_id, lambda tx: put_catalogue(tx, tokens.principal, simulation.master_data))
    await add_claim(services.identity.auth, tenant, str(tenant.tenant_id).zfill(12), verified=True)
    part = uuid4().hex
    transport = httpx.ASGITransport(app=cast(Any, app), raise_app_exceptions=False, client=(f"2001:db8:{part[:4]}:{part[4:8]}::1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        yield Day(services, client, tenant.slug, tenant.tenant_id, headers, simulation, {}, post)
        await services.identity.sign_out(tokens.principal)

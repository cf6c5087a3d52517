"""A firm's day with its people, phones, machines, sandbox and audit trail: all that decides who may do what is done at least once."""

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

import httpx
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from backend.graphql.ids import global_id, parse_global_id
from backend.sampling import service as sampling
from backend.services import Services
from infra.clock import now
from infra.ids import uuid7
from tenants.service import Caller as Somewhere
from tests.conftest import PASSWORD
from tests.factories import FLOUR, PLANT, lot
from tests.graphql.conftest import Caller
from tests.graphql.operations import Operation, operations, selection
from tests.handsets import Handset
from tests.isolation.documents_day import paperwork
from tests.mobile_api import phones

CHOSEN = "nineteen quiet herons at dawn"
PIN = "739155"
DAY = Somewhere("192.0.2.9", "a day")


@dataclass
class Office:
    """Who administers a firm at the door, and the names and secrets that came up; `secrets` are of no use any more at the end."""

    services: Services
    client: httpx.AsyncClient
    headers: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    # What whoever administers writes where he is asked for words.
    word: str = "tested"
    # A phone that was revoked, and one that works at the end of the day.
    lost: Handset | None = None
    phone: Handset | None = None

    async def work(self) -> None:
        """The whole day."""
        await self.people()
        await self.phones()
        await self.machines()
        await self.webhooks()
        await self.quality()
        await self.trail()
        self.names |= await paperwork(self.services, self.headers, self.word)
        await self.sandbox()
        await self.run_out()

    async def ask(self, name: str, given: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Any]:
        """A root field with its leaves; a mutation takes `given` as its input and must not be refused."""
        [operation] = [each for each in operations("query", "mutation") if each.name == name]
        variables = {**({"first": 20} if "first" in operation.field.args else {}), **arguments, **({"input": given} if given is not None else {})}
        data: Any = await self._told(operation, variables)
        assert isinstance(data, list) or not data.get("userErrors"), (name, data)
        return cast(dict[str, Any], data)

    async def _told(self, operation: Operation, variables: dict[str, Any]) -> Any:
        inner = get_named_type(operation.field.type)
        wanted = _leaves(inner) if operation.kind == "mutation" else "" if is_leaf_type(inner) else selection(inner, Random(1), depth=2, most=99)
        caller = Caller(self.client, self.headers)
        if operation.kind == "mutation":
            return (await caller.command(operation.document(variables, wanted), variables["input"])) if "input" in variables else {}
        return (await caller.ask(operation.document(variables, wanted), variables))[operation.name]

    async def people(self) -> None:
        """Invited, accepted, renamed, granted, given a new password, shut out and let in again; a role made and put away."""
        await self.ask("putRole", {"key": "taster", "name": self.word, "permissions": ["trace.read"], "description": self.word})
        login = f"day-{UUID(int=Random().getrandbits(128)).hex[:12]}@example.com"
        invited = await self.ask("invite", {"login": login, "displayName": "Han Meimei", "grants": [{"role": "worker"}]})
        self.names["invitation"] = invited["invitation"]["id"]
        again = await self.ask("resendInvitation", {"invitationId": self.names["invitation"]})
        token = again["link"].partition("#")[2]
        await self.ask("invitationPreview", token=token)
        accepted = await Caller(self.client).command(_document("acceptInvitation"), {"token": token, "password": CHOSEN, "displayName": "Han Meimei"})
        assert accepted["userErrors"] == [], accepted
        self.secrets["used invitation"] = token
        revoked = await self.ask("invite", {"login": f"x{login}", "displayName": self.word, "grants": [{"role": "worker"}]})
        await self.ask("revokeInvitation", {"invitationId": revoked["invitation"]["id"], "reason": self.word})
        self.secrets["revoked invitation"] = revoked["link"].partition("#")[2]
        members = (await self.ask("people"))["nodes"]
        member = next(each["id"] for each in members if each["displayName"] == "Han Meimei")
        self.names["member"] = member
        await self.ask("renameMember", {"memberId": member, "displayName": self.word})
        await self.ask("setMemberRoles", {"memberId": member, "grants": [{"role": "worker"}, {"role": "taster"}], "reason": self.word})
        reset = await self.ask("issuePasswordReset", {"memberId": member, "removeSecondFactor": False})
        redeemed = await Caller(self.client).command(_document("resetPassword"), {"token": reset["token"], "newPassword": PASSWORD})
        assert redeemed["userErrors"] == [], redeemed
        self.secrets["used reset"] = reset["token"]
        await self.ask("deactivateMember", {"memberId": member, "reason": self.word})
        await self.ask("reactivateMember", {"memberId": member, "reason": "is back"})
        await self.ask("memberSessions", memberId=member)
        await self.ask("revokeMemberSessions", {"memberId": member})
        choices: dict[str, dict[str, Any]] = {"roles": {"archived": True}, "invitations": {"openOnly": False}}
        for name in ("roles", "permissions", "invitations", "sessions", "floorAccess", "secondFactor"):
            await self.ask(name, None, **choices.get(name, {}))
        await self.ask("setMemberRoles", {"memberId": member, "grants": [{"role": "worker"}], "reason": "tastes no more"})
        await self.ask("archiveRole", {"key": "taster", "reason": "tasted enough"})

    async def quality(self) -> None:
        """A sampling plan whose state switches, an instrument that is found wrong, a photo on its way."""
        aqls = [{"defectClass": "MAJOR", "aql": "1.0"}]
        await self.ask("putSamplingPlan", {"name": self.word, "scheme": "ATTRIBUTES", "aqls": aqls, "reducedAllowed": True})
        plan = (await self.ask("samplingPlans"))["nodes"][0]["id"]
        principal = await self.services.identity.authenticate(self.headers["Authorization"].partition(" ")[2], caller=DAY)
        counted: dict[str, Any] = {"plan_id": UUID((parse_global_id(plan) or ("", ""))[1]), "product": FLOUR, "supplier": "", "accepted": True}
        await self.services.in_tenant(principal.tenant_id, lambda tx: sampling.lot_concluded(tx, **counted, inspection_id=uuid7()))
        state = (await self.ask("samplingStates"))["nodes"][0]["id"]
        await self.ask("switchSamplingSeverity", {"stateId": state, "severity": "TIGHTENED", "reason": self.word})
        await self.ask("samplingPlan", None, lotSize=1000, level="II", aql="1.0")
        await self.ask("putSamplingPlan", {"name": "put away", "scheme": "FULL", "aqls": aqls})
        await self.ask("archiveSamplingPlan", {"planId": (await self.ask("samplingPlans"))["nodes"][0]["id"]})
        uploaded = await self.ask("allowUpload", {"contentType": "image/png", "size": 3, "sha256": "0" * 64})
        assert uploaded["url"]
        async with self.services.database.tenant(principal.tenant_id) as tx:
            photo = global_id("Photo", await tx.fetchval("select photo_id from photo where tenant_id = $1 order by photo_id desc limit 1"))
        await self.ask("photos", None, ids=[photo])
        kind = uuid7().hex[-8:]
        await self.ask("putInstrument", {"identifier": f"CALIPER-{kind}", "owner": self.word, "intervalDays": 365, "place": PLANT})
        instrument = (await self.ask("instruments"))["nodes"][0]["id"]
        done = {"instrumentId": instrument, "performedBy": self.word, "asLeft": "IN_TOLERANCE"}
        await self.ask("recordCalibration", {**done, "performedAt": "2026-01-05T08:00:00Z", "asFound": "IN_TOLERANCE"})
        found = {"performedAt": "2026-03-05T08:00:00Z", "asFound": "OUT_OF_TOLERANCE", "fileId": photo}
        await self.ask("recordCalibration", {**done, **found})
        await self.ask("takeInstrumentOutOfService", {"instrumentId": instrument, "reason": self.word})
        await self.ask("returnInstrumentToService", {"instrumentId": instrument, "reason": self.word})
        self.names |= {"sampling plan": plan, "sampling state": state, "instrument": instrument, "photo": photo}

    async def phones(self) -> None:
        """Enrolled, switched to a person by badge and PIN, moved, revoked; what a revoked one still held is looked at."""
        member = self.names["member"]
        plant = {"place": PLANT, "names": {"zh": self.word, "en": self.word}, "kind": "plant", "own": True, "timeZone": "UTC"}
        await self.ask("putLocations", {"locations": [plant]})
        badge = (await self.ask("issueBadge", {"memberId": member}))["code"]
        start = (await self.ask("issueStartPin", {"memberId": member}))["pin"]
        await self.ask("setMyPin", {"pin": PIN})
        offered = await self.ask("enrolDevice", {"name": "Packing 1", "site": PLANT})
        code = offered["enrolment"]["code"]
        self.lost = handset = Handset(self.client)
        await _enrol(handset, code)
        self.secrets["used enrolment"] = code
        devices = (await self.ask("devices"))["nodes"]
        self.names["device"] = devices[0]["id"]
        assert (await handset.renew()).status_code == 200
        members = (await handset.ask("GET", "/mobile/v1/devices/members")).json()["members"]
        assert (await handset.switch(badge=badge)).status_code == 200
        assert (await handset.renew()).status_code == 200
        _, membership = parse_global_id(member) or ("", "")
        assert membership in [each["member"] for each in members]
        assert (await handset.switch(member=membership, pin="000001")).status_code in (401, 403)
        assert (await handset.switch(member=membership, pin=start, newPin="847261")).status_code == 200
        assert (await handset.sync(phones.received(lot(FLOUR, "DAY-P1")))).status_code == 200
        await self.ask("renameDevice", {"deviceId": self.names["device"], "name": "Packing 2"})
        await self.ask("moveDevice", {"deviceId": self.names["device"], "site": PLANT})
        await self.ask("voidBadge", {"memberId": member, "reason": self.word})
        self.secrets["void badge"] = badge
        await self.ask("revokeDevice", {"deviceId": self.names["device"], "reason": self.word})
        assert (await handset.renew()).status_code == 200
        await handset.sync(phones.received(lot(FLOUR, "DAY-P2")))
        self.phone = Handset(self.client)
        await _enrol(self.phone, (await self.ask("enrolDevice", {"name": "Packing 3", "site": PLANT}))["enrolment"]["code"])
        entries = (await self.ask("reviewEntries"))["nodes"]
        for place, entry in enumerate(entries[:2]):
            self.names["review"] = entry["id"]
            if place:
                await self.ask("dismissReviewEntry", {"entryId": entry["id"], "reason": self.word})
            await self.ask("reviewEntry", id=entry["id"])

    async def machines(self) -> None:
        """A client with two keys, one of which is revoked, and then the client; both ways of calling."""
        terms = {"name": self.word, "scopes": ["events.capture", "events.read"]}
        made = await self.ask("createClient", {"terms": terms})
        self.names["client"] = made["client"]["id"]
        second = await self.ask("addClientSecret", {"id": self.names["client"]})
        await self.ask("updateClient", {"id": self.names["client"], "terms": {**terms, "name": f"{self.word} 7"}})
        bearer = {"Authorization": f"Bearer {made['key']}"}
        assert (await self.client.get("/epcis/events?perPage=1", headers=bearer)).status_code == 200
        told = (await self.ask("apiClient", id=self.names["client"]))["clientId"]
        form = urlencode({"grant_type": "client_credentials", "client_id": told, "client_secret": made["key"]})
        token = await self.client.post("/oauth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert token.status_code == 200, token.text
        bearer = {"Authorization": f"Bearer {token.json()['access_token']}"}
        assert (await self.client.get("/epcis/events?perPage=1", headers=bearer)).status_code == 200
        await self.services.identity.clients.settle()
        await self.ask("apiClients")
        self.names["secret"] = second["secretId"]
        await self.ask("revokeClientSecret", {"id": second["secretId"], "reason": self.word})
        self.secrets |= {
            "revoked key": second["key"],
            "key of a revoked client": made["key"],
            "token of a revoked client": token.json()["access_token"],
        }
        await self.ask("revokeClient", {"id": self.names["client"], "reason": self.word})

    async def webhooks(self) -> None:
        """One that nobody answers at, tested, changed, switched off and on, and its messages sent again; one that is deleted."""
        terms = {"url": "http://127.0.0.1:1025/hook", "description": self.word, "kinds": ["hold.placed"]}
        self.names["webhook"] = endpoint = (await self.ask("createWebhookEndpoint", terms))["endpoint"]["id"]
        other = (await self.ask("createWebhookEndpoint", terms))["endpoint"]["id"]
        await self.ask("deleteWebhookEndpoint", {"id": other})
        await self.ask("changeWebhookEndpoint", {**terms, "id": endpoint, "kinds": ["hold.placed", "alert.raised"]})
        await self.ask("rotateWebhookSecret", {"id": endpoint})
        self.names["webhook delivery"] = (await self.ask("testWebhookEndpoint", {"id": endpoint}))["delivery"]["id"]
        principal = await self.services.identity.authenticate(self.headers["Authorization"].partition(" ")[2], caller=Somewhere())
        async with self.services.database.tenant(principal.tenant_id) as tx:
            await self.services.webhooks.ring(tx, {"endpoint_id": (parse_global_id(endpoint) or ("", ""))[1]})
        await self.services.webhooks.settle()
        await self.ask("disableWebhookEndpoint", {"id": endpoint})
        await self.ask("enableWebhookEndpoint", {"id": endpoint})
        await self.ask("replayFailedWebhooks", {"id": endpoint, "since": lately_said()})
        await self.ask("disableWebhookEndpoint", {"id": endpoint})
        await self.ask("enableWebhookEndpoint", {"id": endpoint})
        await self.ask("replayWebhookDelivery", {"id": self.names["webhook delivery"]})
        for name in ("webhookEndpoint", "webhookDelivery"):
            await self.ask(name, id=self.names["webhook delivery" if name.endswith("Delivery") else "webhook"])
        await self.ask("webhookKinds")
        await self.ask("webhookEndpoints")
        await self.ask("webhookDeliveries", endpointId=endpoint)

    async def trail(self) -> None:
        """Searched by every filter, exported."""
        lately = {"from": lately_said()}
        for chosen in ({}, {"action": "device"}, {"text": "Packing"}, {"actor": self.names["member"]}, {"address": "192.0.2.1"}):
            await self.ask("auditEntries", filter={**chosen, **lately})
        await self.ask("signatures")
        self.names["export"] = (await self.ask("exportAudit", {"format": "CSV"}))["export"]["id"]
        await self.ask("auditExports")
        await self.ask("auditExport", id=self.names["export"])

    async def sandbox(self) -> None:
        """Opened, entered and reset."""
        await self.ask("openSandbox", {"industry": "FOOD"})
        await self.ask("enterSandbox", {"reason": "to try"})
        slug = (await self.ask("sandbox"))["slug"]
        await self.ask("resetSandbox", {"confirmation": slug, "reason": "afresh"})

    async def run_out(self) -> None:
        """One of each that is good for a time, whose time is over: nobody used or revoked it."""
        login = f"late-{UUID(int=Random().getrandbits(128)).hex[:12]}@example.com"
        invited = await self.ask("invite", {"login": login, "displayName": self.word, "grants": [{"role": "worker"}]})
        member = self.names["member"]
        reset = await self.ask("issuePasswordReset", {"memberId": member, "removeSecondFactor": False})
        offered = await self.ask("enrolDevice", {"name": "Packing 4", "site": PLANT})
        made = await self.ask("createClient", {"terms": {"name": self.word, "scopes": ["events.read"], "expiresAt": "2099-01-01T00:00:00Z"}})
        self.secrets |= {
            "expired invitation": invited["link"].partition("#")[2],
            "expired reset": reset["token"],
            "expired enrolment": offered["enrolment"]["code"],
            "expired key": made["key"],
        }
        principal = await self.services.identity.authenticate(self.headers["Authorization"].partition(" ")[2], caller=Somewhere())
        async with self.services.database.tenant(principal.tenant_id) as tx:
            await tx.execute(
                """update invitation set expires_at = now() - interval '1 minute'
                   where tenant_id = $1 and accepted_at is null and revoked_at is null""",
            )
            await tx.execute("update device_enrolment set expires_at = now() - interval '1 minute' where tenant_id = $1 and device_id is null")
            await tx.execute("update client set expires_at = now() - interval '1 minute' where tenant_id = $1 and expires_at is not null")
        digest = hashlib.sha256(reset["token"].encode()).digest()
        async with self.services.auth_database.connection() as connection:
            await connection.execute("update password_reset set expires_at = now() - interval '1 minute' where token_sha256 = $1", digest)


def lately_said() -> str:
    """A day ago."""
    return (now() - timedelta(days=1)).isoformat()


async def _enrol(handset: Handset, code: str) -> None:
    """Enrol a phone; whose proof took too long on its way is given a nonce for the next one (RFC 9449 §9)."""
    answer = await handset.enrol(code)
    if answer.status_code == 401:
        handset.nonce = answer.headers["dpop-nonce"]
        answer = await handset.enrol(code)
    assert answer.status_code == 201, answer.text


def _document(name: str) -> str:
    [operation] = [each for each in operations("mutation") if each.name == name]
    return operation.document({"input": None}, _leaves(get_named_type(operation.field.type)))


def _leaves(named: Any) -> str:
    """The leaves of a payload, and those of what it tells of."""
    parts = []
    assert isinstance(named, GraphQLObjectType)
    for name, each in named.fields.items():
        inner = get_named_type(each.type)
        if is_leaf_type(inner):
            parts.append(name)
        elif isinstance(inner, GraphQLObjectType):
            leaves = [key for key, item in inner.fields.items() if is_leaf_type(get_named_type(item.type))]
            parts.append(f"{name} {{ {' '.join(leaves) or '__typename'} }}")
    return " ".join(parts)

"""The audit trail through GraphQL: who sees what of it, in which order, by which filters; and its export as a file."""

import csv
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from infra.clock import isoformat, now
from tenants import audit
from tenants.permissions import ROLES, Permission, Role
from tenants.principal import ActorKind
from tests.conftest import Cluster
from tests.firms import Firm
from tests.graphql.conftest import Caller

FIELDS = """id recordedAt actorKind actorId actor deviceId address action actionText subject before after changed reason requestId signatureId"""
LIST = f"query($filter: AuditFilter) {{ auditEntries(filter: $filter, first: 50) {{ nodes {{ {FIELDS} }} }} }}"
SUBJECTS = "query($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) { auditEntries(filter: $filter, first: $first, \
  after: $after, last: $last, before: $before) { nodes { subject } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
EXPORT = "mutation($input: ExportAuditInput!) { exportAudit(input: $input) { export { id state link { url } progress } userErrors { field code } } }"
READY = """query($id: ID!) { auditExport(id: $id) { id state format fileName filter entries entriesExpected size sha256 failure progress expiresAt
  finishedAt link { url expiresAt } } }"""
Bearer = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
async def auditor(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> Caller:
    """An inspector of an authority in the test's firm."""
    return Caller(client, await bearer(firm, Role.AUDITOR))


@pytest.fixture(autouse=True)
async def _bucket(services: Services) -> None:
    await services.storage.ensure_bucket()


@pytest.fixture
async def superuser(cluster: Cluster, services: Services) -> Any:
    database = str(services.settings.database_url.get_secret_value()).rsplit("/", 1)[1]
    connection = await asyncpg.connect(cluster.admin_dsn, database=database, server_settings={"search_path": "suyuan, pg_temp"})
    yield connection
    await connection.close()


async def note(services: Services, firm: Firm, subject: str, action: str = "hold.placed", **more: Any) -> None:
    """An entry by the firm's owner; `who` replaces some of what is known of him."""
    principal = replace(firm.principal, **more.pop("who", {}))
    async with services.database.tenant(firm.tenant_id) as tx:
        await audit.record(tx, principal, action, subject, **more)


async def subjects(caller: Caller, **filter_: Any) -> list[str]:
    """The subjects that a filter finds, newest first; those of the tests alone."""
    found = await caller.ask(SUBJECTS, {"filter": filter_, "first": 100})
    return [node["subject"] for node in found["auditEntries"]["nodes"] if node["subject"].startswith("try:")]


async def test_an_entry_shows_who_when_from_where_what_and_why(services: Services, firm: Firm, auditor: Caller) -> None:
    device, signature, membership = uuid4(), uuid4(), uuid4()
    await note(
        services, firm, "try:1", "membership.roles_changed", before={"roles": ["worker"], "site": {"a": 1, "b": 2}, "same": 1},
        after={"roles": ["line_lead"], "site": {"a": 1, "b": 3}, "same": 1, "more": None}, reason="促销", signature_id=signature,
        who={"device_id": device, "request_id": "request-7", "address": "192.0.2.7", "membership_id": membership},
    )  # fmt: skip
    [entry] = (await auditor.ask(LIST, {"filter": {"subject": "try:1"}}, Accept_Language="en"))["auditEntries"]["nodes"]
    assert datetime.fromisoformat(entry.pop("recordedAt")) - now() < timedelta(minutes=1)
    again = (await auditor.ask("query($id: ID!) { node(id: $id) { ... on AuditEntry { subject actionText } } }", {"id": entry.pop("id")}))["node"]
    assert again == {"subject": "try:1", "actionText": "变更成员角色"}
    assert entry == {
        "actorKind": "PERSON", "actorId": str(firm.principal.actor_id), "actor": "Owner", "deviceId": str(device), "address": "192.0.2.7",
        "action": "membership.roles_changed", "actionText": "Changed a member's roles", "subject": "try:1",
        "before": {"roles": ["worker"], "same": 1, "site": {"a": 1, "b": 2}},
        "after": {"more": None, "roles": ["line_lead"], "same": 1, "site": {"a": 1, "b": 3}}, "changed": ["more", "roles", "site.b"],
        "reason": "促销", "requestId": "request-7", "signatureId": global_id("ElectronicSignature", signature),
    }  # fmt: skip


async def test_the_service_itself_is_an_actor_without_an_id(services: Services, firm: Firm, auditor: Caller) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        await audit.record(tx, None, "hold.placed", "try:service")
    [entry] = (await auditor.ask(LIST, {"filter": {"actorKind": "SERVICE", "subject": "try:service"}}))["auditEntries"]["nodes"]
    assert (entry["actorKind"], entry["actorId"], entry["actor"], entry["changed"]) == ("SERVICE", None, "suyuan", [])
    assert (entry["before"], entry["after"], entry["deviceId"], entry["signatureId"]) == (None, None, None, None)


async def test_pages_go_both_ways_in_one_order_though_the_clock_stands_still(services: Services, firm: Firm, auditor: Caller) -> None:
    """Entries of one transaction have one time; what was written later comes first all the same."""
    for pair in range(3):
        async with services.database.tenant(firm.tenant_id) as tx:
            for place in range(2):
                await audit.record(tx, firm.principal, "hold.placed", f"try:{pair}{place}")
    expected = ["try:21", "try:20", "try:11", "try:10", "try:01", "try:00"]
    assert await subjects(auditor, action="hold.placed") == expected
    forward: list[str] = []
    after = None
    for _ in range(4):
        page = (await auditor.ask(SUBJECTS, {"filter": {"action": "hold.placed"}, "first": 2, "after": after}))["auditEntries"]
        forward += [node["subject"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert forward == expected
    last = (await auditor.ask(SUBJECTS, {"filter": {"action": "hold.placed"}, "last": 2}))["auditEntries"]
    assert [node["subject"] for node in last["nodes"]] == expected[-2:]
    before = (await auditor.ask(SUBJECTS, {"filter": {"action": "hold.placed"}, "last": 3, "before": last["pageInfo"]["startCursor"]}))[
        "auditEntries"
    ]
    assert [node["subject"] for node in before["nodes"]] == expected[1:4]
    assert before["pageInfo"]["hasPreviousPage"] is True


async def test_each_filter_finds_what_meets_it_and_nothing_else(services: Services, firm: Firm, auditor: Caller) -> None:
    phone, since = uuid4(), isoformat(now() - timedelta(days=1))
    await note(services, firm, "try:a", reason="100% of 李's flour", who={"address": "192.0.2.8", "request_id": "r-a"})
    await note(services, firm, "try:b", "hold.released", after={"note": "Metal_found"}, who={"display_name": "Li Lei", "request_id": "r-b"})
    await note(services, firm, "try:c", "holdings.bought", who={"kind": ActorKind.DEVICE, "actor_id": phone, "display_name": "Phone 1"})
    for found, filter_ in (
        (["c", "b", "a"], {}),
        (["b", "a"], {"action": "hold."}),
        (["b"], {"action": "hold.released"}),
        ([], {"action": "hold"}),
        (["c"], {"actorKind": "DEVICE"}),
        (["c"], {"actor": str(phone)}),
        (["b"], {"actor": "li le", "from": since}),
        (["a"], {"subject": "try:a"}),
        (["c", "b", "a"], {"subjectPrefix": "try:"}),
        (["b"], {"subjectPrefix": "try:b"}),
        (["a"], {"address": "192.0.2.8", "from": since}),
        (["b"], {"requestId": "r-b"}),
        (["a"], {"text": "100% OF 李", "from": since}),
        ([], {"text": "100_ of", "from": since}),
        (["b"], {"text": "metal_", "from": since}),
        (["c", "b", "a"], {"from": since, "to": isoformat(now() + timedelta(minutes=1))}),
        ([], {"to": since}),
        ([], {"from": isoformat(now() + timedelta(minutes=1))}),
        (["a"], {"action": "hold.", "text": "flour", "from": since, "actor": str(firm.principal.actor_id)}),
        ([], {"action": "hold.", "text": "flour", "from": since, "actor": str(phone)}),
    ):
        assert await subjects(auditor, **filter_) == [f"try:{letter}" for letter in found], filter_


@pytest.mark.parametrize(
    ("filter_", "field"),
    [
        ({"text": "x"}, "filter.text"),
        ({"text": "x", "from": "2026-01-01T00:00:00Z", "to": "2026-04-04T00:00:00Z"}, "filter.text"),
        ({"actor": "Li"}, "filter.actor"),
        ({"address": "192.0.2.1"}, "filter.address"),
        ({"from": "2026-03-02T08:00:00Z", "to": "2026-03-02T08:00:00Z"}, "filter.to"),
        ({"subject": ""}, "filter.subject"),
        ({"requestId": "x" * 201}, "filter.requestId"),
    ],
)
async def test_what_cannot_be_looked_for_is_refused_with_what_to_do(auditor: Caller, firm: Firm, filter_: dict[str, str], field: str) -> None:
    refused = await auditor.refusal(SUBJECTS, {"filter": filter_, "first": 5})
    assert (refused["code"], refused["field"]) == ("INVALID_INPUT", field)
    payload = (await auditor.ask(EXPORT, {"input": {"format": "CSV", "filter": filter_}}))["exportAudit"]
    assert payload == {"export": None, "userErrors": [{"field": field, "code": "INVALID_INPUT"}]}
    assert (await auditor.ask("{ auditExports(first: 1) { nodes { id } } }"))["auditExports"]["nodes"] == []


async def test_the_trail_opens_to_those_who_may_read_it_and_to_no_other(client: httpx.AsyncClient, bearer: Bearer, firm: Firm) -> None:
    for role in Role:
        caller = Caller(client, await bearer(firm, role))
        for query, variables in ((LIST, {}), (READY, {"id": global_id("AuditExport", uuid4())}), (EXPORT, {"input": {"format": "CSV"}})):
            codes = [error["extensions"]["code"] for error in (await caller.post(query, variables)).json().get("errors", [])]
            assert codes == ([] if Permission.AUDIT_READ in ROLES[role] else ["PERMISSION_DENIED"]), (role, query)


async def test_another_companys_trail_and_exports_answer_like_ones_that_do_not_exist(
    services: Services, firm: Firm, other_firm: Firm, auditor: Caller, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    stranger = Caller(client, await bearer(other_firm))
    await note(services, other_firm, "try:theirs")
    theirs = (await stranger.ask(LIST, {"filter": {"subject": "try:theirs"}}))["auditEntries"]["nodes"][0]["id"]
    export = (await stranger.ask(EXPORT, {"input": {"format": "CSV"}}))["exportAudit"]["export"]["id"]
    assert await subjects(auditor) == []
    for identifier in (theirs, global_id("AuditEntry", uuid4()), export, global_id("AuditExport", uuid4()), "x"):
        assert await auditor.ask("query($id: ID!) { node(id: $id) { id } }", {"id": identifier}) == {"node": None}
        assert (await auditor.ask(READY, {"id": identifier}))["auditExport"] is None
    cursor = (await stranger.ask(SUBJECTS, {"filter": {"subject": "try:theirs"}, "first": 1}))["auditEntries"]["pageInfo"]["endCursor"]
    mine = (await auditor.ask(SUBJECTS, {"first": 1}))["auditEntries"]["pageInfo"]["endCursor"]
    assert (await auditor.refusal(SUBJECTS, {"first": 1, "after": cursor}))["code"] == "INVALID_INPUT"
    assert (await stranger.refusal(SUBJECTS, {"first": 1, "after": mine}))["code"] == "INVALID_INPUT"
    listed = await auditor.ask("{ auditExports(first: 10) { nodes { id } } }")
    assert listed == {"auditExports": {"nodes": []}}


async def test_an_export_is_a_file_whose_checksum_stands_on_the_trail(
    services: Services, firm: Firm, auditor: Caller, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    await note(services, firm, "=1+1", "hold.placed", reason='+ 面粉,\n"quoted"', after={"number": 1.50, "big": 12345678901234567890})
    begun = (await auditor.ask(EXPORT, {"input": {"format": "CSV", "filter": {"action": "hold."}}}))["exportAudit"]
    assert begun["userErrors"] == []
    assert {**begun["export"], "id": None} == {"id": None, "state": "RUNNING", "link": None, "progress": 0.0}
    await note(services, firm, "try:later")
    await do_outbox()
    export = (await auditor.ask(READY, {"id": begun["export"]["id"]}))["auditExport"]
    assert (export["state"], export["entries"], export["entriesExpected"], export["progress"]) == ("READY", 1, 1, 1.0)
    assert export["fileName"] == f"{firm.slug}-audit-begin-{now():%Y%m%d}.csv"
    assert (export["filter"], export["failure"], export["format"]) == ({"action": "hold."}, None, "CSV")
    assert timedelta(days=6, hours=23) < datetime.fromisoformat(export["expiresAt"]) - now() <= timedelta(days=7)
    assert timedelta(minutes=4) < datetime.fromisoformat(export["link"]["expiresAt"]) - now() <= timedelta(minutes=5)
    async with httpx.AsyncClient() as outside:
        answer = await outside.get(export["link"]["url"])
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{export["fileName"]}"')
    assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (export["size"], export["sha256"])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    told = dict(zip(heading, row, strict=True))
    assert told["时间 (UTC)"].startswith(f"{now():%Y-%m-%d }")
    assert {name: told[name] for name in ("操作者", "动作", "说明", "对象", "新值", "原因")} == {
        "操作者": "Owner", "动作": "hold.placed", "说明": "扣留货物", "对象": "'=1+1", "新值": '{"big":12345678901234567890,"number":1.5}',
        "原因": '\'+ 面粉,\n"quoted"',
    }  # fmt: skip
    trail = (await auditor.ask(LIST, {"filter": {"action": "audit."}}))["auditEntries"]["nodes"]
    assert [(entry["action"], entry["actorKind"], entry["actor"]) for entry in trail] == [
        ("audit.export_finished", "SERVICE", "suyuan"), ("audit.exported", "PERSON", "A auditor"),
    ]  # fmt: skip
    assert trail[0]["after"] == {"entries": 1, "file": export["fileName"], "sha256": export["sha256"], "size": export["size"]}
    assert trail[1]["after"] == {"file": export["fileName"], "filter": {"action": "hold."}, "format": "csv"}
    assert {entry["subject"] for entry in trail} == {trail[0]["subject"]}


async def test_jsonl_holds_every_field_exactly_as_it_is_stored(
    services: Services, firm: Firm, auditor: Caller, do_outbox: Callable[[], Awaitable[int]]
) -> None:
    since, until = now() - timedelta(days=2), now() + timedelta(days=1)
    who = {"kind": ActorKind.CLIENT, "display_name": "=ERP", "request_id": "r", "address": "2001:db8::1"}
    await note(services, firm, "try:exact", "hold.placed", before={"n": 12345678901234567890}, after={"n": "@x"}, reason="-", who=who)
    given = {"format": "JSONL", "filter": {"subject": "try:exact", "from": isoformat(since), "to": isoformat(until), "actorKind": "CLIENT"}}
    begun = (await auditor.ask(EXPORT, {"input": given}))["exportAudit"]["export"]
    await do_outbox()
    export = (await auditor.ask(READY, {"id": begun["id"]}))["auditExport"]
    assert export["fileName"] == f"{firm.slug}-audit-{since:%Y%m%d}-{until:%Y%m%d}.jsonl"
    async with httpx.AsyncClient() as outside:
        content = (await outside.get(export["link"]["url"])).content
    [line] = content.splitlines()
    assert b'"before":{"n":12345678901234567890}' in line
    told = json.loads(line)
    assert UUID(told.pop("id")).version == 7
    assert datetime.fromisoformat(told.pop("recordedAt")).tzinfo == UTC
    assert told == {
        "actorKind": "client", "actorId": str(firm.principal.actor_id), "actor": "=ERP", "deviceId": None, "address": "2001:db8::1",
        "action": "hold.placed", "subject": "try:exact", "before": {"n": 12345678901234567890}, "after": {"n": "@x"}, "reason": "-",
        "requestId": "r", "signatureId": None,
    }  # fmt: skip


async def test_a_fourth_export_waits_until_one_of_three_is_ready(firm: Firm, auditor: Caller, do_outbox: Callable[[], Awaitable[int]]) -> None:
    for _ in range(3):
        assert (await auditor.ask(EXPORT, {"input": {"format": "CSV"}}))["exportAudit"]["userErrors"] == []
    refused = (await auditor.ask(EXPORT, {"input": {"format": "CSV"}}))["exportAudit"]
    assert refused == {"export": None, "userErrors": [{"field": None, "code": "TOO_MANY_EXPORTS"}]}
    assert len((await auditor.ask("{ auditExports(first: 10) { nodes { id } } }"))["auditExports"]["nodes"]) == 3
    await do_outbox()
    assert (await auditor.ask(EXPORT, {"input": {"format": "CSV"}}))["exportAudit"]["userErrors"] == []


async def test_the_same_key_begins_one_export(firm: Firm, auditor: Caller) -> None:
    given, key = {"input": {"format": "CSV"}}, str(uuid4())
    first, second = [(await auditor.ask(EXPORT, given, Idempotency_Key=key))["exportAudit"]["export"]["id"] for _ in range(2)]
    assert first == second
    assert len((await auditor.ask("{ auditExports(first: 10) { nodes { id } } }"))["auditExports"]["nodes"]) == 1


async def test_an_export_whose_time_is_over_is_gone(
    services: Services, firm: Firm, auditor: Caller, do_outbox: Callable[[], Awaitable[int]], superuser: asyncpg.Connection
) -> None:
    begun = (await auditor.ask(EXPORT, {"input": {"format": "CSV"}}))["exportAudit"]["export"]
    await do_outbox()
    await superuser.execute("update audit_export set expires_at = now() - interval '1 second' where tenant_id = $1", firm.tenant_id)
    assert (await auditor.ask(READY, {"id": begun["id"]}))["auditExport"] is None
    assert (await auditor.ask("{ auditExports(first: 10) { nodes { id } } }"))["auditExports"]["nodes"] == []


async def test_what_is_no_json_is_shown_as_text(firm: Firm, auditor: Caller, superuser: asyncpg.Connection) -> None:
    """Nothing of ours writes such rows; the trail must stay readable whatever wrote into it."""
    await superuser.execute(
        """insert into audit_entry (tenant_id, actor_kind, actor, action, subject, request_id, address, before, after)
           values ($1, 'robot', 'x', 'x.y', 'try:hand', '', '', '{no json', '7')""",
        firm.tenant_id,
    )
    [entry] = (await auditor.ask(LIST, {"filter": {"subject": "try:hand"}}))["auditEntries"]["nodes"]
    assert (entry["before"], entry["after"], entry["changed"], entry["actionText"], entry["actorKind"]) == ("{no json", 7, [], "x.y", "SERVICE")

"""Who may do what: the declarations in the schema, and each of them tried with each role."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLString
from graphql import build_schema as schema_from_text

from backend.graphql.access import declaration_of, enforce, fields_of
from backend.graphql.directives import Public, Requires, SignedIn
from backend.graphql.ids import global_id
from backend.graphql.schema import NODES
from backend.services import Services
from infra.clock import now
from tenants.permissions import ROLES, Permission, Role
from tenants.service import Caller as Somewhere
from tests.factories import DUMPLING, FLOUR
from tests.firms import Firm
from tests.graphql.conftest import DUMPLING_LOT, FLOUR_LOT, Caller
from tests.graphql.operations import operations, schema


def test_every_root_field_declares_who_may_use_it() -> None:
    built = schema()
    for root in (built.query_type, built.mutation_type, built.subscription_type):
        assert root is not None
        assert [name for name, field in root.fields.items() if declaration_of(field) is None] == []


def test_every_entity_declares_its_permission_and_node_knows_it() -> None:
    built = schema()
    node = built.type_map["Node"]
    entities = [kind for kind in built.type_map.values() if isinstance(kind, GraphQLObjectType) and node in kind.interfaces]
    declared = {kind.name: declaration_of(kind) for kind in entities}
    assert all(isinstance(access, Requires) for access in declared.values()), declared
    assert {kind.name: Requires(permission=str(kind.permission)) for kind in NODES} == declared


def test_every_declared_permission_exists() -> None:
    found = [declaration_of(field) for _, _, field in fields_of(schema())] + [declaration_of(kind) for kind in schema().type_map.values()]
    assert {access.permission for access in found if isinstance(access, Requires)} <= {str(permission) for permission in Permission}


def test_open_fields_are_few_and_say_why() -> None:
    query, mutation = schema().query_type, schema().mutation_type
    assert query is not None
    assert mutation is not None
    fields = {**query.fields, **mutation.fields}
    opened = {name: access for name, field in fields.items() if isinstance(access := declaration_of(field), Public | SignedIn)}
    assert sorted(opened) == [
        "acceptInvitation", "beginSecondFactor", "changePassword", "confirmSecondFactor", "invitationPreview", "markNotificationsRead", "me",
        "myNotificationPreferences", "myNotifications", "myPushRegistrations", "myUnreadNotificationCount", "node", "permissions",
        "reauthenticate", "refreshToken", "registerAppForPush", "registerBrowserForPush", "removePushRegistration", "removeSecondFactor",
        "renewRecoveryCodes", "resetPassword", "revokeOtherSessions", "revokeSession", "secondFactor", "sessions", "setMyNotificationPreferences",
        "setMyPin", "signIn", "signOut", "webPushKey",
    ]  # fmt: skip
    assert all(access.reason for access in opened.values())


def test_root_field_without_a_declaration_does_not_start() -> None:
    undeclared = schema_from_text("type Query { a: String }")
    assert isinstance(undeclared.query_type, GraphQLObjectType)
    undeclared.query_type.fields["a"] = GraphQLField(GraphQLString)
    with pytest.raises(ValueError, match=r"Query\.a doesn't declare"):
        enforce(undeclared)


@pytest.mark.parametrize("role", [*Role, None])
async def test_each_root_field_opens_to_the_roles_that_have_its_permission_and_to_no_other(
    firm: Firm, caller_of: Callable[..., Awaitable[Caller]], anonymous: Caller, services: Services, role: Role | None
) -> None:
    caller = await caller_of(firm, role) if role else anonymous
    granted = {str(permission) for permission in ROLES[role]} if role else set()
    for operation in sorted(operations("query", "mutation"), key=lambda operation: operation.name == "signOut"):
        access = declaration_of(operation.field)
        if isinstance(access, Public) or (role and isinstance(access, SignedIn)):
            expected = None
        elif role is None:
            expected = "NOT_AUTHENTICATED"
        else:
            expected = None if isinstance(access, Requires) and access.permission in granted else "PERMISSION_DENIED"
        answer = (await caller.post(operation.document(operation.variables), operation.variables, Idempotency_Key=str(uuid4()))).json()
        codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
        refused = codes & {"NOT_AUTHENTICATED", "PERMISSION_DENIED"}
        assert refused == ({expected} if expected else set()), (operation.name, answer)
        assert "INTERNAL" not in codes, operation.name


async def test_permission_of_an_entity_counts_on_every_path_to_it(works: Firm, caller_of: Callable[..., Awaitable[Caller]], owner: Caller) -> None:
    worker = await caller_of(works, Role.WORKER)
    event = (await owner.ask("{ events(last: 1) { nodes { id } } }"))["events"]["nodes"][0]["id"]
    for query, variables in (
        ("query($key: String!) { traceableObject(key: $key) { timeline(first: 1) { nodes { id } } } }", {"key": DUMPLING_LOT}),
        ("query($key: String!) { trace(key: $key, direction: BACKWARD) { links(first: 1) { nodes { event { id } } } } }", {"key": DUMPLING_LOT}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": event}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": global_id("Event", uuid4())}),
        ("{ shipments(first: 1) { nodes { event { id } } } }", {}),
    ):
        assert (await worker.refusal(query, variables))["code"] == "PERMISSION_DENIED"
    found = await worker.ask("query($key: String!) { traceableObject(key: $key) { code product { gtin } } }", {"key": FLOUR_LOT})
    assert found == {"traceableObject": {"code": "F-1", "product": {"gtin": FLOUR}}}


async def test_partner_captures_and_sees_nothing_but_his_own_answer(firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    partner = await caller_of(firm, Role.PARTNER)
    event = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "ObjectEvent", "action": "OBSERVE",
        "eventTime": "2026-03-02T08:00:00Z", "eventTimeZoneOffset": "+00:00", "epcList": [f"https://id.gs1.org/01/{DUMPLING}/21/9"],
    }  # fmt: skip
    capture = "mutation($input: CaptureInput!) { capture(input: $input) { events { status id } userErrors { code } } }"
    payload = await partner.command(capture, {"events": event})
    assert [captured["status"] for captured in payload["events"]] == ["ACCEPTED"]
    assert (await partner.refusal("query($id: ID!) { event(id: $id) { id } }", {"id": payload["events"][0]["id"]}))["code"] == "PERMISSION_DENIED"


async def test_capture_job_is_shown_to_who_captured_it_and_to_who_may_read_events(
    firm: Firm, services: Services, owner: Caller, caller_of: Callable[..., Awaitable[Caller]]
) -> None:
    partner, other_partner = [await caller_of(firm, Role.PARTNER) for _ in range(2)]
    me = await services.identity.authenticate(partner.headers["Authorization"].removeprefix("Bearer "), caller=Somewhere())
    job = uuid4()
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute(
            """insert into capture_job (tenant_id, job_id, created_at, finished_at, error_behaviour, success, accepted, duplicates, rejected,
                                        errors, created_by) values ($1, $2, $3, $3, 'rollback', true, 1, 0, 0, '[]', $4)""",
            job, now(), me.actor_id,
        )  # fmt: skip
    query = "query($id: ID!) { captureJob(id: $id) { id success accepted errors errorBehaviour } }"
    told: dict[str, Any] = {"id": global_id("CaptureJob", job), "success": True, "accepted": 1, "errors": [], "errorBehaviour": "rollback"}
    for caller, shown in ((partner, told), (owner, told), (other_partner, None)):
        for identifier in (str(job), global_id("CaptureJob", job)):
            assert (await caller.ask(query, {"id": identifier}))["captureJob"] == shown


async def test_expired_forged_and_malformed_tokens_are_refused_by_status(firm: Firm, owner: Caller, services: Services) -> None:
    token = owner.headers["Authorization"]
    for header, code in (
        (token[:-6] + "AAAAAA", "TOKEN_INVALID"), ("Bearer x", "TOKEN_INVALID"), ("Basic eDp4", "TOKEN_INVALID"), ("Bearer", "TOKEN_INVALID"),
    ):  # fmt: skip
        answer = await Caller(owner.client, {"Authorization": header}).post("{ __typename }")
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, code)
        assert "data" not in answer.json()


async def test_expired_token_is_told_apart(firm: Firm, owner: Caller, services: Services) -> None:
    claims = services.identity.access_tokens.verify(owner.headers["Authorization"].removeprefix("Bearer "))
    expired = services.identity.access_tokens.issue(
        subject_id=claims.subject_id, tenant_public_id=claims.tenant_public_id, session_id=claims.session_id, epoch=claims.epoch,
        issued_at=now() - timedelta(hours=1),
    )  # fmt: skip
    answer = await Caller(owner.client, {"Authorization": f"Bearer {expired}"}).post("{ me { roles } }")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "TOKEN_EXPIRED")

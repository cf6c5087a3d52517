"""Aliases over HTTP: declared, listed, followed, told as a duplicate, revoked; and who may."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from uuid import uuid4

from tenants.permissions import Role
from tests.factories import DOUGH, FLOUR, capture, lot, made, quantity, transformed
from tests.firms import Firm
from tests.graphql.conftest import Caller

THEIRS, OURS, DOUGH_LOT = lot(FLOUR, "SUP-1"), lot(FLOUR, "F-1"), lot(DOUGH, "D-1")
ASSERT: Final = """mutation($input: AssertAliasInput!) { assertAlias(input: $input) {
  alias { id cause reason assertedAt revokedAt object { uri } sameAs { uri } } userErrors { field code message } } }"""
REVOKE: Final = """mutation($input: RevokeAliasInput!) { revokeAlias(input: $input) {
  alias { id revokedAt revokeReason } userErrors { field code message } } }"""
LISTED: Final = """query($key: String!, $active: Boolean!) { aliases(key: $key, activeOnly: $active, first: 5) {
  nodes { id cause object { code } sameAs { code } revokedAt } pageInfo { hasNextPage } } }"""
TRACE: Final = "query($key: String!) { trace(key: $key, direction: FORWARD) { links(first: 9) { nodes { kind certainty event { id } } } nodeCount } }"
GIVEN: Final = {"key": THEIRS, "sameAs": "F-1", "cause": "SUPPLIERS_IDENTIFIER", "reason": "delivery note 12"}


async def told(services: Any, firm: Firm) -> None:
    await capture(services, firm.tenant_id, made([], [quantity(THEIRS, 10), quantity(OURS, 10)]), transformed([OURS], [DOUGH_LOT]))


async def test_alias_is_declared_listed_followed_and_revoked(services: Any, firm: Firm, owner: Caller) -> None:
    await told(services, firm)
    payload = await owner.command(ASSERT, GIVEN)
    assert payload["userErrors"] == []
    alias = payload["alias"]
    assert (alias["cause"], alias["reason"], alias["revokedAt"]) == ("SUPPLIERS_IDENTIFIER", "delivery note 12", None)
    assert {alias["object"]["uri"], alias["sameAs"]["uri"]} == {THEIRS, OURS}
    found = await owner.ask(TRACE, {"key": THEIRS})
    kinds = [link["kind"] for link in found["trace"]["links"]["nodes"]]
    assert sorted(kinds) == ["ALIAS", "ALIAS", "INPUT", "OUTPUT"]
    assert {(link["certainty"], link["event"]) for link in found["trace"]["links"]["nodes"] if link["kind"] == "ALIAS"} == {("CERTAIN", None)}
    same = await owner.ask("query($key: String!) { traceableObject(key: $key) { sameAs { uri sameAs { uri } } } }", {"key": OURS})
    assert same["traceableObject"]["sameAs"] == [{"uri": THEIRS, "sameAs": [{"uri": OURS}]}]
    gone = await owner.command(REVOKE, {"aliasId": alias["id"], "reason": "another delivery"})
    assert (gone["alias"]["revokeReason"], gone["userErrors"]) == ("another delivery", [])
    assert (await owner.ask(LISTED, {"key": OURS, "active": True}))["aliases"]["nodes"] == []
    [listed] = (await owner.ask(LISTED, {"key": OURS, "active": False}))["aliases"]["nodes"]
    assert listed["id"] == alias["id"]
    assert (await owner.ask(TRACE, {"key": THEIRS}))["trace"]["nodeCount"] == 1


async def test_repetition_gets_its_reply_and_a_second_declaration_is_told(services: Any, firm: Firm, owner: Caller) -> None:
    await told(services, firm)
    key = str(uuid4())
    first, again = await owner.command(ASSERT, GIVEN, key), await owner.command(ASSERT, GIVEN, key)
    assert first == again
    [error] = (await owner.command(ASSERT, {**GIVEN, "key": OURS, "sameAs": THEIRS}))["userErrors"]
    assert (error["code"], error["field"]) == ("ALIAS_EXISTS", "sameAs")
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select count(*) from alias where tenant_id = $1") == 1


async def test_refusals_name_field_and_mend(services: Any, firm: Firm, owner: Caller) -> None:
    await told(services, firm)
    for given, code, field in (
        ({"sameAs": THEIRS}, "ALIAS_TO_ITSELF", "sameAs"), ({"sameAs": "NOTHING"}, "OBJECT_NOT_FOUND", "sameAs"),
        ({"key": "x"}, "OBJECT_NOT_FOUND", "key"),
        ({"reason": " "}, "INVALID_INPUT", "reason"), ({"reason": "x" * 501}, "INVALID_INPUT", "reason"),
    ):  # fmt: skip
        payload = await owner.command(ASSERT, {**GIVEN, **given})
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)], given
        assert payload["alias"] is None
    assert [error["code"] for error in (await owner.command(REVOKE, {"aliasId": "x", "reason": "x"}))["userErrors"]] == ["ALIAS_NOT_FOUND"]
    assert (await owner.refusal(ASSERT, {"input": GIVEN}))["code"] == "IDEMPOTENCY_KEY_REQUIRED"


async def test_who_may_not_declare_is_refused(services: Any, firm: Firm, caller_of: Callable[..., Awaitable[Caller]]) -> None:
    await told(services, firm)
    keeper = await caller_of(firm, Role.WAREHOUSE_KEEPER)
    assert (await keeper.refusal(ASSERT, {"input": GIVEN}, Idempotency_Key=str(uuid4())))["code"] == "PERMISSION_DENIED"
    assert (await keeper.ask(LISTED, {"key": OURS, "active": True}))["aliases"]["nodes"] == []

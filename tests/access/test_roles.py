"""Roles and permissions: told in words, made, changed and archived, at once and never by who holds them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from tenants.permissions import ROLES, SIGNED, Permission, Role
from tests.access.crew import ARCHIVE_ROLE, DEACTIVATE, PUT_ROLE, SET_ROLES, Person, join, rights, trail
from tests.firms import Firm

INVITE = "mutation($input: InviteInput!) { invite(input: $input) { invitation { id } userErrors { code } } }"
REVOKE = "mutation($input: RevokeInvitationInput!) { revokeInvitation(input: $input) { userErrors { code } } }"


async def put(by: Person, key: str = "night_shift", *permissions: str, name: str = "夜班", description: str = "At night") -> dict[str, Any]:
    given = {"key": key, "name": name, "description": description, "permissions": list(permissions) or ["trace.read"]}
    return await by.caller.command(PUT_ROLE, given)


async def test_roles_are_told_in_the_readers_language_built_in_first(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    await put(owner)
    query = "{ roles { key name description builtIn archivedAt permissions { permission } } }"
    for language, name, description in (
        ("en", "QC inspector", "Inspects goods and puts them on hold"),
        ("zh-CN", "质检员", "检验货物，必要时冻结"),
        ("fr", "质检员", "检验货物，必要时冻结"),
    ):
        found = (await owner.caller.ask(query, Accept_Language=language))["roles"]
        assert [role["key"] for role in found] == [*map(str, Role), "night_shift"]
        [inspector] = [role for role in found if role["key"] == "qc_inspector"]
        assert inspector == {
            "key": "qc_inspector", "name": name, "description": description, "builtIn": True, "archivedAt": None,
            "permissions": [{"permission": str(permission)} for permission in sorted(ROLES[Role.QC_INSPECTOR])],
        }  # fmt: skip
        assert found[-1] == {
            "key": "night_shift", "name": "夜班", "description": "At night", "builtIn": False, "archivedAt": None,
            "permissions": [{"permission": "trace.read"}],
        }  # fmt: skip


async def test_permissions_are_told_to_everybody_who_has_signed_in(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    worker = await join(services, client, firm, Role.WORKER)
    query = "{ permissions { permission description signed undivided } }"
    found = (await worker.caller.ask(query, Accept_Language="en"))["permissions"]
    assert [told["permission"] for told in found] == list(map(str, Permission))
    assert {told["permission"] for told in found if told["signed"]} == set(map(str, SIGNED))
    [hold] = [told for told in found if told["permission"] == "holds.place"]
    assert hold == {"permission": "holds.place", "description": "Put goods on hold", "signed": False, "undivided": False}
    [chinese] = [told for told in (await worker.caller.ask(query))["permissions"] if told["permission"] == "people.manage"]
    assert chinese == {"permission": "people.manage", "description": "邀请成员、授予角色、停用成员", "signed": False, "undivided": True}


async def test_own_role_is_made_granted_and_changed_with_effect_at_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm, name="Olga"), await join(services, client, firm, Role.WORKER)
    payload = await put(owner, "night_shift", "trace.read", "holds.read")
    assert payload == {
        "role": {"id": global_id("Role", "night_shift"), "key": "night_shift", "name": "夜班", "description": "At night", "builtIn": False,
                 "archivedAt": None, "permissions": [{"permission": "holds.read"}, {"permission": "trace.read"}]},
        "userErrors": [],
    }  # fmt: skip
    await owner.caller.command(SET_ROLES, {"memberId": worker.id, "grants": [{"role": "night_shift"}], "reason": "x"})
    me = "{ me { permissions } }"
    assert (await worker.caller.ask(me))["me"]["permissions"] == ["holds.read", "trace.read"]
    await put(owner, "night_shift", "trace.read", "people.read", name="Nights")
    assert (await worker.caller.ask(me))["me"]["permissions"] == ["people.read", "trace.read"]
    created, changed = await trail(services, firm, "role")
    assert (created["action"], created["before"], created["actor"]) == ("role.created", None, "Olga")
    assert created["after"] == {"name": "夜班", "description": "At night", "permissions": ["holds.read", "trace.read"]}
    assert (changed["action"], changed["before"]) == ("role.changed", created["after"])
    assert changed["after"] == {"name": "Nights", "description": "At night", "permissions": ["people.read", "trace.read"]}


async def test_nobody_changes_a_role_that_he_holds(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, administrator = await join(services, client, firm), await join(services, client, firm, Role.ADMINISTRATOR)
    await put(owner, "assistant", "roles.manage", "people.read")
    await owner.caller.command(SET_ROLES, {"memberId": administrator.id, "grants": [{"role": "administrator"}, {"role": "assistant"}], "reason": "x"})
    before = await rights(services, firm)
    assert [error["code"] for error in (await put(administrator, "assistant", "holds.release"))["userErrors"]] == ["OWN_RIGHTS"]
    payload = await administrator.caller.command(ARCHIVE_ROLE, {"key": "assistant", "reason": "x"})
    assert [error["code"] for error in payload["userErrors"]] == ["OWN_RIGHTS"]
    assert await rights(services, firm) == before
    # One that he doesn't hold he may make, and grant to others, never to himself.
    assert (await put(administrator, "releaser", "holds.release"))["userErrors"] == []
    payload = await administrator.caller.command(SET_ROLES, {"memberId": administrator.id, "grants": [{"role": "releaser"}], "reason": "x"})
    assert [error["code"] for error in payload["userErrors"]] == ["OWN_RIGHTS"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"key": "Night"}, "key"), ({"key": "x"}, "key"), ({"key": "1night"}, "key"), ({"key": "n" * 41}, "key"), ({"key": "night shift"}, "key"),
        ({"key": "owner"}, "key"), ({"key": "worker"}, "key"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"name": "a\nb"}, "name"),
        ({"description": "x" * 1_001}, "description"), ({"permissions": []}, "permissions"), ({"permissions": ["holds.eat"]}, "permissions"),
        ({"permissions": ["trace.read", ""]}, "permissions"),
    ],
)  # fmt: skip
async def test_role_that_makes_no_sense_is_refused_by_its_field(
    services: Services, client: httpx.AsyncClient, firm: Firm, given: dict[str, Any], field: str
) -> None:
    owner = await join(services, client, firm)
    before = await rights(services, firm)
    whole = {"key": "night_shift", "name": "Nights", "description": "", "permissions": ["trace.read"], **given}
    payload = await owner.caller.command(PUT_ROLE, whole)
    assert (payload["role"], [(error["field"], error["code"]) for error in payload["userErrors"]]) == (None, [(field, "INVALID_INPUT")])
    assert await rights(services, firm) == before


async def test_role_is_archived_once_nobody_has_it_or_is_promised_it(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER)
    await put(owner)
    await owner.caller.command(SET_ROLES, {"memberId": worker.id, "grants": [{"role": "night_shift"}], "reason": "x"})
    await owner.caller.command(DEACTIVATE, {"memberId": worker.id, "reason": "x"})
    invited = await owner.caller.command(INVITE, {"login": "a@example.com", "displayName": "A", "grants": [{"role": "night_shift"}]})
    archive = {"key": "night_shift", "reason": "no nights any more"}
    before = await rights(services, firm)
    refused = await owner.caller.command(ARCHIVE_ROLE, archive)
    assert (refused["userErrors"][0]["code"], "1 members" in refused["userErrors"][0]["message"]) == ("ROLE_IN_USE", True)
    assert await rights(services, firm) == before
    await owner.caller.command(SET_ROLES, {"memberId": worker.id, "grants": [{"role": "worker"}], "reason": "x"})
    assert (await owner.caller.command(ARCHIVE_ROLE, archive))["userErrors"][0]["code"] == "ROLE_IN_USE"
    await owner.caller.command(REVOKE, {"invitationId": invited["invitation"]["id"]})
    payload = await owner.caller.command(ARCHIVE_ROLE, archive)
    assert (payload["userErrors"], payload["role"]["archivedAt"] is not None) == ([], True)
    [*_, entry] = await trail(services, firm, "role")
    assert (entry["action"], entry["reason"]) == ("role.archived", "no nights any more")
    keys = "query($archived: Boolean!) { roles(archived: $archived) { key } }"
    assert "night_shift" not in str(await owner.caller.ask(keys, {"archived": False}))
    assert "night_shift" in str(await owner.caller.ask(keys, {"archived": True}))
    refused = await owner.caller.command(SET_ROLES, {"memberId": worker.id, "grants": [{"role": "night_shift"}], "reason": "x"})
    assert [error["field"] for error in refused["userErrors"]] == ["grants.0.role"]
    assert (await owner.caller.command(ARCHIVE_ROLE, archive))["userErrors"][0]["code"] == "ROLE_NOT_FOUND"
    assert (await put(owner))["role"]["archivedAt"] is None


async def test_number_of_own_roles_is_limited(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute(
            """insert into custom_role (tenant_id, role, name, description, permissions)
               select $1, 'role_' || n, 'x', '', '[]' from generate_series(1, 50) as n on conflict do nothing"""
        )
    assert [error["code"] for error in (await put(owner))["userErrors"]] == ["CONFLICT"]
    assert (await put(owner, "role_7"))["userErrors"] == []
    await owner.caller.command(ARCHIVE_ROLE, {"key": "role_8", "reason": "x"})
    assert (await put(owner))["userErrors"] == []
    assert [error["code"] for error in (await put(owner, "role_8"))["userErrors"]] == ["CONFLICT"]


async def test_roles_of_another_firm_answer_like_none(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm), await join(services, client, other_firm)
    await put(stranger, "theirs")
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await owner.caller.ask(node, {"id": global_id("Role", "theirs")}))["node"] is None
    assert (await owner.caller.ask(node, {"id": global_id("Role", "worker")}))["node"] == {"id": global_id("Role", "worker")}
    before = await rights(services, other_firm)
    messages = [
        (await owner.caller.command(ARCHIVE_ROLE, {"key": key, "reason": "x"}))["userErrors"][0]["message"].replace(key, "…")
        for key in ("theirs", "thairs")
    ]
    assert messages[0] == messages[1]
    assert (await put(owner, "theirs", "holds.read"))["userErrors"] == []
    assert await rights(services, other_firm) == before


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.AUDITOR, Role.WORKER])
async def test_roles_without_the_permission_make_none(services: Services, client: httpx.AsyncClient, firm: Firm, role: Role) -> None:
    person = await join(services, client, firm, role)
    before = await rights(services, firm)
    given = {"key": "night_shift", "name": "x", "permissions": ["trace.read"]}
    assert (await person.caller.refusal(PUT_ROLE, {"input": given}))["code"] == "PERMISSION_DENIED"
    assert (await person.caller.refusal(ARCHIVE_ROLE, {"input": {"key": "night_shift", "reason": "x"}}))["code"] == "PERMISSION_DENIED"
    assert await rights(services, firm) == before


async def test_repeated_request_makes_a_role_once(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    key = str(uuid4())
    given = {"key": "night_shift", "name": "x", "permissions": ["trace.read"]}
    first = await owner.caller.command(PUT_ROLE, given, key)
    assert await owner.caller.command(PUT_ROLE, given, key) == first
    assert len(await trail(services, firm, "role")) == 1

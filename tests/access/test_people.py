"""The list of members: what it tells, what it finds, and to whom it says nothing."""

import httpx
import pyotp
import pytest

from backend.graphql.ids import global_id
from backend.services import Services
from infra.clock import now
from infra.database import Record, TenantTransaction
from tenants import sessions
from tenants.permissions import Role
from tenants.registration import add_membership
from tests.access.crew import PLANT, RENAME, Person, join, put_plant, rights, trail
from tests.firms import Firm
from tests.graphql.conftest import Caller

PEOPLE = """query($active: Boolean, $role: String, $site: String, $text: String, $first: Int, $after: String, $last: Int, $before: String) {
  people(active: $active, role: $role, site: $site, text: $text, first: $first, after: $after, last: $last, before: $before) {
    nodes { displayName } edges { cursor } pageInfo { hasNextPage hasPreviousPage } } }"""


async def names(caller: Caller, **given: object) -> list[str]:
    found = await caller.ask(PEOPLE, {"first": 50, **given} if "last" not in given else given)
    return [node["displayName"] for node in found["people"]["nodes"]]


async def test_member_is_told_with_grants_sign_in_names_second_factor_and_last_activity(
    services: Services, client: httpx.AsyncClient, firm: Firm
) -> None:
    owner = await join(services, client, firm, name="王芳")
    await put_plant(owner)
    keeper = await join(services, client, firm, Role.WAREHOUSE_KEEPER, "Anna", site=PLANT)
    await services.identity.second_factors.install(keeper.person_id, pyotp.random_base32())
    query = """{ people(first: 10) { nodes { id displayName active deactivatedAt loginNames secondFactor isMe lastActiveAt joinedAt
      grants { role roleName site expiresAt inForce location { name } } } } }"""
    before = now()
    found = (await owner.caller.ask(query, Accept_Language="en"))["people"]["nodes"]
    for node in found:
        assert node.pop("lastActiveAt") <= before.isoformat().replace("+00:00", "Z")
        assert node.pop("joinedAt") <= before.isoformat().replace("+00:00", "Z")
    assert found == [
        {
            "id": keeper.id, "displayName": "Anna", "active": True, "deactivatedAt": None, "loginNames": [keeper.login], "secondFactor": True,
            "isMe": False,
            "grants": [{"role": "warehouse_keeper", "roleName": "Warehouse keeper", "site": PLANT, "expiresAt": None, "inForce": True,
                        "location": {"name": "Place"}}],
        },
        {
            "id": owner.id, "displayName": "王芳", "active": True, "deactivatedAt": None, "loginNames": [owner.login], "secondFactor": False,
            "isMe": True, "grants": [{"role": "owner", "roleName": "Owner", "site": None, "expiresAt": None, "inForce": True, "location": None}],
        },
    ]  # fmt: skip
    told = await owner.caller.ask("{ people(first: 1) { nodes { grants { roleName } } } }")
    assert told["people"]["nodes"][0]["grants"] == [{"roleName": "仓库管理员"}]


async def test_list_is_filtered_by_activity_role_site_and_text(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner = await join(services, client, firm, name="Olga")
    await put_plant(owner)
    worker = await join(services, client, firm, Role.WORKER, "李雷", site=PLANT)
    gone = await join(services, client, firm, Role.WORKER, "Gone 100%")
    stranger = await join(services, client, other_firm, Role.WORKER, "李雷 elsewhere")
    async with services.database.tenant(firm.tenant_id) as tx:
        await tx.execute("update membership set active = false where tenant_id = $1 and membership_id = $2", gone.membership_id)
        await tx.execute(
            """insert into membership_grant (tenant_id, membership_id, role, site, expires_at)
               values ($1, $2, 'auditor', '', now() - interval '1 day')""",
            gone.membership_id,
        )
    for given, expected in (
        ({}, ["Gone 100%", "Olga", "李雷"]), ({"active": True}, ["Olga", "李雷"]), ({"active": False}, ["Gone 100%"]),
        ({"role": "worker"}, ["Gone 100%", "李雷"]), ({"role": "auditor"}, []), ({"role": "nobody"}, []), ({"site": PLANT}, ["李雷"]),
        ({"site": PLANT, "role": "owner"}, []), ({"text": "雷"}, ["李雷"]), ({"text": "oL"}, ["Olga"]), ({"text": "0%"}, ["Gone 100%"]),
        ({"text": "_"}, []), ({"text": worker.login.upper()}, ["李雷"]), ({"text": worker.login[:-1]}, []), ({"text": stranger.login}, []),
        ({"text": "  "}, ["Gone 100%", "Olga", "李雷"]),
    ):  # fmt: skip
        assert await names(owner.caller, **given) == expected, given
    assert (await owner.caller.refusal(PEOPLE, {"first": 1, "text": "x" * 201}))["code"] == "INVALID_INPUT"


async def test_pages_go_both_ways_through_equal_names(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm, name="A")
    for name in ("B", "B", "B", "C"):
        await join(services, client, firm, Role.WORKER, name)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await owner.caller.ask(PEOPLE, {"first": 2, "after": cursor}))["people"]
        seen += [node["displayName"] for node in page["nodes"]]
        cursor = page["edges"][-1]["cursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["A", "B", "B", "B", "C"]
    assert await names(owner.caller, last=2, before=cursor) == ["B", "B"]
    for strange in ("eA", "YWJj", global_id("Member", owner.membership_id)):
        assert (await owner.caller.refusal(PEOPLE, {"first": 1, "after": strange}))["code"] == "INVALID_INPUT"


@pytest.mark.parametrize("role", [Role.WORKER, Role.LINE_LEAD, Role.QC_INSPECTOR, Role.WAREHOUSE_KEEPER, Role.PURCHASING, Role.PARTNER])
async def test_roles_without_the_permission_read_no_people(services: Services, client: httpx.AsyncClient, firm: Firm, role: Role) -> None:
    person = await join(services, client, firm, role)
    for query, variables in (
        (PEOPLE, {"first": 1}), ("{ roles { key } }", {}), ("{ invitations(first: 1) { nodes { id } } }", {}),
        ("query($id: ID!) { node(id: $id) { id } }", {"id": person.id}),
    ):  # fmt: skip
        assert (await person.caller.refusal(query, variables))["code"] == "PERMISSION_DENIED"


async def test_administrator_at_one_site_reads_and_manages_nobody(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner = await join(services, client, firm)
    await put_plant(owner)
    local = await join(services, client, firm, Role.ADMINISTRATOR, site=PLANT)
    before = await rights(services, firm)
    for query, variables in (
        (PEOPLE, {"first": 1}), ("{ roles { key } }", {}), ("query($id: ID!) { node(id: $id) { id } }", {"id": owner.id}),
        (RENAME, {"input": {"memberId": owner.id, "displayName": "x"}}),
        ("mutation($i: InviteInput!) { invite(input: $i) { link } }",
         {"i": {"login": "x@example.com", "displayName": "x", "grants": [{"role": "worker"}]}}),
        ("mutation($i: PutRoleInput!) { putRole(input: $i) { role { key } } }",
         {"i": {"key": "new_role", "name": "x", "permissions": ["trace.read"]}}),
    ):  # fmt: skip
        assert (await local.caller.refusal(query, variables))["code"] == "PERMISSION_DENIED", query
    assert await rights(services, firm) == before
    me = (await local.caller.ask("{ me { permissions siteLimits { permission sites } } }"))["me"]
    assert not {"people.read", "people.manage", "roles.manage", "audit.read"} & set(me["permissions"])
    assert {"permission": "catalog.read", "sites": [PLANT]} in me["siteLimits"]


async def test_node_is_a_member_of_the_callers_company_alone(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, stranger = await join(services, client, firm, name="Olga"), await join(services, client, other_firm)
    query = "query($id: ID!) { node(id: $id) { id ... on Member { displayName loginNames secondFactor } } }"
    told = {"id": owner.id, "displayName": "Olga", "loginNames": [owner.login], "secondFactor": False}
    assert (await owner.caller.ask(query, {"id": owner.id}))["node"] == told
    assert (await owner.caller.ask(query, {"id": stranger.id}))["node"] is None


async def test_person_in_two_firms_has_a_name_and_roles_in_each(services: Services, client: httpx.AsyncClient, firm: Firm, other_firm: Firm) -> None:
    owner, second = await join(services, client, firm, name="Olga"), await join(services, client, other_firm, name="Otto")
    await add_membership(services.identity, other_firm.tenant, login=owner.login, display_name="O. here", role=Role.AUDITOR)
    assert await names(second.caller) == ["O. here", "Otto"]
    assert await names(owner.caller) == ["Olga"]
    payload = await second.caller.command(RENAME, {"memberId": await _id_of(second, owner.login), "displayName": "  O. there "})
    assert (payload["userErrors"], payload["member"]["displayName"]) == ([], "O. there")
    assert await names(owner.caller) == ["Olga"]


async def _id_of(person: Person, login: str) -> str:
    found = await person.caller.ask("query($text: String) { people(text: $text, first: 2) { nodes { id } } }", {"text": login})
    [node] = found["people"]["nodes"]
    return str(node["id"])


async def test_renamed_member_has_the_new_name_at_once_and_old_acts_keep_theirs(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    owner, worker = await join(services, client, firm), await join(services, client, firm, Role.WORKER, "Before")
    assert (await worker.caller.ask("{ me { displayName } }"))["me"] == {"displayName": "Before"}
    await owner.caller.command(RENAME, {"memberId": worker.id, "displayName": "After"})
    assert (await worker.caller.ask("{ me { displayName } }"))["me"] == {"displayName": "After"}
    [*_, entry] = await trail(services, firm, "membership")
    assert (entry["action"], entry["before"], entry["after"]) == ("membership.renamed", {"displayName": "Before"}, {"displayName": "After"})
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select actor from audit_entry where tenant_id = $1 and actor_id = $2 limit 1", worker.person_id) == "Before"
    for bad in ("", " ", "x" * 201, "a\nb"):
        payload = await owner.caller.command(RENAME, {"memberId": worker.id, "displayName": bad})
        assert payload == {"member": None, "userErrors": [{"field": "displayName", "code": "INVALID_INPUT"}]}, bad


async def test_me_tells_company_limits_and_whether_a_second_factor_is_needed(services: Services, client: httpx.AsyncClient, firm: Firm) -> None:
    query = "{ me { tenant company { slug name timeZone locale sandbox } siteLimits { permission sites } secondFactorNeeded } }"
    owner = await join(services, client, firm)
    await put_plant(owner)
    company = {"slug": firm.slug, "name": firm.tenant.name, "timeZone": "Asia/Shanghai", "locale": "zh-CN", "sandbox": False}
    told = {"tenant": firm.slug, "company": company, "siteLimits": [], "secondFactorNeeded": True}
    assert (await owner.caller.ask(query))["me"] == told
    worker = await join(services, client, firm, Role.WORKER, site=PLANT)
    me = (await worker.caller.ask(query))["me"]
    assert (me["company"], me["secondFactorNeeded"]) == (company, False)
    assert me["siteLimits"] == [
        {"permission": permission, "sites": [PLANT]}
        for permission in ("alerts.act", "catalog.read", "events.capture", "holds.read", "mobile.sync", "quality.read", "trace.read")
    ]
    async with services.database.tenant(firm.tenant_id) as tx:
        await sessions.insert_grant(tx, worker.membership_id, Role.WORKER)
    await services.identity.standings.doubt_person(worker.person_id)
    assert (await worker.caller.ask(query))["me"]["siteLimits"] == []


async def test_number_of_statements_does_not_grow_with_the_list(
    services: Services, client: httpx.AsyncClient, firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await join(services, client, firm)
    for number in range(8):
        await join(services, client, firm, Role.WORKER, f"W{number}")
    run: list[str] = []
    inner = TenantTransaction.fetch

    async def fetch(self: TenantTransaction, statement: str, *values: object) -> list[Record]:
        run.append(statement)
        return await inner(self, statement, *values)

    # Who asks is looked up once and remembered.
    await owner.roles()
    monkeypatch.setattr(TenantTransaction, "fetch", fetch)
    query = """query($n: Int!) { people(first: $n) { nodes { loginNames secondFactor lastActiveAt
      grants { roleName location { name } } } } roles { key permissions { permission } } }"""
    counts = []
    for size in (2, 9):
        run.clear()
        await owner.caller.ask(query, {"n": size})
        counts.append(len(run))
    assert counts[0] == counts[1] <= 5

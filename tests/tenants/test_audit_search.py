"""Searching the trail: filters as they are kept, what is refused, and that an index serves each of the common ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from infra.clock import now
from infra.database import Database
from infra.errors import InvalidInputError, PermissionDeniedError
from tenants.audit import exports, repository, search
from tenants.audit.search import Entry, Filter
from tenants.audit.writing import Format
from tenants.permissions import Permission
from tests.firms import Firm
from tests.tenants.companies import Company, Superuser

MOMENT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_filter_is_kept_as_it_was_asked_for() -> None:
    whole = Filter(
        actor="Li", actor_kind="person", action="hold.", subject="hold:1", subject_prefix="hold:", since=MOMENT, until=MOMENT + timedelta(days=1),
        address="192.0.2.1", request_id="r", text="金属",
    )  # fmt: skip
    assert whole.as_json() == {
        "actor": "Li", "actorKind": "person", "action": "hold.", "subject": "hold:1", "subjectPrefix": "hold:", "from": "2026-03-02T08:00:00+00:00",
        "to": "2026-03-03T08:00:00+00:00", "address": "192.0.2.1", "requestId": "r", "text": "金属",
    }  # fmt: skip
    assert Filter.from_json(whole.as_json()) == whole
    assert Filter().as_json() == {}
    assert Filter.from_json({}) == Filter()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject_prefix": "nul \x00"}, "filter.subjectPrefix"),
        ({"action": "half \ud800"}, "filter.action"),
        ({"request_id": ""}, "filter.requestId"),
        ({"actor": "x" * 201}, "filter.actor"),
        ({"since": MOMENT, "until": MOMENT}, "filter.to"),
        ({"text": "x", "since": MOMENT, "until": MOMENT + timedelta(days=92, seconds=1)}, "filter.text"),
        ({"text": "x", "until": MOMENT}, "filter.text"),
    ],
)
def test_a_filter_that_cannot_be_looked_for_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        Filter(**given).check()
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "given",
    [
        {"text": "x", "since": MOMENT, "until": MOMENT + timedelta(days=92)},
        {"actor": str(uuid4())},
        {"actor": str(uuid4()).upper()},
        {"subject": "x", "action": "hold.", "request_id": "r"},
        {"since": datetime(2000, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_an_index_serves_is_looked_for_in_the_whole_trail(given: dict[str, Any]) -> None:
    Filter(**given).check()


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ('{"a":1,"b":{"c":1,"d":2}}', '{"a":1,"b":{"c":1,"d":3}}', ["b.d"]),
        ('{"a":1}', '{"a":1}', []),
        ('{"a":[1,2]}', '{"a":[2,1],"n":null}', ["a", "n"]),
        ('{"a":{"b":1}}', '{"a":1}', ["a"]),
        (None, '{"a":1}', []),
        ('{"a":1}', None, []),
        ("[1]", "[2]", []),
        ("{broken", '{"a":1}', []),
    ],
)
def test_what_changed_is_named(before: str | None, after: str | None, changed: list[str]) -> None:
    entry = Entry(uuid4(), 1, MOMENT, "person", None, "x", None, "a.b", "s", before, after, None, "", "", None)
    assert entry.changed == changed


@pytest.mark.parametrize(
    ("given", "index"),
    [
        ({}, "ix_audit_entry_time"),
        ({"since": MOMENT, "until": MOMENT + timedelta(days=1)}, "ix_audit_entry_time"),
        ({"actor": "00000000-0000-4000-8000-000000000001"}, "ix_audit_entry_actor"),
        ({"action": "rare.act"}, "ix_audit_entry_action"),
        ({"subject": "subject:77"}, "ix_audit_entry_subject"),
        ({"subject_prefix": "subject:77"}, "ix_audit_entry_subject"),
        ({"request_id": "request-77"}, "ix_audit_entry_request"),
    ],
)
async def test_an_index_serves_a_page_of_a_long_trail(superuser: Superuser, company: Company, given: dict[str, Any], index: str) -> None:
    """Whatever the planner knows of the parameters: a page must not read the trail."""
    tenant_id = company.tenant.tenant_id
    await superuser.execute(
        """insert into audit_entry (tenant_id, actor_kind, actor_id, actor, action, subject, request_id, address, recorded_at)
           select $1, 'person', gen_random_uuid(), 'x', case when n % 5000 = 0 then 'rare.act' else 'common.act' end, 'subject:' || n,
                  'request-' || n, '192.0.2.1', timestamptz '2026-01-01' + n * interval '1 minute' from generate_series(1, 20000) n""",
        tenant_id,
    )
    await superuser.execute("analyze audit_entry")
    conditions, values = repository._conditions(Filter(**given), 3)
    shown = await superuser.fetch(
        f"""explain select {repository.COLUMNS} from audit_entry where tenant_id = $1{conditions}
            order by recorded_at desc, audit_id desc limit $2""",
        tenant_id,
        21,
        *values,
    )
    plan = "\n".join(row["QUERY PLAN"] for row in shown)
    assert index in plan, plan


async def test_a_page_stops_at_a_cursor_that_is_no_entrys(database_app: Database, firm: Firm) -> None:
    async with database_app.tenant(firm.tenant_id) as tx:
        assert await search.page_of_entries(tx, firm.principal, Filter(), cursor=uuid4(), backward=False, limit=5) is None
        found = await search.page_of_entries(tx, firm.principal, Filter(), cursor=None, backward=False, limit=5)
    assert found is not None
    assert [entry.action for entry in found] == ["tenant.created"]
    assert all(now() - entry.recorded_at < timedelta(minutes=1) for entry in found)


async def test_who_may_read_it_at_one_site_alone_sees_nothing_of_the_trail(database_app: Database, firm: Firm) -> None:
    """It tells of all sites, and an entry belongs to none."""
    at_one_site = replace(firm.principal, sites={Permission.AUDIT_READ: frozenset({"https://id.gs1.org/414/9506000134000"})})
    async with database_app.tenant(firm.tenant_id) as tx:
        with pytest.raises(PermissionDeniedError):
            await search.page_of_entries(tx, at_one_site, Filter(), cursor=None, backward=False, limit=5)
        with pytest.raises(PermissionDeniedError):
            await search.entries_by_id(tx, at_one_site, [uuid4()])
        with pytest.raises(PermissionDeniedError):
            await exports.exports_by_id(tx, at_one_site, [uuid4()])
        with pytest.raises(PermissionDeniedError):
            await exports.page_of_exports(tx, at_one_site, cursor=None, backward=False, limit=5)
        with pytest.raises(PermissionDeniedError):
            await exports.ask(tx, at_one_site, wanted=Filter(), form=Format.CSV, language="zh")
        assert await tx.fetchval("select count(*) from audit_export where tenant_id = $1") == 0

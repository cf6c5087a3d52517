"""What the check on statements takes for scoped: each reference of a tenant's table pinned by itself, and nothing that only looks like it."""

import pytest
from sqlalchemy import Column, MetaData, Table, Text

from backend import models
from infra import scope
from infra.schema import metadata
from infra.scope import UnscopedStatementError, require_scope, tenant_owned_tables

SCOPED = [
    "select 1",
    "select count(*) from tenant",
    "select 1 from hold where tenant_id = $1",
    "SELECT 1 FROM HOLD WHERE TENANT_ID = $1",
    "select 1 from only suyuan.hold as h where h.tenant_id = $1 and h.status = 1",
    'select 1 from "suyuan"."hold" h where h.tenant_id = $1',
    "select 1 from hold h where h.status = 1 and h.tenant_id = $1 order by 1 limit 5",
    "select 1 from hold where tenant_id = $1 for no key update of hold skip locked",
    "select 1 from hold h join event e on e.tenant_id = $1 and e.event_id = 5 where h.tenant_id = $1",
    "select 1 from hold h left join event e on e.tenant_id = $1 and e.event_id = 5 where h.tenant_id = $1",
    "select 1 from hold h left join event e on e.event_id = 5 inner join alert a on a.tenant_id = $1 where h.tenant_id = $1 and e.tenant_id = $1",
    "select 1 from hold h, event e where h.tenant_id = $1 and e.tenant_id = $1",
    "select 1 from hold h cross join unnest($2::int[]) as n(id) where h.tenant_id = $1",
    "select 1 from hold h join (select event_id from event where tenant_id = $1) e on e.event_id = 1 where h.tenant_id = $1",
    "select 1 from hold h where h.tenant_id = $1 and (h.status = 1 or $2)",
    "select (select max(seq) from event_feed where tenant_id = $1), 1 from hold h where h.tenant_id = $1",
    "select 1 from hold h where h.tenant_id = $1 and exists (select 1 from hold_cut c where c.tenant_id = $1 and c.hold_id = h.hold_id)",
    "select 1 from event where tenant_id = $1 union all select 1 from event where tenant_id = $1",
    "select 1 from event e where e.tenant_id = $1 and e.biz_step is distinct from 'x' and extract(year from e.event_time) = 2026",
    """with recursive up(id) as (
         select object_id from traceable_object where tenant_id = $1
         union select l.parent_id from up join lot_link l on l.tenant_id = $1 and l.child_id = up.id)
       select id from up""",
    "explain (analyze) select 1 from hold where tenant_id = $1",
    "select 'from event, hold -- (' from hold where tenant_id = $1 /* or true, (from event */ -- or true",
    "select $$from event$$, $a$ union select 1 from event $a$, E'\\' from event' from hold where tenant_id = $1",
    "insert into hold (tenant_id, hold_id) values ($1, $2), ($1, $3) on conflict (tenant_id, hold_id) do update set note = excluded.note",
    "insert into suyuan.hold as h (tenant_id, hold_id) select $1, * from unnest($2::uuid[]) returning hold_id",
    "insert into hold (tenant_id, hold_id) select distinct $1::int, event_id from event where tenant_id = $1",
    """with taken as (insert into tenant_sequence as s (tenant_id, last_seq) values ($1, 1)
         on conflict (tenant_id) do update set last_seq = s.last_seq + 1 returning last_seq)
       insert into event_feed (tenant_id, seq, event_id) select $1::int, t.last_seq, 1 from taken t""",
    "update hold set note = 'x' where tenant_id = $1 and hold_id = $2",
    "update hold h set note = n.note from unnest($2::text[]) as n(note) where h.tenant_id = $1",
    "update hold h set note = e.body from event e where e.tenant_id = $1 and h.tenant_id = $1",
    "delete from hold where tenant_id = $1",
    "delete from hold h using event e where h.tenant_id = $1 and e.tenant_id = $1",
]

UNSCOPED = [
    "select 1 from hold",
    "select 1 from hold h where h.status = 1",
    "select 1 from hold where tenant_id = 5",
    "select 1 from hold where tenant_id = $2",
    "select 1 from hold where tenant_id <> $1",
    "select 1 from hold where tenant_id = $12",
    "select 1 from hold where tenant_id >= $1",
    "select 1 from hold where not tenant_id = $1",
    "select 1 from hold where (tenant_id = $1) is not false or true",
    "select 1 from hold where tenant_id = $1 is not null",
    "select 1 from hold where tenant_id = $1 + 0 * status",
    "select 1 from hold where tenant_id = $1 or true",
    "select 1 from hold where true or tenant_id = $1",
    "select 1 from hold where note = 'tenant_id = $1'",
    "select 1 from hold -- where tenant_id = $1",
    "select 1 from hold /* where tenant_id = $1 */",
    "select tenant_id = $1 from hold",
    "select 1 from hold order by tenant_id = $1",
    "select count(*) from hold group by tenant_id having tenant_id = $1",
    "select 1 from hold/**/h",
    "select 1 from\nsuyuan . hold",
    "select 1 from postgres.suyuan.hold",
    'select 1 from "hold"',
    "select 1 from hold h join event e on e.event_id = 1 where h.tenant_id = $1",
    "select 1 from hold h join event e on e.tenant_id = h.tenant_id where h.tenant_id = $1",
    "select 1 from hold h join event e using (tenant_id) where h.tenant_id = $1",
    "select 1 from hold h natural join event e where h.tenant_id = $1",
    "select 1 from hold h join event e on true where tenant_id = $1",
    "select 1 from hold h join event e on true where h.tenant_id = $1 and h.tenant_id = $1",
    "select 1 from hold h left join event e on h.tenant_id = $1 and e.tenant_id = $1",
    "select 1 from hold h right join event e on h.tenant_id = $1 and e.tenant_id = $1",
    "select 1 from hold h full join event e on h.tenant_id = $1 and e.tenant_id = $1",
    "select 1 from hold h, event e where h.tenant_id = $1",
    "select 1 from unnest($2::int[]) as n(id), hold",
    "select 1 from (select 1) s, hold",
    "select 1 from tenant t, tenant u, hold",
    "select 1 from (hold h join event e on e.tenant_id = $1) where h.tenant_id = $1",
    "select 1 from lateral (select 1 from hold) h",
    "select 1 where exists (select 1 from hold)",
    "select (select count(*) from hold)",
    "select 1 from hold h where h.tenant_id = $1 and h.object_id in (select object_id from event_object where role = 1)",
    "select 1 from hold h where exists (select 1 from event e where h.tenant_id = $1)",
    "select 1 from event where tenant_id = $1 union all select 1 from event",
    "with h as (select * from hold) select 1 from h where tenant_id = $1",
    "with hold as (select 1) select 1 from hold",
    "select 1 from event e where e.tenant_id = $1; select 1 from hold",
    "table hold",
    "select 1 union table hold",
    "insert into hold (hold_id, tenant_id) values ($2, $1)",
    "insert into hold values ($1, $2)",
    "insert into hold default values",
    "insert into hold (tenant_id, hold_id) values ($2, $1)",
    "insert into hold (tenant_id, hold_id) values ($1, $2), (5, $3)",
    "insert into hold (tenant_id, hold_id) values ($1 + 1, $2)",
    "insert into hold (tenant_id, hold_id) select tenant_id, hold_id from hold where tenant_id = $1",
    "insert into hold (tenant_id, hold_id) select $1 + 1, hold_id from hold where tenant_id = $1",
    "insert into hold (tenant_id, hold_id) select $1, event_id from event",
    "insert into hold (tenant_id, hold_id) with x as (select 1) select 5, 1 from x",
    "with gone as (delete from hold returning 1) select count(*) from gone",
    "select 1 into hold from tenant",
    "update hold set tenant_id = $1",
    "update hold set note = 'x' where hold_id = $2",
    "update hold h set note = e.body from event e where h.tenant_id = $1",
    "delete from hold",
    "delete from hold h using event e where h.tenant_id = $1",
    "merge into hold h using event e on h.tenant_id = $1 when matched then delete",
    "truncate hold",
    "lock table hold",
    "copy hold to stdout",
    "copy (select 1 from hold) to stdout",
    "drop table hold",
    "declare c cursor for select 1 from hold where tenant_id = $1",
]


@pytest.mark.parametrize("statement", SCOPED)
def test_statement_that_names_the_tenant_for_each_table_is_taken(statement: str) -> None:
    require_scope(statement)


@pytest.mark.parametrize("statement", UNSCOPED)
def test_statement_that_forgets_the_tenant_somewhere_is_refused(statement: str) -> None:
    with pytest.raises(UnscopedStatementError):
        require_scope(statement)


def test_refusal_names_the_table_and_tells_a_caller_nothing() -> None:
    with pytest.raises(UnscopedStatementError, match=r"`tenant_id = \$1` is missing for event: select 1 from hold h") as refused:
        require_scope("select 1 from hold h join event e on true where h.tenant_id = $1")
    assert (refused.value.code, refused.value.status) == ("INTERNAL", 500)


def test_every_tenant_owned_table_is_watched() -> None:
    assert models.__all__
    owned = tenant_owned_tables()
    assert {table.name for table in metadata.sorted_tables if "tenant_id" in table.c} - owned == {"tenant", "person_tenant", "resolver_claim"}
    for table in owned:
        with pytest.raises(UnscopedStatementError):
            require_scope(f"select count(*) from {table}")


def test_table_that_is_declared_later_is_watched_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    statement = "select 1 from declared_later"
    require_scope(statement)
    grown = MetaData()
    for name in (*metadata.tables, "declared_later"):
        Table(name, grown, Column("note", Text)).info["tenant_owned"] = name == "declared_later"
    monkeypatch.setattr(scope, "metadata", grown)
    with pytest.raises(UnscopedStatementError):
        require_scope(statement)

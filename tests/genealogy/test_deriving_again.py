"""Links of before containers were linked as they were used: `derive-links` brings them to what is derived today."""

from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from backend.commands.derive_links import derive_all
from backend.services import Services
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.factories import DUMPLING, FLOUR, MEAT, capture, declared_wrong, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.firms import Firm
from tests.genealogy.test_containers import BIN, D1, D2, F1, F2, P1, cleaned, filled, put_in, used
from tests.state import state_of

# As it was: a transformation stated its links with the container itself, and derived ones led there for all time.
AS_BEFORE: Final = """
delete from lot_link where tenant_id = $1 and kind in (4, 5, 6, 8);
update lot_link l set parent_id = s.container_id from container_state s
  where l.tenant_id = $1 and s.tenant_id = $1 and s.state_id = l.parent_id and l.kind = 1;
update lot_link l set child_id = s.container_id from container_state s
  where l.tenant_id = $1 and s.tenant_id = $1 and s.state_id = l.child_id and l.kind = 2;
delete from container_state where tenant_id = $1;
delete from containment c using traceable_object o
  where c.tenant_id = $1 and o.tenant_id = $1 and o.object_id = c.content_id and o.kind = 6;
update containment set valid_to = '9999-12-31T00:00:00Z', closed_by = null where tenant_id = $1;
delete from lot_shipment where tenant_id = $1;
insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty)
  select distinct $1::int, c.content_id, c.container_id, c.opened_by, 4, c.valid_from, 1 from containment c
  join lot_link u on u.tenant_id = $1 and u.parent_id = c.container_id and u.kind = 1 where c.tenant_id = $1;
insert into lot_link (tenant_id, parent_id, child_id, event_id, kind, occurred_at, certainty)
  select distinct $1::int, m.child_id, u.child_id, u.event_id, 5, u.occurred_at, 2 from lot_link m
  join lot_link u on u.tenant_id = $1 and u.parent_id = m.parent_id and u.kind = 1 where m.tenant_id = $1 and m.kind = 3
"""


@pytest.fixture
async def superuser(cluster: Cluster, database_urls: DatabaseUrls) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(cluster.admin_dsn, database=database_urls.app.rsplit("/", 1)[1])
    await connection.execute("set search_path = suyuan")
    yield connection
    await connection.close()


def _story() -> list[dict[str, Any]]:
    wrong = used(BIN, [D2], 22)
    return [
        transformed([unit(MEAT, "C1")], [f"{lot(DUMPLING, 'E')}/21/E1"], 1), transformed([lot(DUMPLING, "E")], [D1], 5),
        put_in(BIN, F1, 10), used(BIN, [D1], 20), wrong, cleaned(BIN, 30), put_in(BIN, F2, 40), used(BIN, [D2], 50), declared_wrong(wrong),
        filled([F1], sscc(1), 55), packed(sscc(2), [sscc(1)], minutes=56), used(sscc(2), [P1], 60), shipped([sscc(2)], minutes=70),
        made([], [quantity(F1, 50)], 2), transformed([f"https://id.gs1.org/01/{FLOUR}"], [P1], 65),
    ]  # fmt: skip


async def test_links_of_before_become_what_is_derived_today_and_stay_so(services: Services, new_firm: Any, superuser: asyncpg.Connection) -> None:
    firm: Firm = await new_firm()
    await capture(services, firm.tenant_id, *_story())
    expected = await state_of(services, firm.tenant_id)
    for statement in AS_BEFORE.split(";"):
        await superuser.execute(statement, firm.tenant_id)
    assert await state_of(services, firm.tenant_id) != expected
    assert await derive_all(services) >= 8
    assert await state_of(services, firm.tenant_id) == expected
    links = await superuser.fetch("select * from lot_link where tenant_id = $1 order by 1, 2, 3, 4, 5", firm.tenant_id)
    await derive_all(services)
    assert await superuser.fetch("select * from lot_link where tenant_id = $1 order by 1, 2, 3, 4, 5", firm.tenant_id) == links

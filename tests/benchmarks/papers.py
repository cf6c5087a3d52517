"""What papers of a recall are made of, and the synthetic world has not: events that name their goods, and somebody to write to."""

from collections.abc import Sequence
from typing import Final

import asyncpg

# Of the events that shipped or made what a scope reaches. Behind what is captured: sequence numbers below nought are nobody else's.
_STATEMENTS: Final = (
    """create temporary table told as select distinct s.shipment_id as event_id from suyuan.lot_shipment s
       where s.tenant_id = $1 and s.lot_id = any($2::bigint[])""",
    """insert into told select distinct l.event_id from suyuan.lot_link l where l.tenant_id = $1 and l.child_id = any($2::bigint[])
         and l.event_id not in (select event_id from told)""",
    # What was captured, by a measure before this one, names its goods already.
    """delete from told t using suyuan.event_feed f where f.tenant_id = $1 and f.event_id = t.event_id and cardinality($2::bigint[]) > 0""",
    """insert into suyuan.event_object (tenant_id, object_id, event_id, role, line, event_time, quantity, uom)
       select $1, s.lot_id, s.shipment_id, 1, row_number() over (partition by s.shipment_id) - 1, e.event_time, s.quantity, s.uom
       from told t join suyuan.lot_shipment s on s.tenant_id = $1 and s.shipment_id = t.event_id
       join suyuan.event e on e.tenant_id = $1 and e.event_id = t.event_id where cardinality($2::bigint[]) > 0""",
    """insert into suyuan.event_object (tenant_id, object_id, event_id, role, line, event_time)
       select $1, l.id, l.event_id, l.role, row_number() over (partition by l.event_id) - 1, e.event_time
       from (select distinct l.event_id, case l.kind when 1 then 4 else 5 end as role, case l.kind when 1 then l.parent_id else l.child_id end as id
             from told t join suyuan.lot_link l on l.tenant_id = $1 and l.event_id = t.event_id and l.kind in (1, 2)) l
       join suyuan.event e on e.tenant_id = $1 and e.event_id = l.event_id where cardinality($2::bigint[]) > 0""",
    """insert into suyuan.event_feed (tenant_id, seq, event_id, known_at) select $1, -t.event_id, t.event_id, now() from told t
       where cardinality($2::bigint[]) > 0""",
    """insert into suyuan.recall_contact (tenant_id, contact_id, party, name, email, phone, language, role, created_at, updated_at)
       select distinct on (s.to_party) $1, gen_random_uuid(), s.to_party, 'Quality', 'quality@example.com', '', 'en', 1, now(), now()
       from told t join suyuan.shipment s on s.tenant_id = $1 and s.shipment_id = t.event_id where cardinality($2::bigint[]) > 0""",
)  # fmt: skip


async def tell_what_was_shipped(connection: asyncpg.Connection, tenant_id: int, reached: Sequence[int]) -> None:
    """Write them for one tenant and the objects of a scope."""
    for statement in _STATEMENTS:
        await connection.execute(statement, tenant_id, list(reached))
    for table in ("event_object", "event_feed", "recall_contact"):
        await connection.execute(f"analyze suyuan.{table}")

"""Watches for what was used up long before it was made: one of the two events has a wrong time, or names something else (MODEL: Time)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from backend.alerts import service as alerts
from backend.events.canonical import CanonicalEvent
from backend.events.projection import Batch
from backend.genealogy import rules
from backend.genealogy.repository import TOLERANCE
from backend.genealogy.rules import LinkKind
from backend.identifiers import Identifier, ObjectKind
from backend.objects import service as objects
from infra.clock import isoformat
from infra.database import Record, TenantTransaction

# Of one batch; the trace shows each of them.
MOST: Final = 100
# What the batch makes, with the uses before, where it is the first making; what the batch uses, with its first making.
_CONTRADICTING: Final = f"""
select pair.*, m.public_id as making, u.public_id as use from (
  select asked.object_id, made.event_id as made_by, made.occurred_at as made_at, used.event_id as used_by, used.occurred_at as used_at
  from unnest($2::bigint[]) as asked(object_id)
  cross join lateral (
    select l.event_id, l.occurred_at from lot_link l
    where l.tenant_id = $1 and l.child_id = asked.object_id and l.kind = 2 and l.superseded_by is null
    order by l.occurred_at, l.event_id limit 1) made
  cross join lateral (
    select l.event_id, l.occurred_at from lot_link l
    where l.tenant_id = $1 and l.parent_id = asked.object_id and l.kind = 1 and l.superseded_by is null
      and l.occurred_at < made.occurred_at - {TOLERANCE}) used
  where made.event_id = any($3::bigint[])
  union
  select asked.object_id, made.event_id, made.occurred_at, asked.event_id, asked.used_at
  from unnest($4::bigint[], $5::bigint[], $6::timestamptz[]) as asked(object_id, event_id, used_at)
  cross join lateral (
    select l.event_id, l.occurred_at from lot_link l
    where l.tenant_id = $1 and l.child_id = asked.object_id and l.kind = 2 and l.superseded_by is null
    order by l.occurred_at, l.event_id limit 1) made
  where asked.used_at < made.occurred_at - {TOLERANCE}
  order by 5, 1, 4 limit {MOST}) pair
join event m on m.tenant_id = $1 and m.event_id = pair.made_by
join event u on u.tenant_id = $1 and u.event_id = pair.used_by
order by pair.used_at, pair.object_id, pair.used_by
"""


class ContradictionWatch:
    """Raises an alert once for each two events of which one uses up what the other makes more than a day later."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Nothing."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Look at what the batch makes and what it uses up: either may be told late."""
        made, used = _made(batch), _used(batch)
        if not made and not used:
            return
        rows = await _contradicting(tx, made, [item.event_id for item in batch.applied], used)
        named = await objects.load(tx, {row["object_id"] for row in rows}) if rows else {}
        for row in rows:
            thing = named[row["object_id"]]
            await alerts.raise_alert(
                tx, kind="times_contradict", severity=alerts.Severity.NOTICE, subject=thing.uri,
                dedupe_key=f"times_contradict:{row['making']}:{row['use']}",
                detail={"object": thing.code, "usedAt": isoformat(row["used_at"]), "madeAt": isoformat(row["made_at"])},
            )  # fmt: skip


async def _contradicting(
    tx: TenantTransaction, made: Collection[int], events: Sequence[int], used: Sequence[tuple[int, int, datetime]]
) -> list[Record]:
    things, uses, times = ([row[place] for row in used] for place in range(3))
    return await tx.fetch(_CONTRADICTING, sorted(made), list(events), things, uses, times)


def _made(batch: Batch) -> set[int]:
    return {
        batch.object_id(link.child)
        for item in batch.applied
        for link in rules.stated_links(item.event)
        if link.kind is LinkKind.OUTPUT and link.child.kind is not ObjectKind.CONTAINER_STATE
    }


def _used(batch: Batch) -> list[tuple[int, int, datetime]]:
    """(object, event, when) for what is used up by itself; a container stands in its state, which nothing makes."""
    return [
        (batch.object_id(link.parent), item.event_id, item.event.event_time)
        for item in batch.applied
        for link in rules.stated_links(item.event)
        if link.kind is LinkKind.INPUT and link.parent.kind is not ObjectKind.CONTAINER_STATE
    ]

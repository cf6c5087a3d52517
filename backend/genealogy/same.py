"""Containers declared to be the same: a stay of each in the other for all time, so that what lies in one lies in both (MODEL: Aliases).

Such a stay is opened by the alias's number, negative. It has no quantity and no end but the alias's; what is told of a container's own life
doesn't touch it. It rests on the alias's links alone, and whatever follows containment goes through it; a listing leaves it out.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Final

from backend.events.moments import MOMENT
from backend.genealogy.past import take_stays
from backend.genealogy.rules import INFINITY
from infra.database import TenantTransaction

# The kind of such a stay, beside those in `containment`.
SAME: Final = 4
# Before anything that is told; a day before it can still be reckoned.
LONG_AGO: Final = datetime(1000, 1, 1, tzinfo=UTC)


async def put_each_in_the_other(tx: TenantTransaction, containers: Collection[int]) -> set[int]:
    """Stays for the aliases in force of these containers; other objects are left alone. Returns the containers that hadn't theirs."""
    rows = await tx.fetch(
        f"""insert into containment (tenant_id, content_id, container_id, kind, opened_by, valid_from, valid_to, known_from)
            select $1, l.parent_id, l.child_id, {SAME}, l.event_id, $3, $4, (select {MOMENT}) from lot_link l
            join traceable_object o on o.tenant_id = $1 and o.object_id = l.child_id and o.kind in (3, 4, 5)
            where l.tenant_id = $1 and l.child_id = any($2::bigint[]) and l.kind = 7 and l.superseded_by is null
            on conflict do nothing returning container_id""",
        list(containers),
        LONG_AGO,
        INFINITY,
    )
    return {row["container_id"] for row in rows}


async def part(tx: TenantTransaction, numbers: Collection[int]) -> set[int]:
    """Take out the stays of revoked aliases, by their negative numbers, and keep them as past. Returns the containers."""
    rows = await tx.fetch(
        """select l.parent_id, l.child_id, l.event_id from lot_link l
           join traceable_object o on o.tenant_id = $1 and o.object_id = l.child_id and o.kind in (3, 4, 5)
           where l.tenant_id = $1 and l.event_id = any($2::bigint[]) and l.kind = 7""",
        list(numbers),
    )
    if rows:
        await take_stays(tx, [(row["parent_id"], row["child_id"], SAME, row["event_id"], LONG_AGO) for row in rows])
    return {row["child_id"] for row in rows}

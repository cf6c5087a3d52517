"""Derived links, brought to what they should be row by row: what stays as it is isn't written again."""

from collections.abc import Iterable

from backend.genealogy.repository import LinkRow, insert_links
from infra.database import Record, TenantTransaction

_LinkKey = tuple[int, int, int, int]


async def settle_links(tx: TenantTransaction, present: Iterable[Record], wanted: Iterable[LinkRow]) -> set[int]:
    """Make derived links what is wanted; `present` are the live rows of the same scope, as they stand. Returns the nodes whose links changed.

    A row whose key stays and whose content changes is taken away and put anew.
    """
    before = {_key(row): row for row in (_as_row(record) for record in present)}
    after = {_key(row): row for row in wanted}
    gone = [key for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    if gone:
        await _take_away(tx, gone)
    if new:
        await insert_links(tx, new)
    return {node for key in gone for node in key[:2]} | {node for row in new for node in row[:2]}


def _as_row(record: Record) -> LinkRow:
    return (
        record["parent_id"], record["child_id"], record["event_id"], record["kind"], record["occurred_at"], record["quantity"],
        record["uom"], record["certainty"],
    )  # fmt: skip


def _key(row: LinkRow) -> _LinkKey:
    return row[0], row[1], row[2], row[3]


async def _take_away(tx: TenantTransaction, keys: Iterable[_LinkKey]) -> None:
    parents, children, events, kinds = (list(column) for column in zip(*keys, strict=True))
    await tx.execute(
        """delete from lot_link l using unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::smallint[]) as gone(parent_id, child_id, event_id, kind)
           where l.tenant_id = $1 and l.parent_id = gone.parent_id and l.child_id = gone.child_id and l.event_id = gone.event_id
             and l.kind = gone.kind and l.superseded_by is null""",
        parents,
        children,
        events,
        kinds,
    )

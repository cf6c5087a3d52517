"""Derived links, brought to what they should be row by row: what stays as it is isn't written again."""

from collections.abc import Iterable

from backend.genealogy.past import LinkKey, take_links
from backend.genealogy.repository import LinkRow, insert_links
from infra.database import Record, TenantTransaction


async def settle_links(tx: TenantTransaction, present: Iterable[Record], wanted: Iterable[LinkRow]) -> set[int]:
    """Make derived links what is wanted; `present` are the live rows of the same scope, as they stand. Returns the nodes whose links changed.

    What goes is kept with the moments between which it was known; a row whose key stays and whose content changes goes and is put anew.
    """
    before = {_key(row): row for row in (_as_row(record) for record in present)}
    after = {_key(row): row for row in wanted}
    gone = [key for key, row in before.items() if after.get(key) != row]
    new = [row for key, row in after.items() if before.get(key) != row]
    if gone:
        await take_links(tx, gone)
    if new:
        await insert_links(tx, new)
    return {node for key in gone for node in key[:2]} | {node for row in new for node in row[:2]}


def _as_row(record: Record) -> LinkRow:
    return (
        record["parent_id"], record["child_id"], record["event_id"], record["kind"], record["occurred_at"], record["quantity"],
        record["uom"], record["certainty"],
    )  # fmt: skip


def _key(row: LinkRow) -> LinkKey:
    return row[0], row[1], row[2], row[3]

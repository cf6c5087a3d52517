"""Read alerts: pages of them, and one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.alerts import query_repository
from backend.alerts.service import Severity
from backend.catalog.sites import Sites
from backend.objects import service as objects
from infra.database import Record, TenantTransaction


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a person has to act on; `detail_json` depends on the kind."""

    alert_id: UUID
    kind: str
    severity: Severity
    subject: str
    detail_json: str
    raised_at: datetime
    notified_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def from_row(cls, row: Record) -> "Alert":
        """From a row of the table."""
        return cls(
            row["alert_id"], row["kind"], Severity(row["severity"]), row["subject"], row["detail"], row["raised_at"], row["notified_at"],
            row["closed_at"],
        )  # fmt: skip


async def page_of_alerts(
    tx: TenantTransaction, *, open_only: bool, cursor: UUID | None, backward: bool, limit: int, sites: Sites | None = None
) -> list[Alert]:
    """Alerts about what `sites` meet, newest first, from behind the cursor (an alert's id), in the order of going."""

    async def read(behind: UUID | None, most: int) -> list[Record]:
        return await query_repository.page_with_objects(tx, open_only=open_only, cursor=behind, backward=backward, limit=most)

    if sites is None:
        rows = await query_repository.page(tx, open_only=open_only, cursor=cursor, backward=backward, limit=limit)
    else:
        rows = await objects.first_met(tx, read, cursor=cursor, limit=limit, sites=sites)
    return [Alert.from_row(row) for row in rows]


async def alert_by_id(tx: TenantTransaction, alert_id: UUID, sites: Sites | None = None) -> Alert | None:
    """One alert about what `sites` meet, or None. With `sites` an alert about anything but an object isn't told."""
    row = await query_repository.by_id(tx, alert_id)
    if row is None or (sites is not None and (row["object_id"] is None or not await objects.met_at(tx, {row["object_id"]}, sites))):
        return None
    return Alert.from_row(row)

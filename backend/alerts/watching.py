"""What happens to alerts, for somebody who listens: told once each, and bounded."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from backend.alerts import query_repository
from backend.alerts.query_service import Alert, AlertCounts, alerts_by_id, counts
from backend.alerts.rules import Act
from backend.catalog.sites import Sites
from infra import clock
from infra.database import Record, TenantTransaction
from infra.ids import least_uuid7

# An entry may be written this long before its transaction commits: so far back is looked, at what wasn't seen.
WINDOW: Final = timedelta(minutes=2)
AT_ONCE: Final = 500
MOST_TOLD: Final = 50
# Of a storm that is under way, so much is passed over in beginning; the rest is told with the first changes.
ROUNDS: Final = 20


@dataclass(frozen=True, slots=True)
class Change:
    """The last thing that happened to an alert."""

    act: Act
    at: datetime
    actor: str
    alert: Alert


@dataclass(frozen=True, slots=True)
class Changes:
    """What has happened since the last look; `more` where so much has that the list is better read anew."""

    changes: tuple[Change, ...]
    more: bool
    counts: AlertCounts


@dataclass(slots=True)
class Watch:
    """One listener's state: what he has seen of the last two minutes."""

    seen: dict[UUID, datetime] = field(default_factory=dict)

    async def begin(self, tx: TenantTransaction) -> None:
        """Listen from now on."""
        for _ in range(ROUNDS):
            if len(await self._unseen(tx)) < AT_ONCE:
                return

    async def listen(self, tx: TenantTransaction, member: UUID | None, sites: Sites | None) -> Changes | None:
        """What has happened since, about what `sites` meet; None for nothing."""
        rows = await self._unseen(tx)
        last = {row["alert_id"]: row for row in rows}
        found = {alert_id: alert for alert_id, alert in (await alerts_by_id(tx, last, sites)).items() if not alert.folded}
        if not found:
            return None
        newest = sorted(found, key=lambda alert_id: (last[alert_id]["at"], alert_id))[-MOST_TOLD:]
        told = tuple(Change(Act(last[each]["action"]), last[each]["at"], last[each]["actor"], found[each]) for each in newest)
        return Changes(told, len(found) > len(told) or len(rows) == AT_ONCE, await counts(tx, member, sites))

    async def _unseen(self, tx: TenantTransaction) -> list[Record]:
        since = clock.now() - WINDOW
        self.seen = {entry_id: at for entry_id, at in self.seen.items() if at >= since}
        rows = await query_repository.history_since(tx, least_uuid7(since), self.seen, AT_ONCE)
        self.seen |= {row["entry_id"]: _time_of(row["entry_id"]) for row in rows}
        return rows


def _time_of(entry_id: UUID) -> datetime:
    return datetime.fromtimestamp((entry_id.int >> 80) / 1000, tz=clock.now().tzinfo)

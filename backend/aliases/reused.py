"""Watches for lot numbers that come back: one that was used up long ago and is made again is probably another lot (MODEL: Aliases)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from backend.alerts import service as alerts
from backend.aliases import repository
from backend.events.canonical import Action, CanonicalEvent, EventType, Role
from backend.events.projection import Batch
from backend.identifiers import Identifier, ObjectKind
from backend.objects import service as objects
from infra.clock import isoformat
from infra.database import TenantTransaction

# Rework comes back to a lot within days; what is made again so long after its last use is another lot under the same number.
LONG_AFTER: Final = timedelta(days=90)


class ReusedLotWatch:
    """Raises an alert once for each lot; both are told as one lot until somebody relabels, because splitting by period isn't built."""

    def identifiers(self, event: CanonicalEvent) -> Iterable[Identifier]:
        """Nothing."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Look at the lots that the batch makes, and at those that it uses up: what is told late may be either."""
        made, used = _lots(batch, made=True), _lots(batch, made=False)
        found = {row["lot_id"]: row for row in await repository.reused(tx, made, used, LONG_AFTER)} if made or used else {}
        named = await objects.load(tx, found) if found else {}
        for lot_id, row in found.items():
            lot = named[lot_id]
            await alerts.raise_alert(
                tx, kind="lot_number_reused", severity=alerts.Severity.WARNING, subject=lot.uri, dedupe_key=f"lot_number_reused:{lot.key}",
                detail={"lot": lot.code, "lastUsedAt": isoformat(row["used_at"]), "madeAgainAt": isoformat(row["made_at"])},
            )  # fmt: skip


def _lots(batch: Batch, *, made: bool) -> list[tuple[int, datetime]]:
    """(lot, when) of what the batch's events make, or use up."""
    found: dict[int, datetime] = {}
    for item in batch.applied:
        for participation in item.event.participations:
            if participation.identifier.kind is ObjectKind.LOT and _makes(item.event, participation.role, made=made):
                lot_id = batch.object_id(participation.identifier)
                pick = max if made else min
                found[lot_id] = pick(item.event.event_time, found.get(lot_id, item.event.event_time))
    return sorted(found.items())


def _makes(event: CanonicalEvent, role: Role, *, made: bool) -> bool:
    if event.type is EventType.TRANSFORMATION:
        return role is (Role.OUTPUT if made else Role.INPUT)
    return made and event.type is EventType.OBJECT and event.action is Action.ADD and role is Role.SUBJECT

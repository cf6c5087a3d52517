"""What held in the catalogue when: every state of an entry is kept with the moment from which on it held, and found by a moment."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from backend.catalog import repository, version_repository
from backend.catalog.entries import E, Entry, Kind, Location, Partner, Product, as_text, from_text
from backend.catalog.languages import Names
from backend.catalog.sites import Sites
from infra import clock
from infra.database import TenantTransaction
from infra.errors import InvalidInputError
from infra.outbox import enqueue

# An outbox topic, with `kind` and `keys`: whoever finds entries by their names looks at them again.
ENTRIES_CHANGED: Final = "catalog.entries_changed"
_UPSERT: Final = {Kind.PRODUCT: repository.upsert_products, Kind.LOCATION: repository.upsert_locations, Kind.PARTNER: repository.upsert_partners}
# Two machines' clocks differ by this much.
_AHEAD: Final = timedelta(seconds=30)


def moment_of(valid_from: datetime | None) -> datetime:
    """From when on something holds that is put now; raises `InvalidInputError` for a moment that is still to come, or without a zone."""
    now = clock.now()
    if valid_from is None:
        return now
    if valid_from.tzinfo is None or valid_from.year < 1900:
        raise InvalidInputError("“validFrom” is a moment with its zone, after 1900, like 2026-03-02T08:00:00+08:00.", field="validFrom")
    if valid_from > now + _AHEAD:
        raise InvalidInputError("“validFrom” is still to come: put then what holds from then on.", field="validFrom")
    return min(valid_from, now)


async def write(tx: TenantTransaction, entries: Sequence[Entry], *, valid_from: datetime, recorded_by: str) -> list[str]:
    """Let these hold from a moment on; all are of one kind, and no two of one key. Gives the keys of which that is new.

    Today's row changes only where nothing that is known holds from later on: two who write at once leave what began last.
    """
    if not entries:
        return []
    kind = entries[0].sort
    await enqueue(tx, ENTRIES_CHANGED, [{"kind": int(kind), "keys": [entry.key for entry in entries]}])
    await _UPSERT[kind](tx, [(*repository.row_of(entry), valid_from) for entry in entries])
    return await version_repository.add(
        tx, int(kind), keys=[entry.key for entry in entries], entries=[as_text(entry) for entry in entries],
        told=[entry.told for entry in entries], valid_from=valid_from, recorded_by=recorded_by,
    )  # fmt: skip


Asked = tuple[str, datetime]


async def _at(tx: TenantTransaction, kind: type[E], asked: Collection[Asked]) -> dict[Asked, E]:
    ordered = list(asked)
    rows = await version_repository.at(tx, int(kind.sort), [key for key, _ in ordered], [moment for _, moment in ordered]) if ordered else []
    return {(found := ordered[row["place"] - 1]): from_text(kind, found[0], row["entry"]) for row in rows}


async def products_at(tx: TenantTransaction, asked: Collection[Asked]) -> dict[Asked, Product]:
    """Products by (GTIN, moment), as they were then; before anything is known of one, as it was first."""
    return await _at(tx, Product, asked)


async def locations_at(tx: TenantTransaction, asked: Collection[Asked], sites: Sites | None = None) -> dict[Asked, Location]:
    """Locations by (place, moment). Who may see one is decided by whose it is today."""
    found = await _at(tx, Location, asked)
    if sites is None or not found:
        return found
    today = {row["place"]: row["own"] or row["undetermined"] for row in await repository.locations(tx, {place for place, _ in found})}
    return {key: location for key, location in found.items() if sites.show(key[0], own=today.get(key[0], True))}


async def partners_at(tx: TenantTransaction, asked: Collection[Asked]) -> dict[Asked, Partner]:
    """Partners by (party, moment)."""
    return await _at(tx, Partner, asked)


@dataclass(frozen=True, slots=True)
class NamesThen:
    """The names that keys had through time."""

    states: Mapping[str, tuple[list[datetime], list[Names]]]

    def of(self, key: str, moment: datetime, today: Names) -> Names:
        """The names that held then; before the first that is known, those; `today` of a key of which nothing is known."""
        if key not in self.states:
            return today
        moments, names = self.states[key]
        return names[max(0, bisect_right(moments, moment) - 1)]


NEVER_RENAMED: Final = NamesThen({})


async def names_then(tx: TenantTransaction, kind: type[E], keys: Collection[str]) -> NamesThen:
    """What these were called through time, for whoever asks about many moments."""
    rows = await version_repository.of_keys(tx, int(kind.sort), keys) if keys else []
    states: dict[str, tuple[list[datetime], list[Names]]] = defaultdict(lambda: ([], []))
    own: set[str] = set()
    for row in rows:
        if row["told"] and row["key"] in own:
            continue
        if not row["told"]:
            own.add(row["key"])
        moments, names = states[row["key"]]
        told = from_text(kind, row["key"], row["entry"]).names
        if moments and moments[-1] == row["valid_from"]:
            names[-1] = told
        else:
            moments.append(row["valid_from"])
            names.append(told)
    return NamesThen(states)


@dataclass(frozen=True, slots=True)
class Version:
    """One state of an entry. It held until `valid_to`; where that is `valid_from` itself, it was put right before it ever held."""

    version_id: int
    valid_from: datetime
    valid_to: datetime | None
    recorded_at: datetime
    recorded_by: str
    told: bool
    entry: Entry


async def pages_of_versions(
    tx: TenantTransaction, kind: type[E], keys: Collection[str], *, cursor: tuple[datetime, int] | None, backward: bool, limit: int
) -> dict[str, list[Version]]:
    """The states of each of these from behind the cursor, the last first, in the order of going."""
    found: dict[str, list[Version]] = defaultdict(list)
    for row in await version_repository.pages(tx, int(kind.sort), keys, cursor=cursor, backward=backward, limit=limit):
        held = from_text(kind, row["key"], row["entry"])
        version = Version(row["version_id"], row["valid_from"], row["valid_to"], row["recorded_at"], row["recorded_by"], row["told"], held)
        found[row["key"]].append(version)
    return found

"""Keeps the fields of events, and the words and places in use, in the transaction that captures them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from backend.events.canonical import CanonicalEvent
from backend.events.fields import repository
from backend.events.fields.extraction import fields_of
from backend.events.fields.names import Dimension
from backend.events.projection import Batch, StoredEvent
from backend.identifiers import Identifier
from infra.database import TenantTransaction


class FieldProjection:
    """Of all events, also of those out of force: a query finds what was told. One statement a batch; nothing is ever taken out."""

    def identifiers(self, _event: CanonicalEvent) -> Iterable[Identifier]:
        """None but those that take part."""
        return ()

    async def project(self, tx: TenantTransaction, batch: Batch) -> None:
        """Take in what the batch's new events say."""
        await keep(tx, batch.recorded)


async def keep(tx: TenantTransaction, events: Sequence[StoredEvent], *, again: bool = False) -> None:
    """Store the fields of these events, which must be new unless it is done `again`, and what they use of the vocabulary."""
    fields = [row for stored in events for row in _rows(stored)]
    words = sorted({word for stored in events for word in _words(stored.event)})
    if fields or words:
        await repository.insert_fields(tx, fields, words, again=again)


def _rows(stored: StoredEvent) -> Iterator[tuple[Any, ...]]:
    lines: dict[int, int] = {}
    for code, text, number, moment, unit in fields_of(stored.event):
        line = lines[code] = lines.get(code, -1) + 1
        yield (code, stored.event_id, line, text, number, moment, unit)


def _words(event: CanonicalEvent) -> Iterator[tuple[int, str, str]]:
    places = {place for place in (event.read_point, event.biz_location) if place is not None} or {""}
    used = {
        Dimension.BIZ_STEP: event.biz_step,
        Dimension.DISPOSITION: event.disposition,
        Dimension.BIZ_LOCATION: event.biz_location,
        Dimension.READ_POINT: event.read_point,
    }
    for dimension, value in used.items():
        if value is not None:
            yield from ((int(dimension), value, place) for place in places)

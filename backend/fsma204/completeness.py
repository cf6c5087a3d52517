"""Which key data elements a record lacks, by the rule's table. Rules only."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from backend.fsma204.elements import OF_CTE, Condition, Kde, Part, Shape, Side
from backend.fsma204.values import EMPTY, Record


class Purpose(StrEnum):
    """What is checked: our own record, or what has to be given to whoever is next. The shipper's reference document stays his own."""

    RECORD = "record"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class Missing:
    """An element that isn't complete: `lacking` are the names of the parts (`slot.part`) that nobody told.

    `to_decide`: nobody said whether it applies (is the food produce, is it from aquaculture), so that it isn't known to be lacking.
    """

    kde: Kde
    lacking: tuple[str, ...]
    subject: str = ""
    to_decide: bool = False


def missing(record: Record, purpose: Purpose = Purpose.RECORD) -> list[Missing]:
    """What the record lacks; empty for a complete one."""
    found = []
    for kde in OF_CTE[record.cte]:
        if kde.side is not record.side or (purpose is Purpose.HANDOVER and not kde.passed_on):
            continue
        lacking = tuple(_lacking(record, kde))
        if not lacking:
            continue
        applies = _applies(record, kde)
        if applies is not False:
            found.append(Missing(kde, lacking, _subject(record, kde), to_decide=applies is None))
    return found


def _applies(record: Record, kde: Kde) -> bool | None:
    if kde.condition is Condition.PRODUCE:
        return record.produce
    if kde.condition is Condition.AQUACULTURE:
        # Few foods are from aquaculture, and of those that aren't nobody says so: silence means no.
        return bool(record.aquaculture)
    if kde.condition is Condition.IF_TOLD and kde.side is not Side.USED:
        return any(slot in record.facts for slot in _TOGETHER.get(kde.cite, tuple(part.slot for part in kde.parts)))
    return True


# Where a cooling is told by its place or by its day alone, the other is asked for.
_TOGETHER: Final = {"1.1330(a)(9)": ("cooled_at", "cooled"), "1.1330(a)(10)": ("cooled_at", "cooled")}


def _lacking(record: Record, kde: Kde) -> Iterator[str]:
    if kde.cite == "1.1330(b)(1)":
        # Asked for where either is available: one of them will do.
        yield from () if not all(list(_of_part(record, part)) for part in kde.parts) else ("seed_grower.name", "seed_harvested.date")
        return
    for part in kde.parts:
        if part.optional:
            continue
        yield from _of_part(record, part)


def _of_part(record: Record, part: Part) -> Iterator[str]:
    if part.instead and part.instead in record.facts and not _lacks(record, part.instead, _INSTEAD.get(part.instead, Shape.TEXT)):
        return
    yield from (f"{part.slot}.{name}" for name in _lacks(record, part.slot, part.shape))


_INSTEAD: Final = {"product": Shape.PRODUCT, "tlc_reference": Shape.TEXT}


def _lacks(record: Record, slot: str, shape: Shape) -> tuple[str, ...]:
    return record.facts.get(slot, EMPTY[shape]).lacks(shape)


def _subject(record: Record, kde: Kde) -> str:
    """What is to be mended: the place's or product's identifier, where the record knows it."""
    for part in kde.parts:
        value = record.facts.get(part.slot)
        subject = getattr(value, "uri", "") or getattr(value, "gtin", "")
        if subject:
            return str(subject)
    return ""

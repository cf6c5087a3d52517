"""What stands on each page of a printed document: number, hash of its content, generator, time and zone; and DRILL across those of a drill."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from backend.documents.work import Work
from infra.printing.shell import PrintedDocument


def stamped(work: Work, document: PrintedDocument, *, digest: str, generator: str, drill: bool = False) -> PrintedDocument:
    """The document with its footer and, where it belongs to a drill, its watermark."""
    made = f"{moment(work, work.made_at)} ({work.time_zone})"
    label = work.pick("内容 SHA-256", "Content SHA-256")
    drilled = work.pick("演练", "DRILL")
    left = " · ".join(part for part in (drilled if drill else "", document.header_left or work.company) if part)
    return replace(
        document, header_left=left[:70], footer=f"{work.number} · {made} · {generator}", second_footer=f"{label} {digest}",
        watermark="演练 DRILL" if drill else document.watermark,
    )  # fmt: skip


def zone_of(name: str) -> ZoneInfo:
    """A zone by its name; UTC for one that isn't known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(work: Work, at: datetime | None) -> str:
    """To the minute, in the document's zone; a dash for no moment."""
    return f"{at.astimezone(zone_of(work.time_zone)):%Y-%m-%d %H:%M}" if at else "–"


def instant(at: datetime) -> str:
    """To the second, in UTC, for what must not be ambiguous."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"

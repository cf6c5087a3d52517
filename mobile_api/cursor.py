"""The cursor of the pull: opaque to phones, readable here, worth nothing to anybody else (each tenant's numbers are its own)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

from infra.database import Record
from infra.errors import InvalidInputError

LONGEST: Final = 4_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST: Final = 2**63 - 1
_MICROSECOND: Final = timedelta(microseconds=1)
# Up to the year 9999.
_LATEST: Final = 253_402_300_799_000_000


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """How far one part of master data was sent: all rows up to (`moment`, `key`); beyond it, those whose digest is `tail`.

    Rows carry the time at which their transaction began, so a slow one's appear behind others'. The mark therefore stays
    behind everything that could still change, and what lies beyond it is compared instead of sent again.
    """

    moment: Annotated[int, msgspec.Meta(ge=0, le=_LATEST)] = 0
    key: Annotated[str, msgspec.Meta(max_length=1024, pattern=r"^[^\x00]*$")] = ""
    tail: str = ""

    @property
    def after(self) -> tuple[datetime, str]:
        """As the statements take it."""
        return _EPOCH + timedelta(microseconds=self.moment), self.key

    def news(self, rows: Sequence[Record], *, limit: int, settled: datetime) -> tuple[Sequence[Record], "Mark", bool]:
        """Of up to `limit` + 1 rows beyond the mark: those to send, the next mark, and whether more are waiting."""
        page = rows[:limit]
        if len(rows) > limit:
            return page, Mark(_microseconds(page[-1]["updated_at"]), page[-1]["key"]), True
        fresh = () if page and _digest(page) == self.tail else page
        through = [row for row in page if row["updated_at"] < settled]
        moment, key = (_microseconds(through[-1]["updated_at"]), through[-1]["key"]) if through else (self.moment, self.key)
        tail = page[len(through) :]
        return fresh, Mark(moment, key, _digest(tail) if tail else ""), False


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """What a phone has: events up to `seq`, master data up to its marks, the holds of a version, as seen from the sites of a version."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]
    products: Mark = Mark()
    locations: Mark = Mark()
    partners: Mark = Mark()
    holds: str = ""
    sites: str = ""

    def encode(self) -> str:
        """As phones carry it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """What `encode` wrote, or a plain sequence number: everything but the events up to it. Raises `InvalidInputError`."""
        try:
            if text.isascii() and text.isdigit() and len(text) < 20:
                return msgspec.convert([int(text)], type=cls)
            if len(text) > LONGEST:
                raise InvalidInputError(_PROBLEM, field="since")
            return msgspec.json.decode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True), type=cls)
        except (msgspec.MsgspecError, binascii.Error, ValueError) as problem:
            raise InvalidInputError(_PROBLEM, field="since") from problem


_PROBLEM: Final = "“since” is neither a sequence number nor the “next” of an earlier answer. Leave it out to begin anew."


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _digest(rows: Sequence[Record]) -> str:
    told = "\n".join(f"{row['key']} {_microseconds(row['updated_at'])}" for row in rows)
    return hashlib.sha256(told.encode()).hexdigest()[:24]

"""Moments: from when on a tenant's derived rows are known, and until when they were (docs/adr/0022).

A transaction has one, taken under the derivation lock: within a tenant they only go forward, in the order of the commits, and what was
known at a moment holds of a transaction all or nothing. Rows are given it by their default, so that no statement can forget it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, text

from infra.database import DERIVATION_CLASS, TenantTransaction

# This transaction's moment in a statement. Outside of one that has begun deriving, as while bulk loading, it is the transaction's start.
MOMENT = "coalesce(nullif(current_setting('app.moment', true), '')::timestamptz, now())"
# The lock and the moment in one round trip. The clock is read behind the lock, and a row that came while it was waited for is found all
# the same; what the transaction reads is read by its later statements.
_BEGIN = """
insert into tenant_sequence as s (tenant_id, last_seq, last_moment)
select $1::int, 0, clock_timestamp() from (select pg_advisory_xact_lock($2::int, $1::int)) waited
on conflict (tenant_id) do update set last_moment = greatest(clock_timestamp(), s.last_moment + interval '1 microsecond')
where nullif(current_setting('app.moment', true), '') is null
returning set_config('app.moment', s.last_moment::text, true)
"""


def known_from() -> Column[datetime]:
    """The column that says from when on a row is known."""
    return Column("known_from", DateTime(timezone=True), nullable=False, server_default=text(MOMENT))


def known_columns() -> tuple[Any, ...]:
    """The columns of what events state: known from when on, and from when on out of force, by which declaration."""
    return (
        Column("superseded_by", BigInteger),
        known_from(),
        Column("superseded_at", DateTime(timezone=True)),
        CheckConstraint("(superseded_by is null) = (superseded_at is null)", name="superseded"),
    )


def past_columns() -> tuple[Column[datetime], ...]:
    """The columns of what isn't so any more: known from (inclusive) to (exclusive)."""
    return (
        Column("known_from", DateTime(timezone=True), nullable=False),
        Column("known_to", DateTime(timezone=True), nullable=False, server_default=text(MOMENT)),
    )


async def begin(tx: TenantTransaction) -> None:
    """Wait until no other transaction of the tenant derives, and take the moment of this one; once taken, it stays the same."""
    await tx.execute(_BEGIN, DERIVATION_CLASS)


async def last(tx: TenantTransaction) -> datetime | None:
    """The latest moment that this tenant has: what is read now is read again, whatever comes, by what was known at it."""
    moment: datetime | None = await tx.fetchval("select last_moment from tenant_sequence where tenant_id = $1")
    return moment

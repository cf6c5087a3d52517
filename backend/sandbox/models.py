"""How far the filling of a sandbox has come."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, Text, func

from infra.roles import APPLICATION
from infra.schema import tenant_table

# One row in a sandbox that is or was filled; none in live data.
sandbox_fill = tenant_table(
    "sandbox_fill",
    Column("industry", Text, nullable=False),
    # The same seed and beginning give the same events in every part.
    Column("seed", BigInteger, nullable=False),
    Column("begins_at", DateTime(timezone=True), nullable=False),
    Column("total_events", Integer, nullable=False),
    Column("filled_events", Integer, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("finished_at", DateTime(timezone=True)),
    # Set when the sandbox is thrown away meanwhile: nothing more is filled in.
    Column("cancelled_at", DateTime(timezone=True)),
    key=(),
    grants={APPLICATION: ("SELECT", "INSERT", "UPDATE")},
)

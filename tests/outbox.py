"""Does what waits in the outbox, here and now: what the running test has left there, and nothing that tests before it have left."""

import time
from collections.abc import Collection, Mapping
from typing import Final

from backend.documents.service import MAKE
from backend.services import Services
from backend.worker import handlers
from infra.queue import SHORT, Handler, perform

# Printing takes seconds: only tests that look at documents have them made.
DOCUMENTS: Final = (MAKE,)
# By the server's clock, as rows are. Rows of a fixture that a whole module has are done by the test that was the first to ask for it.
_OPEN = """
select tenant_id, outbox_id from outbox
where done_at is null and due_at <= now() and created_at >= now() - $1::float8 * interval '1 second' and topic = any($2::text[])
order by outbox_id
"""


class _Running:
    """The test that is running."""

    begun_at = time.monotonic()


def begin(at: float | None = None) -> None:
    """A test begins, or began then by the machine's monotonic clock, in another process than this."""
    _Running.begun_at = time.monotonic() if at is None else at


def begun_at() -> float:
    """When it began."""
    return _Running.begun_at


async def do_outbox(
    services: Services, done_by: Mapping[str, Handler] | None = None, *, left: Collection[str] = DOCUMENTS, seconds: float = SHORT.job_seconds
) -> int:
    """Perform every row of the running test that is due, and what comes of it; returns how many.

    Rows of topics that nobody in `done_by` does, or that are `left`, stay open.
    """
    done_by, done = done_by or handlers(services), 0
    topics = sorted(done_by.keys() - set(left))
    while True:
        async with services.relay_database.connection() as connection:
            rows = await connection.fetch(_OPEN, time.monotonic() - begun_at(), topics)
        if not rows:
            return done
        for row in rows:
            await perform(services.database, done_by, row["tenant_id"], row["outbox_id"], seconds=seconds)
        done += len(rows)

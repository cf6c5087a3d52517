"""A worker process for tests, to be killed at any moment: `python -m tests.infra.queue_worker <redis> <database> <job timeout>`.

Its handlers write one row to the audit trail for each time that an effect is done, so that a doubled one is seen.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from infra.database import Database, TenantTransaction
from infra.logging import configure_logging
from infra.outbox import first_time
from infra.queue import SHORT, Handler, Line, run_worker

_DONE = """insert into audit_entry (tenant_id, actor_kind, actor, action, subject, request_id, address)
           values ($1, 'service', 'worker', 'effect.done', $2, '', '')"""


async def effect(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Done once under its key, whoever comes how often."""
    print("started", payload["key"], flush=True)
    await asyncio.sleep(payload.get("seconds", 0))
    if await first_time(tx, payload["key"]):
        await tx.execute(_DONE, payload["key"])


async def failing(tx: TenantTransaction, payload: dict[str, Any]) -> None:
    """Writes, and fails all the same."""
    await tx.execute(_DONE, payload["key"])
    raise RuntimeError(payload["problem"])


def handlers() -> Mapping[str, Handler]:
    """By topic."""
    return {"effect": effect, "failing": failing}


async def main(redis_url: str, database_url: str, job_timeout: int) -> None:
    """Work until killed."""
    configure_logging(level="ERROR", json=True)
    line = Line(SHORT.name, job_timeout, SHORT.jobs)
    print("ready", flush=True)
    while True:
        await run_worker(redis_url, Database(database_url, pool_size=4, application_name="test-queue-worker"), handlers(), line)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

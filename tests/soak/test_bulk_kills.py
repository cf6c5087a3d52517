"""The process that captures a long document is killed again and again: every event is stored once and told once."""

import asyncio
import json
import os
import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.benchmarks.client import Client
from tests.benchmarks.production import enter_catalogue, food
from tests.benchmarks.stage import Stage, WorkerProcess, running, stage
from tests.soak.marks import soak

EVENTS = 12_000
KILLS = 6


@soak
@pytest.mark.timeout(1_200)
async def test_a_long_document_survives_the_kills_of_its_worker() -> None:
    with stage() as servers:
        await _killed(servers, seed=random.randrange(10**6))


async def _killed(servers: Stage, *, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    async with servers.house("kills") as house:
        firm, production = await house.new_firm(), food(EVENTS, seed=5, size=EVENTS)
        await enter_catalogue(house, firm, production.master_data)

        @asynccontextmanager
        async def signed_in() -> AsyncIterator[Client]:
            """A new one for each part: a token is good for ten minutes, and what a killed worker held comes back after forty seconds."""
            with Client(server.port, await house.bearer(firm)) as client:
                yield client

        with house.serving() as server, running(WorkerProcess(house, "short", "long")):
            async with signed_in() as client:
                job = json.loads(client.post("/epcis/capture", production.documents[0], GS1_Capture_Error_Behaviour="proceed"))
            for _ in range(KILLS):
                async with signed_in() as client:
                    await _kill(WorkerProcess(house, "bulk"), client, job["captureID"], chance)
            with running(WorkerProcess(house, "bulk")):
                async with signed_in() as client:
                    job = await asyncio.to_thread(client.finished, job)
                    results = client.get(f"/epcis/capture/{job['captureID']}/results", Accept="application/x-ndjson")
            assert (job["accepted"], job["duplicates"], job["rejected"], job["done"]) == (EVENTS, 0, 0, EVENTS)
            assert [json.loads(line)["index"] for line in results.splitlines()] == list(range(EVENTS))
        async with house.admin() as admin:
            assert await admin.fetchval("select count(*) from event where tenant_id = $1", firm.tenant_id) == EVENTS


async def _kill(worker: WorkerProcess, client: Client, job_id: str, chance: random.Random) -> None:
    """Start a worker, let it get on with the job for a moment, and kill it."""
    worker.start()
    done = json.loads(client.get(f"/epcis/capture/{job_id}"))["done"]
    for _ in range(600):
        await asyncio.sleep(0.1)
        if json.loads(client.get(f"/epcis/capture/{job_id}"))["done"] > done:
            break
    await asyncio.sleep(chance.uniform(0, 1.5))
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    while worker.poll() is None:  # noqa: ASYNC110 - a process that ends tells nobody
        await asyncio.sleep(0.01)
    worker.stop()

"""A queue for a module's tests: its own database, its own Valkey, emptied before each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from infra.embedded.valkey import ValkeyServer
from infra.provision import DatabaseUrls
from tests.conftest import Cluster
from tests.infra.clones import clone_of
from tests.infra.queues import Queue, queue_of

__all__ = ["queue", "queue_urls", "queue_valkey"]


@pytest.fixture(scope="module")
def queue_urls(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[DatabaseUrls]:
    """A database that nobody else's rows stand in."""
    with clone_of(cluster, request.module.__name__.rpartition(".")[2]) as made:
        yield made


@pytest.fixture(scope="module")
def queue_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey that a test may empty, kill and restart."""
    directory: Path = tmp_path_factory.mktemp("queue")
    with ValkeyServer(directory / "valkey") as server:
        yield server


@pytest.fixture
async def queue(queue_urls: DatabaseUrls, queue_valkey: ValkeyServer, cluster: Cluster) -> AsyncIterator[Queue]:
    """Empty, with nobody at work on it."""
    async with queue_of(queue_urls, queue_valkey, cluster.admin_dsn) as made:
        yield made

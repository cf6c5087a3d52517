"""What the tests of long documents work with."""

from collections.abc import Awaitable, Callable

import pytest

from backend.services import Services
from backend.worker import handlers
from infra.queue import drain

Work = Callable[[], Awaitable[int]]


@pytest.fixture
def work(services: Services) -> Work:
    """Do what waits for the worker, here and now."""

    async def do() -> int:
        return await drain(services.database, services.relay_database, handlers(services))

    return do

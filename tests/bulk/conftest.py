"""What the tests of long documents work with."""

from collections.abc import Awaitable, Callable

import pytest

from backend.services import Services
from tests.outbox import do_outbox

Work = Callable[[], Awaitable[int]]


@pytest.fixture
def work(services: Services) -> Work:
    """Do what waits for the worker, here and now."""

    async def do() -> int:
        return await do_outbox(services)

    return do

"""The service as it is served, in a process of its own on the worker's database, and somebody to whom its doors are open."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from backend.services import Services
from infra.clock import now
from infra.settings import Settings
from tenants.clients import service as clients
from tenants.clients.rules import terms_of
from tenants.permissions import MACHINES
from tests.benchmarks.stage import UNLIMITED
from tests.firms import Firm
from tests.fuzzing.serving import Door, ServedProcess


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings of the tests as a process is told them."""
    given = {}
    for name in settings.model_fields_set:
        value: Any = getattr(settings, name)
        given[f"SUYUAN_{name.upper()}"] = str(value.get_secret_value() if isinstance(value, SecretStr) else value)
    return given


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[ServedProcess]:
    """`backend.cli serve`, as in production."""
    directory = Path(tempfile.mkdtemp(prefix="suyuan-fuzzing-"))
    # Without limits on the rate: what is refused for its number is never looked at.
    process = ServedProcess(directory, {**environment_of(settings), **UNLIMITED})
    process.start()
    try:
        yield process
    finally:
        process.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def door(served: ServedProcess, services: Services, firm: Firm, bearer: Any) -> AsyncIterator[Door]:
    """A tenant with a machine's key, and an owner who is signed in."""
    terms = terms_of(name="Fuzzer", scopes=[str(scope) for scope in MACHINES], moment=now())
    async with services.database.tenant(firm.tenant_id) as tx:
        key = await clients.create_client(tx, firm.principal, terms)
    opened = Door(served, {"Authorization": f"Bearer {key.text}"}, await bearer(firm))
    yield opened
    opened.client.close()

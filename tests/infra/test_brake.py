"""Refusals to who asks again at once are told slowly, and nobody else's are."""

import time

import pytest

from infra.brake import AT_ONCE, WAIT_SECONDS, Brake


async def test_who_is_refused_again_and_again_waits_and_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("infra.brake.asyncio.sleep", sleep)
    brake = Brake()
    for _ in range(AT_ONCE):
        await brake.refused(b"flood")
    assert waited == []
    for _ in range(3):
        await brake.refused(b"flood")
    await brake.refused(b"another")
    assert waited == [WAIT_SECONDS] * 3
    later = time.monotonic() + 1.1
    monkeypatch.setattr("infra.brake.time.monotonic", lambda: later)
    await brake.refused(b"flood")
    assert len(waited) == 3


async def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.brake.REMEMBERED", 5)
    brake = Brake()
    for number in range(20):
        await brake.refused(str(number).encode())
    assert len(brake._seen) == 5

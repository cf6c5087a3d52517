"""Redis that hangs, dies or answers late: no request waits for it, and no answer reaches the wrong question."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tenants.optional_redis import TIME_LIMIT_SECONDS, OptionalRedis


@pytest.fixture
async def deaf() -> AsyncIterator[Redis]:
    """A client of a server that takes everything and says nothing."""
    held: list[asyncio.StreamWriter] = []

    def hold(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    client = Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    yield client
    await client.aclose()
    for writer in held:
        writer.close()
    server.close()


@pytest.fixture
async def slow() -> AsyncIterator[Redis]:
    """A client of a server whose only values are the keys' own names, and which is late with `late`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while received := await reader.read(4_096):
            for command in received.split(b"*")[1:]:
                word = command.split(b"\r\n")[-2]
                if word == b"late":
                    await asyncio.sleep(2 * TIME_LIMIT_SECONDS)
                writer.write(b"$%d\r\n%b\r\n" % (len(word), word) if b"GET" in command else b"+OK\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    client = Redis(host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    yield client
    await client.aclose()
    server.close()


async def test_without_a_client_every_attempt_is_absent() -> None:
    assert await OptionalRedis(None).attempt(lambda redis: redis.get("key")) is None


async def test_a_hanging_redis_costs_one_short_wait_and_is_then_left_alone(deaf: Redis) -> None:
    optional = OptionalRedis(deaf)
    begin = time.monotonic()
    for _ in range(20):
        assert await optional.attempt(lambda redis: redis.get("key")) is None
    assert TIME_LIMIT_SECONDS <= time.monotonic() - begin < 4 * TIME_LIMIT_SECONDS


async def test_what_must_be_said_is_tried_even_after_a_failure(redis: Redis, absent_redis: Redis) -> None:
    optional = OptionalRedis(redis)
    optional._redis = absent_redis
    assert await optional.attempt(lambda client: client.get("key")) is None
    optional._redis = redis
    assert await optional.attempt(lambda client: client.set("key", "1"), even_if_resting=True) is True
    assert await optional.attempt(lambda client: client.get("key")) is None


async def test_a_late_answer_is_not_given_to_the_next_question(slow: Redis) -> None:
    optional = OptionalRedis(slow)
    assert await optional.attempt(lambda client: client.get("late")) is None
    await asyncio.sleep(2 * TIME_LIMIT_SECONDS)
    for _ in range(3):
        assert await slow.get("prompt") == b"prompt"

"""Makes hostile attempts, some at a time, looks at what comes back and at what was written, and counts them by kind and place.

An attempt is drawn from its seed and number: `Attempts.one(seed, number)` makes the same request again.
"""

import asyncio
import io
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, cast
from uuid import uuid4

import asyncpg
import httpx

from backend.services import Services
from mobile_api.app import create_app
from tests.isolation.callers import KINDS, LEFT_BEHIND, Hostile, Scene, scene_of
from tests.isolation.draws import Draw, Known, Request, header_text, twin_of
from tests.isolation.people import contents
from tests.isolation.victims import plant_everywhere

AT_ONCE: Final = 8
# As of when an answer is, where nothing else was asked for, and the beginning that is counted back from it: the same to the day.
_AS_OF: Final = re.compile(r'("(?:since|until)": ?"\d{4}-\d\d-\d\d)T[^"]*"')
SHORTEST_QUOTED: Final = 12
# Differs between any two answers.
_PASSING: Final = ("x-request-id", "content-length", "date", "etag", "ratelimit", "ratelimit-policy", "retry-after")


class FromAnywhere(httpx.ASGITransport):
    """Each request comes from the address that it names, so that a limit on one doesn't end a run."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The scope is made before anything is waited for."""
        self.client = (request.extensions.get("address", "192.0.2.1"), 50_000)
        return await super().handle_async_request(request)


@dataclass
class Attempts:
    """Tries as every kind of caller; `answers` counts what came of it by kind, place and status."""

    client: httpx.AsyncClient
    scene: Scene
    known: Known
    superuser: asyncpg.Connection
    log: io.StringIO
    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def drawn(self, kind: str, seed: int, number: int) -> tuple[Hostile, Request]:
        """Who tries what: always the same for a seed and a number."""
        chance = Random(f"{kind} {seed} {number}")
        return chance.choice(self.scene.of(kind)), Draw(self.known, chance).request()

    async def one(self, kind: str, seed: int, number: int) -> httpx.Response:
        """Make an attempt, and look whether anything of a victim's came back."""
        caller, request = self.drawn(kind, seed, number)
        which = (kind, caller.name, seed, number, request)
        answer = await self._send(caller, request)
        # Whether all is well with the service may be told by who has gone.
        assert answer.status_code < 500 or request.path.startswith("/health/ready"), (which, answer.text)
        assert '"INTERNAL"' not in answer.text, (which, answer.text)
        told = answer.text + json.dumps(dict(answer.headers), ensure_ascii=False)
        for name in caller.told:
            told = told.replace(name, "…")
        for canary in caller.forbidden:
            assert canary not in told, (which, answer.text)
            assert json.dumps(canary)[1:-1] not in told, (which, answer.text)
        self.answers[kind, request.place, answer.status_code] += 1
        return answer

    async def _send(self, caller: Hostile, request: Request) -> httpx.Response:
        signed = caller.sign(request.method, request.path) if caller.sign else {}
        headers = {**caller.headers, **signed, **{name: header_text(value) for name, value in request.headers.items()}}
        content = request.body if isinstance(request.body, str | None) else json.dumps(request.body)
        if content is not None:
            headers.setdefault("Content-Type", "application/json")
        address = {"address": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}
        return await self.client.request(request.method, request.path, content=content, headers=headers, extensions=address)

    async def run(self, *, seed: int, attempts: int) -> None:
        """As every kind of caller in turn; whose turn it is when something of a victim's is written, wrote it."""
        each = -(-attempts // len(KINDS))
        for kind in KINDS:
            before = await self._victims()
            for start in range(0, each, AT_ONCE):
                await asyncio.gather(*(self.one(kind, seed, number) for number in range(start, min(start + AT_ONCE, each))))
            after = await self._victims()
            changed = {table for (canary, table), digest in after.items() if before[canary, table] != digest}
            assert changed <= LEFT_BEHIND.get(kind, frozenset()), (kind, seed, changed)
        assert not [line for line in self.log.getvalue().splitlines() if any(canary in line for canary in self._canaries())][:1]

    async def twins(self, *, seed: int, attempts: int) -> int:
        """Ask for something of a victim's and for its twin that doesn't exist; returns how many pairs answered alike, which is all of them."""
        named = [(name, twin) for name in self.known.identifiers if (twin := twin_of(name)) is not None]
        caller = Hostile("twins", "owner of a firm that has nothing", self.scene.silent.headers)
        for number in range(attempts):
            chance = Random(f"twins {seed} {number}")
            pair = chance.choice(named)
            state = chance.getstate()
            answers = []
            for name in pair:
                chance.setstate(state)
                request = Draw(self.known, chance).reading(name)
                answers.append(_comparable(await self._send(caller, request), request, name))
            assert answers[0] == answers[1], (seed, number, pair, request)
            self.answers["twins", request.place, answers[0][0]] += 2
        return attempts

    async def _victims(self) -> dict[tuple[str, str], str]:
        """All that the victims have: a digest for each table."""
        digests = {victim.canary: await contents(self.superuser, victim.tenant_id) for victim in self.scene.victims}
        return {(canary, table): digest for canary, each in digests.items() for table, digest in each.items()}

    def _canaries(self) -> set[str]:
        return {canary for caller in self.scene.callers for canary in caller.forbidden}

    def by_kind_and_place(self) -> dict[str, Counter[str]]:
        """How many attempts were made, by kind and then by place."""
        counted: dict[str, Counter[str]] = {}
        for (kind, place, _), count in self.answers.items():
            counted.setdefault(kind, Counter())[place] += count
        return counted

    def report(self) -> list[str]:
        """Lines for people: attempts by kind and place, and by what was answered."""
        statuses = Counter[str]()
        for (_, _, status), count in self.answers.items():
            statuses[f"{status}"] += count
        lines = [f"{sum(self.answers.values())} hostile attempts; answers: {_listed(statuses)}"]
        return lines + [f"  {kind}: {counted.total()} ({_listed(counted)})" for kind, counted in sorted(self.by_kind_and_place().items())]


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counted.items()))


def _comparable(answer: httpx.Response, request: Request, name: str) -> tuple[int, dict[str, str], str]:
    """An answer without what differs between any two and without what was asked for, in whichever dress."""
    texts = {name, name.upper(), *_texts_of(request)}
    headers = {key: value for key, value in answer.headers.items() if key not in _PASSING}
    body = answer.text.replace(answer.headers.get("x-request-id", "-"), "")
    for text in sorted(texts, key=len, reverse=True):
        for written in {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], text.replace("&", "&amp;")}:
            body = _without_beginnings(body.replace(written, "…"), written)
            headers = {key: value.replace(written, "…") for key, value in headers.items()}
    # Counters go on by themselves.
    return answer.status_code, headers, "" if request.path.startswith("/metrics") else _without_dates(body)


def _without_beginnings(body: str, text: str) -> str:
    """Without the beginning of a long text, as a message quotes it."""
    if "…" in body:
        for length in range(len(text) - 1, SHORTEST_QUOTED, -1):
            body = body.replace(f"{text[:length]}…", "…")
    return body


def _texts_of(request: Request) -> set[str]:
    """What stands in a request in the place of the name."""
    from urllib.parse import unquote

    found = {part for part in unquote(request.path).replace("?", "/").replace("=", "/").split("/") if len(part) > 3}
    found |= {part for part in request.path.replace("?", "/").replace("=", "/").split("/") if len(part) > 3}
    found |= {unquote(request.path), request.path, unquote(request.path).lstrip("/")}
    waiting: list[Any] = [request.body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [inner for key, inner in value.items() if key != "query"]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and len(value) > 3:
            found |= {value, value.removeprefix("https://id.gs1.org/")}
    return found


def _without_dates(body: str) -> str:
    body = _AS_OF.sub(r'\1"', body)
    if '"creationDate"' not in body:
        return body
    document = json.loads(body)
    document.pop("creationDate", None)
    return json.dumps(document)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, by whatever logger."""
    stream = io.StringIO()
    root, level = logging.getLogger(), logging.getLogger().level
    handler = logging.StreamHandler(stream)
    if root.handlers and (formatter := root.handlers[0].formatter):
        handler.setFormatter(formatter)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # What the client sends isn't what the service logs.
    for name in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


@asynccontextmanager
async def attempts_on(services: Services, superuser: asyncpg.Connection) -> AsyncIterator[Attempts]:
    """The whole service with its victims and enemies; they come from many addresses, so that a limit on one doesn't end it."""
    transport = FromAnywhere(app=cast(Any, create_app(services=services)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        with _logged() as log:
            scene = await scene_of(services, superuser, client)
            planted = await plant_everywhere(superuser)
            tenants = tuple((victim.tenant_id, str(victim.person.tenant.public_id), victim.person.tenant.slug) for victim in scene.victims)
            known = Known(sorted({*scene.identifiers, *planted}), tenants, scene.silent.tenant.slug, scene.secrets)
            yield Attempts(client, scene, known, superuser, log)

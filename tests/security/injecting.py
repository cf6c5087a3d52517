"""Finds out, as sqlmap does, whether a text reaches the database as a part of a statement: by errors, by truth, by union, by time, by tenant."""

import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

# How a text may stand in a statement: bare, in quotes, in brackets, in a pattern, in a list.
BOUNDARIES: Final = ("'", "", "')", "'))", '"', "%'", "']", "\\'", "$$", "'::text", "’")
COMMENTS: Final = (" -- ", "/*", "#")
# Made by the server alone: what is sent doesn't contain it.
MARKER: Final = "opensesame1764"
_MARKER_SQL: Final = "'opens'||'esame'||(42*42)"
SLEEP: Final = 0.5
_NUMBERS: Final = re.compile(r"1=[12]")
_IDS: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+Z-]+")


@dataclass(frozen=True)
class Told:
    """What came back."""

    status: int
    text: str
    seconds: float = 0.0


Ask = Callable[[str], Awaitable[Told]]


@dataclass(frozen=True)
class Payload:
    """What is sent in a text's place; `twin` is the same with a condition that is false."""

    technique: str
    text: str
    twin: str = ""


def payloads(known: str, *, other_tenant: int) -> Iterator[Payload]:
    """All of them, around a value that is known to be answered and one that isn't."""
    unknown = f"{known[:-1]}~"
    for boundary in BOUNDARIES:
        yield Payload("error", f"{known}{boundary}")
        yield Payload("error", f"{known}{boundary}(((")
        for comment in COMMENTS:
            for start, joint in ((known, "and"), (unknown, "or")):
                true, false = (f"{start}{boundary} {joint} 1={number}{comment}" for number in (1, 2))
                yield Payload("truth", true, false)
            setting = f"set_config('app.tenant_id','{other_tenant}',true)"
            yield Payload("tenant", f"{unknown}{boundary} or {setting} is not null{comment}")
            yield Payload("tenant", f"{unknown}{boundary} or (select {setting})='{other_tenant}' or true{comment}")
            yield Payload("time", f"{unknown}{boundary} or (select true from pg_sleep({SLEEP})){comment}")
            for columns in (1, 2, 3, 5):
                nulls = ",null::text" * (columns - 1)
                yield Payload("union", f"{unknown}{boundary} union all select {_MARKER_SQL}{nulls}{comment}")
            yield Payload("stacked", f"{unknown}{boundary}; select {_MARKER_SQL}{comment}")
            yield Payload("stacked", f"{unknown}{boundary}; set app.tenant_id='{other_tenant}'; select * from suyuan.event{comment}")


def comparable(told: Told, *texts: str) -> tuple[int, str]:
    """An answer without what was sent, without numbers of requests, times and what else differs between any two."""
    text = told.text
    for sent in sorted(texts, key=len, reverse=True):
        text = text.replace(sent, "…")
    return told.status, _IDS.sub("…", _NUMBERS.sub("…", text))


async def _differ(ask: Ask, payload: Payload, told: Told) -> bool:
    twin = await ask(payload.twin)
    return comparable(told, payload.text, payload.twin) != comparable(twin, payload.text, payload.twin)


async def succeeded(ask: Ask, payload: Payload, *, secrets: tuple[str, ...] = ()) -> bool:
    """Whether a payload was more to the service than a text."""
    told = await ask(payload.text)
    if told.status >= 500 or '"INTERNAL"' in told.text or MARKER in told.text or any(secret in told.text for secret in secrets):
        return True
    if payload.technique == "truth":
        # Once may be a limit that was reached between the two.
        return await _differ(ask, payload, told) and all([await _differ(ask, payload, await ask(payload.text)) for _ in range(3)])
    if payload.technique == "time" and told.seconds >= SLEEP:
        # A machine that is busy for once isn't a database that sleeps.
        return all([(await ask(payload.text)).seconds >= SLEEP for _ in range(3)])
    return False


def timed(ask: Callable[[str], Awaitable[tuple[int, str]]]) -> Ask:
    """The same, with how long it took."""

    async def run(text: str) -> Told:
        start = time.perf_counter()
        status, answer = await ask(text)
        return Told(status, answer, time.perf_counter() - start)

    return run

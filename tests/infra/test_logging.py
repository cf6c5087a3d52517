"""Log lines: readable by programs, tied to their request, and without anything that nobody may read there."""

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar, get

from infra.http import EXCEPTION_HANDLERS, request_id, with_edge
from infra.logging import configure_logging, get_logger

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


class Written:
    """What was logged since."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Configure logging into a text; the configuration of before comes back."""
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()

    def into_text(*, level: str = "INFO", json_lines: bool = True) -> Written:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        configure_logging(level=level, json=json_lines)
        # A logger that was used before keeps the configuration of then.
        monkeypatch.setattr("infra.http._log", get_logger("http"))
        return Written(stream)

    yield into_text
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configuration)


def test_a_line_is_json_with_time_level_and_fields(configure: Any) -> None:
    written = configure()
    get_logger("a-test").info("hold_placed", hold="0190", reason="含金属\n第二行")
    [line] = written.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "hold_placed", "level": "info", "hold": "0190", "reason": "含金属\n第二行"}


def test_lines_of_the_standard_library_look_alike(configure: Any) -> None:
    written = configure()
    logging.getLogger("somebody.else").warning("disk %s is full", "/dev/x")
    [line] = written.lines
    assert (line["event"], line["level"]) == ("disk /dev/x is full", "warning")


@pytest.mark.parametrize(("level", "count"), [("DEBUG", 4), ("INFO", 3), ("WARNING", 2), ("ERROR", 1)])
def test_what_is_below_the_level_is_not_written(configure: Any, level: str, count: int) -> None:
    written = configure(level=level)
    for name in ("debug", "info", "warning", "error"):
        getattr(structlog.get_logger(f"level-{level}"), name)("said")
    assert len(written.lines) == count


@pytest.mark.parametrize("json_lines", [True, False])
def test_secrets_are_blanked_by_name_at_any_depth(configure: Any, json_lines: bool) -> None:
    written = configure(json_lines=json_lines)
    secret = "hunter2-secret"
    get_logger("names").info(
        "asked", password=secret, refresh_token=secret, Authorization=secret, api_key=secret, s3_secret_key=secret, set_cookie=secret, ms=12,
        token_signing_key=secret, headers={"authorization": secret, "accept": "text/html", "list": [{"cookie": secret}, secret[:3]]},
        tried=({"newPassword": secret},),
    )  # fmt: skip
    assert secret not in written.text
    assert "text/html" in written.text
    assert "12" in written.text


@pytest.mark.parametrize("json_lines", [True, False])
@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("can't reach postgresql://suyuan_app:hunter2@db:5432/suyuan now", "suyuan_app:***@db:5432/suyuan now"),
        ("can't reach rediss://:hunter2/+x@cache/0", "rediss://:***@cache/0"),
        ("two: redis://:hunter2@a and https://u:hunter2@b/x", "redis://:***@a and https://u:***@b/x"),
        (f"sent Bearer {JWT} to it", "sent Bearer *** to it"),
        ("sent bearer hunter2", "sent bearer ***"),
        (f"claims of {JWT}, cut", "claims of ***, cut"),
        ("https://id.gs1.org/01/09506000134352/10/A@B", "https://id.gs1.org/01/09506000134352/10/A@B"),
        ("at 08:00:00 by li@example.com", "at 08:00:00 by li@example.com"),
    ],
)
def test_secrets_are_blanked_by_their_form_in_any_text(configure: Any, said: str, kept: str, json_lines: bool) -> None:
    written = configure(json_lines=json_lines)
    get_logger("forms").info("trouble", problem=said, problems=[said])
    logging.getLogger("forms").warning(said)
    assert written.text.count(kept) == 3, written.text
    assert "hunter2" not in written.text
    assert JWT not in written.text


@pytest.mark.parametrize("json_lines", [True, False])
def test_an_exception_is_logged_with_its_cause_and_without_local_values(configure: Any, json_lines: bool) -> None:
    written = configure(json_lines=json_lines)
    told, cause, password = "the round failed", "redis://:hunter2@cache is away", "hunter2-local"
    try:
        try:
            raise OSError(cause)
        except OSError as problem:
            raise RuntimeError(told) from problem
    except RuntimeError:
        get_logger("trouble").exception("round_failed")
        logging.getLogger("trouble").exception("round failed there too")
    assert written.text.count("the round failed") == 2
    assert written.text.count("redis://:***@cache is away") == 2
    assert "hunter2" not in written.text
    assert password not in written.text


async def test_lines_of_a_request_carry_its_id_and_those_of_others_theirs(configure: Any) -> None:
    written = configure()
    both_inside = asyncio.Barrier(2)

    @get("/work")
    async def work() -> str:
        await both_inside.wait()
        get_logger("work").info("worked")
        return request_id()

    app = with_edge(Litestar([work], exception_handlers=EXCEPTION_HANDLERS, openapi_config=None, logging_config=None))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # litestar's ASGI types are stricter
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        answers = await asyncio.gather(*(client.get("/work", headers={"X-Request-Id": f"request-{n}"}) for n in (1, 2)))
    assert [answer.text for answer in answers] == ["request-1", "request-2"]
    own = [line for line in written.lines if line["event"] in ("worked", "request")]
    assert sorted((line["event"], line["request_id"]) for line in own) == [
        ("request", "request-1"), ("request", "request-2"), ("worked", "request-1"), ("worked", "request-2"),
    ]  # fmt: skip
    access = next(line for line in own if line["event"] == "request")
    assert (access["method"], access["path"], access["status"]) == ("GET", "/work", 200)
    assert access["ms"] >= 0


async def test_the_access_line_holds_no_query_and_no_header(configure: Any) -> None:
    written = configure()

    @get("/work")
    async def work() -> None:
        return None

    app = with_edge(Litestar([work], openapi_config=None, logging_config=None))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # litestar's ASGI types are stricter
    async with httpx.AsyncClient(transport=transport, base_url="http://suyuan.test") as client:
        logging.getLogger("httpx").setLevel("WARNING")
        await client.get(f"/work?access_token=hunter2&x={JWT}", headers={"Authorization": "Bearer hunter2", "Cookie": "a=hunter2"})
        logging.getLogger("httpx").setLevel("NOTSET")
    [line] = [line for line in written.lines if line["event"] == "request"]
    assert set(line) == {"event", "level", "timestamp", "request_id", "method", "path", "status", "ms"}
    assert "hunter2" not in written.text

"""A running server from outside: requests over a socket, and how much memory it holds."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from infra.embedded.command import Command
from infra.embedded.ports import free_port
from tests.factories import FLOUR, lot, made, quantity
from tests.graphql.test_commands import document

ROOT: Final = Path(__file__).resolve().parents[2]
# What takes longer than this hangs, on any machine.
HANGS: Final = 60


class ServedProcess(Command):
    """The service with its HTTP server."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        super().__init__(
            f"server-{self.port}", [sys.executable, "-m", "backend.cli", "serve"], directory,
            environment={**environment, "SUYUAN_PORT": str(self.port)}, port=self.port, directory=ROOT,
        )  # fmt: skip

    def resident(self) -> int:
        """Bytes of memory that it and its workers hold."""
        pages = 0
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == self.pid:
                    pages += int((process / "statm").read_text().split()[1])
        return pages * 4_096


@dataclass
class Door:
    """Where requests go in, as a machine or as the owner; `good` counts the documents that were sent to see that all is well."""

    served: ServedProcess
    machine: dict[str, str]
    owner: dict[str, str]
    good: int = 0
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=HANGS))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"

    def post(self, path: str, body: bytes, kind: str, **headers: str) -> httpx.Response:
        """Send a body as the machine; to phones' routes as the owner."""
        caller = self.owner if path.startswith("/mobile") else self.machine
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(self.url + path, content=body, headers={"Content-Type": kind, **caller, **given})

    def raw(self, request: bytes) -> bytes:
        """Bytes into a connection of their own, and what comes back. Where nothing does, the server is told that no more will come."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.served.port), timeout=HANGS) as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            for wait, half_closed in ((0.5, False), (HANGS, True)):
                if half_closed and not got:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_WR)
                connection.settimeout(0.2 if got else wait)
                with contextlib.suppress(TimeoutError, ConnectionResetError):
                    while chunk := connection.recv(65_536):
                        got += chunk
                        connection.settimeout(0.2)
        return got

    def works(self) -> None:
        """A good document is still taken, and all of those before it are there."""
        self.good += 1
        event = made([], [quantity(lot(FLOUR, f"GOOD{self.good}"), 5)])
        answer = self.post("/epcis/capture", json.dumps(document(event)).encode(), "application/json")
        assert (answer.status_code, answer.json()["accepted"]) == (202, 1), answer.text
        found = self.client.get(f"{self.url}/epcis/events", params={"EQ_eventID": event["eventID"]}, headers=self.machine)
        [read_back] = found.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert {name: value for name, value in read_back.items() if name != "recordTime"} == event


def is_well(answer: httpx.Response) -> bool:
    """A success, or a refusal in a form of its own."""
    assert 200 <= answer.status_code < 500, (answer.status_code, answer.text[:500])
    assert '"INTERNAL"' not in answer.text, answer.text[:500]
    if answer.status_code >= 400 and answer.content:
        assert answer.headers["content-type"].split(";")[0] in ("application/problem+json", "application/json", "text/html"), answer.headers
    return True


def status_of(answer: bytes) -> int | None:
    """The status of a raw answer; None where the connection was closed without one."""
    if not answer:
        return None
    assert answer.startswith(b"HTTP/1."), answer[:100]
    return int(answer.split(b" ", 2)[1])


@dataclass
class Canary:
    """Listens where nobody has any business."""

    port: int
    visits: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/canary"


@contextlib.contextmanager
def canary() -> Iterator[Canary]:
    """A listener that notes who comes."""
    listener = socket.create_server(("127.0.0.1", 0))
    watched = Canary(listener.getsockname()[1])

    def watch() -> None:
        with contextlib.suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                with visitor, contextlib.suppress(OSError):
                    visitor.settimeout(1)
                    watched.visits.append(visitor.recv(1_000))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield watched
    finally:
        # Closing alone doesn't wake who waits in `accept`.
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)

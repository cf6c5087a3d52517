"""A program of our own (a web server, a worker) as a child that the supervisor watches like the embedded servers."""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.embedded.ports import LOOPBACK, ensure_port_free, port_taken
from infra.embedded.problems import StartupProblem, last_words
from infra.embedded.processes import TERMINATE, ChildProcess, Launch, Steps, own_identity

# In the environment of every such program and whatever it starts, so that a later run finds what a killed one left.
STATE_VARIABLE = "EMBEDDED_STATE_DIR"


class Command:
    """`argv[0]` is an absolute path. It is ready once it listens on `port`, or as soon as it runs where it has none.

    `environment` is added to our own. Its log is `logs/<name>.log` in the state directory. When we are killed, it gets SIGTERM, and two
    seconds later SIGKILL, together with whatever it started.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        state_dir: Path,
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        host: str = LOOPBACK,
        directory: Path | None = None,
        ready_seconds: float = 60.0,
        stop_steps: Steps = TERMINATE,
    ) -> None:
        self.name = name
        self.log_file = state_dir.absolute() / "logs" / f"{name}.log"
        self._port = port
        self._host = host
        self._ready_seconds = ready_seconds
        self._stop_steps = stop_steps
        self._launch = Launch(
            tuple(argv),
            {**os.environ, **(environment or {}), STATE_VARIABLE: str(state_dir.absolute())},
            own_identity(),
            (directory or Path.cwd()).absolute(),
            watch=True,
        )
        self._child: ChildProcess | None = None

    @property
    def pid(self) -> int | None:
        """The process group it runs in, while it is started."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start and wait until it listens. Raises StartupProblem; then nothing of it is left running."""
        if self._child is not None:
            if self._child.poll() is None:
                return
            self._child.end_group()
        if self._port is not None:
            ensure_port_free(self._port, self._host)
        self._child = ChildProcess(self.name, self._launch, self.log_file)
        try:
            self._wait_ready(self._child)
        except BaseException:
            self.stop()
            raise

    def _wait_ready(self, child: ChildProcess) -> None:
        deadline = time.monotonic() + self._ready_seconds
        while self._port is not None and not self._listens(self._port):
            if child.poll() is not None:
                output = child.output()
                if "in use" in output.lower():
                    raise port_taken(self._port, self._host)
                raise StartupProblem(f"{self.name} stopped while starting ({last_words(output)}): see {self.log_file}.")
            if time.monotonic() > deadline:
                raise StartupProblem(f"{self.name} isn't ready after {self._ready_seconds:.0f} seconds: see {self.log_file}.")
            time.sleep(0.02)

    def _listens(self, port: int) -> bool:
        try:
            with socket.create_connection((LOOPBACK if self._host == "0.0.0.0" else self._host, port), timeout=1.0):  # noqa: S104
                return True
        except OSError:
            return False

    def poll(self) -> int | None:
        """The exit code if it has ended by itself, None while it runs or before it was started."""
        return self._child.poll() if self._child else None

    def stop(self) -> None:
        """Stop it and whatever it started. Harmless when it isn't running."""
        if self._child is not None:
            self._child.stop(self._stop_steps)
            self._child = None

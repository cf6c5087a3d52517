"""What every embedded server has in common: a locked directory, a port, a start that ends ready or not at all, a stop."""

import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from infra.embedded.directories import DirectoryLock, keep_secret, prepare_directory
from infra.embedded.ports import LOOPBACK, ensure_port_free, free_port, port_taken
from infra.embedded.problems import PortTaken, StartupProblem, explain_loader, last_words
from infra.embedded.processes import TERMINATE, ChildProcess, Launch, Steps

_ATTEMPTS_AT_A_FREE_PORT = 5


class EmbeddedServer(ABC):
    """One server on 127.0.0.1 with its data in `data_dir`, its log in `logs/` beside it, its secret in the file `<data_dir>.password`.

    `port=0` takes a free one and keeps it while this object lives. Start and stop block. A second process that starts the same
    `data_dir` gets AlreadyRunning; what a killed process left running is stopped first.
    """

    name: ClassVar[str]
    ready_seconds: ClassVar[float] = 30.0
    stop_steps: ClassVar[Steps] = TERMINATE

    def __init__(self, data_dir: Path, port: int = 0) -> None:
        self.data_dir = data_dir.absolute()
        self.log_file = self.data_dir.parent / "logs" / f"{self.data_dir.name}.log"
        self._fixed_port = port
        self._port = port
        self._lock = DirectoryLock(self._beside("lock"), self.data_dir)
        self._child: ChildProcess | None = None

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start if none was asked for."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The server's process id while it is started."""
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start and wait until it answers. Raises StartupProblem; then nothing of ours is left running."""
        if self._child is not None and self._child.poll() is None:
            return
        prepare_directory(self.data_dir.parent)
        self._lock.acquire()
        try:
            self._stop_strays()
            self._prepare()
            self._serve()
        except BaseException:
            self.stop()
            raise

    def poll(self) -> int | None:
        """The exit code if it has ended by itself, None while it runs or before it was started."""
        return self._child.poll() if self._child else None

    def stop(self) -> None:
        """Stop it; what it acknowledged is kept. Harmless when it isn't running."""
        if self._child is not None:
            self._child.stop(self.stop_steps)
            self._child = None
        self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @abstractmethod
    def _stop_strays(self) -> None:
        """Stop what an earlier run left working in the directory; its lock is held, so nobody else uses it."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data directory fit for a start."""

    @abstractmethod
    def _launch(self) -> Launch:
        """How to start it on `self.port`."""

    @abstractmethod
    def _is_ready(self, child: ChildProcess) -> bool:
        """Whether that very process answers."""

    def _explain(self, output: str) -> StartupProblem | None:
        """The problem behind the log of a failed start, where this kind of server knows it."""
        del output
        return None

    def _beside(self, suffix: str) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.{suffix}")

    def _kept_secret(self) -> str:
        return keep_secret(self._beside("password"))

    def _serve(self) -> None:
        for attempts_left in reversed(range(_ATTEMPTS_AT_A_FREE_PORT)):
            self._port = self._port or free_port()
            try:
                ensure_port_free(self._port)
                self._child = ChildProcess(self.name, self._launch(), self.log_file)
                self._wait_ready(self._child)
            except PortTaken:
                if self._fixed_port or not attempts_left:
                    raise
                self._port = 0
            else:
                # From now on others have been told this port.
                self._fixed_port = self._port
                return

    def _wait_ready(self, child: ChildProcess) -> None:
        deadline = time.monotonic() + self.ready_seconds
        while not self._is_ready(child):
            if child.poll() is not None:
                raise self._why_it_stopped(child.output())
            if time.monotonic() > deadline:
                raise StartupProblem(f"{self.name} isn't ready after {self.ready_seconds:.0f} seconds: see {self.log_file}.")
            time.sleep(0.01)

    def _why_it_stopped(self, output: str) -> StartupProblem:
        if "in use" in output and ("could not bind" in output or "Address already" in output or "address already" in output):
            return port_taken(self._port)
        if "No space left on device" in output:
            return StartupProblem(f"The disk of {self.data_dir} is full: free some space and start again.")
        known = explain_loader(self.name, output) or self._explain(output)
        return known or StartupProblem(f"{self.name} stopped while starting ({last_words(output)}): see {self.log_file}.")

    def _not_started(self) -> StartupProblem:
        return StartupProblem(f"The {self.name} server of {self.data_dir} hasn't been started: start it first.")


def url_host(port: int) -> str:
    """`address:port` of an embedded server, as it stands in a URL."""
    return f"{LOOPBACK}:{port}"

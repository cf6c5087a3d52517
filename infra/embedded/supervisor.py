"""Keeps a set of servers running in one state directory: starts them in order, restarts what crashes, stops all in reverse order."""

import contextlib
import logging
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Protocol, Self, TypeVar

from infra.embedded.command import STATE_VARIABLE
from infra.embedded.directories import MINIMUM_FREE_BYTES, DirectoryLock, prepare_directory
from infra.embedded.problems import StartupProblem, last_words
from infra.embedded.proc import stop_all, with_environment
from infra.embedded.processes import TERMINATE

_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 5.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_log = logging.getLogger(__name__)


class Service(Protocol):
    """What a supervisor can run: the embedded servers and Command."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def log_file(self) -> Path:
        """Where its output goes."""

    def start(self) -> None:
        """Start and return once it is ready; StartupProblem otherwise. Also starts it again after it ended by itself."""

    def poll(self) -> int | None:
        """The exit code if it has ended by itself, else None."""

    def stop(self) -> None:
        """Stop it; harmless when it isn't running."""


S = TypeVar("S", bound=Service)


class Supervisor:
    """A context: inside, `start` services one by one; at its end, however it comes, all are stopped in reverse order.

    SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread, wherever it is; `wait` returns on them. A service that ends by
    itself is started again, at most `restarts` times in `window` seconds; beyond that the main thread gets a StartupProblem that shows its
    last words. Use it from the main thread. Another live supervisor of the same directory means AlreadyRunning; what a killed one left
    running is stopped first. `report` gets one line for each thing that a person may want to know.
    """

    def __init__(
        self,
        state_dir: Path,
        *,
        restarts: int = 3,
        window: float = 60.0,
        minimum_free_bytes: int = MINIMUM_FREE_BYTES,
        report: Callable[[str], None] = _log.warning,
    ) -> None:
        self.state_dir = state_dir.absolute()
        self._restarts = restarts
        self._window = window
        self._minimum_free_bytes = minimum_free_bytes
        self._report = report
        self._lock = DirectoryLock(self.state_dir / "lock", self.state_dir)
        self._services: list[Service] = []
        self._crashes: dict[str, deque[float]] = {}
        self._changing = threading.RLock()
        self._stopping = threading.Event()
        self._failure: StartupProblem | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._monitor = threading.Thread(target=self._watch, name="embedded-monitor", daemon=True)

    def __enter__(self) -> Self:
        prepare_directory(self.state_dir, minimum_free_bytes=self._minimum_free_bytes)
        self._lock.acquire()
        try:
            self._stop_strays()
            for number in _STOP_SIGNALS:
                self._handlers[number] = signal.signal(number, _interrupt)
            self._monitor.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if self._failure is not None and isinstance(error, KeyboardInterrupt):
            raise self._failure from error

    def start(self, service: S) -> S:
        """Start a service and watch over it from now on; it is stopped before all that were started earlier."""
        with self._changing:
            self._services.append(service)
            service.start()
        return service

    def start_together(self, *services: Service) -> None:
        """Start services that don't need one another at the same time; they are stopped in the reverse of the order given here."""
        with self._changing, ThreadPoolExecutor(max_workers=len(services), thread_name_prefix="embedded-start") as pool:
            self._services.extend(services)
            starts = [pool.submit(service.start) for service in services]
        for start in starts:
            start.result()

    def wait(self) -> None:
        """Block until a stop signal (returns) or until a service has failed for good (raises its StartupProblem)."""
        with contextlib.suppress(KeyboardInterrupt):
            self._stopping.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop every service, the last one first. Further stop signals are ignored meanwhile: each stop has its own time limit."""
        self._stopping.set()
        for number in self._handlers:
            signal.signal(number, _pay_no_heed)
        # A service that the monitor is starting again may hold the lock for as long as it takes to be ready.
        held = self._changing.acquire(timeout=_PATIENCE_SECONDS)
        try:
            while self._services:
                service = self._services.pop()
                try:
                    service.stop()
                except Exception:
                    _log.exception("%s couldn't be stopped", service.name)
        finally:
            if held:
                self._changing.release()
        self._lock.release()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()

    def _stop_strays(self) -> None:
        strays = with_environment(STATE_VARIABLE, str(self.state_dir))
        if strays:
            names = ", ".join(sorted({stray.name for stray in strays}))
            self._report(f"Stopping what an earlier run left running: {names}.")
        if left := stop_all(strays, TERMINATE):
            raise StartupProblem(f"{left[0].name} (process {left[0].pid}) of an earlier run on {self.state_dir} can't be stopped: stop it.")

    def _watch(self) -> None:
        while not self._stopping.wait(_POLL_SECONDS):
            with self._changing:
                for service in self._services:
                    code = None if self._stopping.is_set() else service.poll()
                    if code is not None and not self._revive(service, code):
                        return

    def _revive(self, service: Service, code: int) -> bool:
        """Start a service that ended by itself again; False where it has done so too often, or can't be started."""
        crashes = self._crashes.setdefault(service.name, deque())
        crashes.append(time.monotonic())
        while crashes[0] < time.monotonic() - self._window:
            crashes.popleft()
        words = last_words(service.log_file.read_text(errors="replace")[-65_536:])
        if len(crashes) > self._restarts:
            times = f"{len(crashes)} times in {self._window:.0f} seconds, the last time" if len(crashes) > 1 else "once"
            self._fail(StartupProblem(f"{service.name} stopped {times} with code {code} ({words}): see {service.log_file}."))
            return False
        self._report(f"{service.name} stopped with code {code} ({words}); starting it again.")
        try:
            service.start()
        except StartupProblem as problem:
            self._fail(problem)
            return False
        return True

    def _fail(self, problem: StartupProblem) -> None:
        self._failure = problem
        # Wakes the main thread out of whatever it is doing; `wait` or the end of the context then raises the failure.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _pay_no_heed(_number: int, _frame: FrameType | None) -> None:
    """Not SIG_IGN, which child processes would inherit."""

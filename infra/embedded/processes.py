"""Child processes that can't outlive us: started through `child.py`, logged to a file, stopped step by step."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from infra.embedded import child
from infra.embedded.problems import StartupProblem

Steps = Sequence[tuple[signal.Signals, float]]
TERMINATE: Steps = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

_LOG_BYTES_KEPT = 10_000_000

# A parent-death signal is sent when the *thread* that started the child ends, so one thread that lives as long as we do starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-starter")


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a server runs: `keep` our user, another `user`, or our own under another number in a user `namespace`."""

    kind: Literal["keep", "user", "namespace"]
    uid: int
    gid: int

    @property
    def owns_as(self) -> tuple[int, int]:
        """Whose the files on disk must be for this identity to own them."""
        return (self.uid, self.gid) if self.kind == "user" else (os.geteuid(), os.getegid())


def own_identity() -> Identity:
    """The identity that changes nothing."""
    return Identity("keep", os.geteuid(), os.getegid())


@dataclass(frozen=True, slots=True)
class Launch:
    """What to execute, and how. `watch` is for programs that start processes of their own."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    identity: Identity
    directory: Path = Path("/")
    death_signal: signal.Signals = signal.SIGTERM
    watch: bool = False

    def command(self) -> list[str]:
        """The command line that starts `child.py` with this order."""
        order = {
            "parent": os.getpid(),
            "death_signal": int(self.death_signal),
            "kind": self.identity.kind,
            "uid": self.identity.uid,
            "gid": self.identity.gid,
            "directory": str(self.directory),
            "watch": self.watch,
            "argv": list(self.argv),
        }
        return [sys.executable, "-I", "-S", str(Path(child.__file__).resolve()), json.dumps(order)]


class ChildProcess:
    """One running server. Its output goes straight to its log file, so that it survives our death without a broken pipe."""

    def __init__(self, name: str, launch: Launch, log_file: Path) -> None:
        self.name = name
        self.log_file = log_file
        self._log_offset = _open_log(log_file)
        with log_file.open("ab") as log:
            self._process: subprocess.Popen[bytes] = _starter.submit(
                subprocess.Popen,
                launch.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=dict(launch.environment),
                start_new_session=True,
            ).result()

    @property
    def pid(self) -> int:
        """The server's process id; it also names its process group."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code once it has ended, None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """What this run has logged so far (the last 64 kB)."""
        with self.log_file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_offset, size - 65_536))
            return log.read().decode(errors="replace")

    def stop(self, steps: Steps = TERMINATE) -> None:
        """Send each step's signal and wait its seconds until the server has ended, then end what is left of its group."""
        for number, seconds in steps:
            if self.poll() is not None:
                break
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.end_group()

    def end_group(self) -> None:
        """Kill whatever the server started and left behind."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)


def _open_log(path: Path) -> int:
    """Make the log's folder, set a log that has grown large aside, and return where this run's lines will begin."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
    size = path.stat().st_size
    if size > _LOG_BYTES_KEPT:
        path.replace(path.with_name(path.name + ".1"))
        path.touch(mode=0o600)
        return 0
    return size


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a short-lived program ended."""

    code: int
    output: str


def run_once(launch: Launch, *, seconds: float) -> Outcome:
    """Run a program to its end under the same rules as a server; StartupProblem when it takes longer than `seconds`."""
    try:
        done = subprocess.run(  # noqa: S603 - the program was located by us, not named by a request
            launch.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(launch.environment),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise StartupProblem(f"{launch.argv[0]} took longer than {seconds:.0f} seconds: is the machine overloaded, or the disk hanging?") from problem
    return Outcome(done.returncode, done.stdout.decode(errors="replace"))


def plain_environment() -> dict[str, str]:
    """The environment for servers: nothing of ours (no PG* variables, no locale) but where to find libraries."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **kept}

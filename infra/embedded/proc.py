"""What /proc tells about other processes: who they are, where they work, which port they hold."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
_GONE = frozenset("ZX")


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """A process as it was when looked at; `started` (clock ticks since boot) tells it from a later one with the same id."""

    pid: int
    started: int
    name: str
    program: str
    directory: str
    arguments: tuple[str, ...]


def look_at(pid: int) -> ProcessInfo | None:
    """The process, or None where it is gone, a zombie, or another user's whose details the kernel keeps from us."""
    root = Path("/proc") / str(pid)
    try:
        stat = (root / "stat").read_text(errors="replace")
        name, _, rest = stat.partition("(")[2].rpartition(")")
        fields = rest.split()
        if fields[0] in _GONE:
            return None
        program = os.readlink(root / "exe").removesuffix(" (deleted)")
        directory = os.readlink(root / "cwd").removesuffix(" (deleted)")
        arguments = (root / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace").split("\0")
    except (OSError, IndexError):
        return None
    return ProcessInfo(pid, int(fields[19]), name, program, directory, tuple(arguments))


def all_pids() -> Iterator[int]:
    """Every process id there is."""
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def find(condition: Callable[[ProcessInfo], bool]) -> list[ProcessInfo]:
    """Every process, ourselves apart, for which `condition` holds."""
    seen = (look_at(pid) for pid in all_pids() if pid != os.getpid())
    return [process for process in seen if process is not None and condition(process)]


def with_environment(name: str, value: str) -> list[ProcessInfo]:
    """Processes that were started with `name=value` in their environment; ourselves and our ancestors apart."""
    wanted = f"{name}={value}".encode()
    own_line = set(_ancestors())
    found = []
    for pid in all_pids():
        if pid in own_line:
            continue
        with contextlib.suppress(OSError):
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and (process := look_at(pid)):
                found.append(process)
    return found


def _ancestors() -> Iterator[int]:
    pid = os.getpid()
    while pid > 0:
        yield pid
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            return


def is_alive(process: ProcessInfo) -> bool:
    """Whether that very process still runs."""
    now = look_at(process.pid)
    return now is not None and now.started == process.started


def stop_all(processes: Iterable[ProcessInfo], steps: Sequence[tuple[signal.Signals, float]]) -> list[ProcessInfo]:
    """Send each step's signal and wait up to its seconds, until none lives; returns those that still do."""
    alive = [process for process in processes if is_alive(process)]
    for number, seconds in steps:
        for process in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process.pid, number)
        deadline = time.monotonic() + seconds
        while alive and time.monotonic() < deadline:
            time.sleep(0.02)
            alive = [process for process in alive if is_alive(process)]
        if not alive:
            break
    return alive


def listener_on(port: int) -> ProcessInfo | None:
    """The process that listens on a TCP port, where /proc lets us see it."""
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not sockets:
        return None
    for pid in all_pids():
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{pid}/fd/{descriptor}") in sockets:
                        return look_at(pid)
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]

"""The state directory: made, checked for space and for the right to write, locked to one instance, with its secrets."""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import tempfile
from pathlib import Path

from infra.embedded.problems import AlreadyRunning, StartupProblem
from infra.embedded.proc import look_at

MINIMUM_FREE_BYTES = 500 * 1_000_000


def prepare_directory(path: Path, *, minimum_free_bytes: int = MINIMUM_FREE_BYTES) -> None:
    """Make `path` where it is absent (others may pass through it, as a server without root must, but not list it), and prove that it
    can be written to and has room. The rights of a folder that was there before are left alone.
    """
    try:
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o711)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as problem:
        raise StartupProblem(
            f"The state directory {path} can't be written to by {_own_name()} ({problem.strerror}): "
            "make it writable, remove it, or choose another one."
        ) from problem
    free = shutil.disk_usage(path).free
    if free < minimum_free_bytes:
        raise StartupProblem(
            f"Only {free // 1_000_000} MB are free on the disk of {path}, and {minimum_free_bytes // 1_000_000} MB are needed: "
            "free some space, or choose another state directory."
        )


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"


class DirectoryLock:
    """Held by the one process that may use a directory. The kernel lets go of it when the process ends, however it ends."""

    def __init__(self, path: Path, protects: Path) -> None:
        self._path = path
        self._protects = protects
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise AlreadyRunning that names its holder. Taking it twice is harmless."""
        if self._descriptor is not None:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            os.close(descriptor)
            raise AlreadyRunning(self._say_who(holder)) from problem
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def _say_who(self, holder: str) -> str:
        process = look_at(int(holder)) if holder.isdigit() else None
        who = f"process {process.pid}, {process.name}" if process else "another process"
        return f"Another instance ({who}) is running on {self._protects}: use that one, stop it first, or choose another state directory."

    def release(self) -> None:
        """Let go; the file stays, because removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def keep_secret(path: Path) -> str:
    """The secret in the file `path` (mode 0600), made at random the first time."""
    with contextlib.suppress(FileNotFoundError):
        if found := path.read_text(encoding="ascii").strip():
            return found
    secret = secrets.token_urlsafe(32)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)
    return secret

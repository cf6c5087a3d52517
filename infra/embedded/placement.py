"""Where a server that refuses root runs, and as whom: an ordinary user, else a user namespace, else from copies that such a user can reach."""

import contextlib
import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.child import EXIT_DIRECTORY, EXIT_EXECUTE, EXIT_IDENTITY
from infra.embedded.problems import StartupProblem, explain_loader, last_words
from infra.embedded.processes import Identity, Launch, Outcome, own_identity, plain_environment, run_once

NOBODY = 65534
REACHABLE_ROOT = Path("/var/lib/embedded-servers")


@dataclass(frozen=True, slots=True)
class Placement:
    """A way to run the program that was tried and works. `output` is what the program answered to `--version`."""

    identity: Identity
    program: Path
    directory: Path
    output: str


def candidates(owner_uid: int) -> tuple[Identity, ...]:
    """The identities to try, best first. Data that an ordinary user owns already are served as that user."""
    namespace = Identity("namespace", NOBODY, NOBODY)
    if os.geteuid() == 0:
        user = _ordinary_user(owner_uid)
        return (user, namespace)
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        # initdb looks its user up; a container started with any number as its user has no entry for it.
        return (namespace,)
    return (own_identity(),)


def _ordinary_user(owner_uid: int) -> Identity:
    with contextlib.suppress(KeyError):
        if owner_uid:
            return Identity("user", owner_uid, pwd.getpwuid(owner_uid).pw_gid)
    return Identity("user", NOBODY, NOBODY)


def place(program: Path, directory: Path, *, package_root: Path | None) -> Placement:
    """Find out by trying how `program` can run with its data in `directory`, whose parent exists.

    `package_root` is the folder to copy when nobody but root can reach the program; None where copying makes no sense.
    Raises StartupProblem that says what stands in the way: a missing library, or no right to give up root.
    """
    tried: list[Outcome] = []
    for identity in candidates(directory.stat().st_uid if directory.exists() else 0):
        outcome = _try(identity, program, directory)
        if outcome.code == 0:
            return Placement(identity, program, directory, outcome.output)
        _raise_where_hopeless(program, outcome)
        tried.append(outcome)
    if os.geteuid() == 0 and tried[0].code != EXIT_IDENTITY:
        return _place_copies(program, directory, package_root, tried[0])
    raise StartupProblem(
        f"{program.name} refuses to run as root, and this system lets us neither change the user nor open a user namespace "
        f"({last_words(tried[-1].output)}): run the command as an ordinary user."
    )


def _place_copies(program: Path, directory: Path, package_root: Path | None, outcome: Outcome) -> Placement:
    identity = candidates(0)[0]
    if outcome.code == EXIT_DIRECTORY:
        directory = _relocate(directory)
        outcome = _try(identity, program, directory)
    if outcome.code == EXIT_EXECUTE and package_root is not None:
        program = _copy_package(package_root) / program.relative_to(package_root)
        outcome = _try(identity, program, directory)
    if outcome.code != 0:
        _raise_where_hopeless(program, outcome)
        raise StartupProblem(f"{program.name} can't run without root here ({last_words(outcome.output)}): run the command as an ordinary user.")
    return Placement(identity, program, directory, outcome.output)


def _try(identity: Identity, program: Path, directory: Path) -> Outcome:
    # The parent, because the directory itself is given to the identity only once it is known to work.
    return run_once(Launch((str(program), "--version"), plain_environment(), identity, directory.parent), seconds=30)


def _raise_where_hopeless(program: Path, outcome: Outcome) -> None:
    """No other identity mends a program that starts and then fails."""
    if outcome.code in (0, EXIT_IDENTITY, EXIT_DIRECTORY):
        return
    if problem := explain_loader(program.name, outcome.output):
        raise problem
    if outcome.code == EXIT_EXECUTE and "Permission denied" in outcome.output:
        return
    if outcome.code == EXIT_EXECUTE:
        raise StartupProblem(
            f"{program} can't be executed on this system ({last_words(outcome.output)}): "
            "it needs glibc (Debian or Ubuntu) and the processor that the package was installed for."
        )
    raise StartupProblem(f"{program} fails with code {outcome.code} ({last_words(outcome.output)}): install its package again.")


def give_to(identity: Identity, directory: Path) -> None:
    """Make `identity` the owner of a directory tree, where we are root and it isn't yet."""
    uid, gid = identity.owns_as
    if os.geteuid() != 0 or directory.stat().st_uid == uid:
        return
    for parent, folders, files in os.walk(directory):
        for name in (*folders, *files):
            os.chown(os.path.join(parent, name), uid, gid, follow_symlinks=False)
    # Last, so that an interrupted change of ownership is done again.
    os.chown(directory, uid, gid)


def relocated(directory: Path) -> Path:
    """Where the content of a directory that only root can reach is kept; a symbolic link in its place points there."""
    return REACHABLE_ROOT / hashlib.sha256(str(directory.absolute()).encode()).hexdigest()[:16]


def _relocate(directory: Path) -> Path:
    target = relocated(directory)
    _make_reachable_root()
    if target.exists():
        # The state directory that pointed here was removed by hand: its content is meant to be gone.
        shutil.rmtree(target)
    if directory.exists():
        shutil.move(directory, target)
    directory.symlink_to(target)
    return target


def _make_reachable_root() -> None:
    REACHABLE_ROOT.mkdir(parents=True, exist_ok=True)
    REACHABLE_ROOT.chmod(0o711)


def _copy_package(package_root: Path) -> Path:
    """Copy the package and the folder of libraries beside it; done once for each version, since the name tells the version's files."""
    libraries = package_root.with_name(package_root.name + ".libs")
    newest = max(package_root.stat().st_mtime_ns, libraries.stat().st_mtime_ns if libraries.exists() else 0)
    home = REACHABLE_ROOT / f"{package_root.name}-{newest:x}"
    if not home.exists():
        fresh = home.with_name(home.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        _make_reachable_root()
        fresh.mkdir()
        fresh.chmod(0o755)
        shutil.copytree(package_root, fresh / package_root.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.rename(home)
    return home / package_root.name

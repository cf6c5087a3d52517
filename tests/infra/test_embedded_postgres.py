"""The embedded PostgreSQL with real servers: from the wheel, and from the system's version 15 where it is installed."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from infra.embedded import cluster, placement
from infra.embedded.directories import keep_secret
from infra.embedded.postgres import PostgresServer
from infra.embedded.problems import AlreadyRunning, PortTaken, StartupProblem, explain_loader
from infra.embedded.proc import ProcessInfo, find, look_at

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
NEEDS_15 = pytest.mark.skipif(not POSTGRES_15.exists(), reason="PostgreSQL 15 of Debian isn't installed")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up root")


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A state directory that any user can pass through (pytest's own can't be)."""
    directory = Path(tempfile.mkdtemp(prefix="embedded-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster to copy: making one takes a second of a whole processor."""
    directory = tmp_path_factory.mktemp("template")
    with PostgresServer(directory / "data", durable=False):
        pass
    return directory


@pytest.fixture
def prepared(reachable: Path, template: Path) -> Path:
    """A reachable state directory whose cluster is made and stopped."""
    shutil.copytree(template / "data", reachable / "data")
    shutil.copy(template / "data.password", reachable / "data.password")
    return reachable


def ask(server: PostgresServer, statement: str) -> object:
    """The first value of a statement's answer, as the superuser."""

    async def fetch() -> object:
        connection = await asyncpg.connect(server.dsn, timeout=10)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


async def connect(dsn: str) -> None:
    await (await asyncpg.connect(dsn, timeout=10)).close()


def servers_in(data_dir: Path) -> list[ProcessInfo]:
    place = str(data_dir.resolve())
    return find(lambda process: process.directory == place and Path(process.program).name == "postgres")


def test_data_survive_a_stop_and_a_start_on_another_port(reachable: Path) -> None:
    first = PostgresServer(reachable / "data")
    with first:
        ask(first, "create table kept as select 7 as n")
        assert ask(first, "show fsync") == "on"
        assert ask(first, "show data_checksums") == "on"
    assert servers_in(reachable / "data") == []

    with PostgresServer(reachable / "data") as second:
        assert ask(second, "select n from kept") == 7
        assert second.password == first.password


def test_the_wheels_server_knows_chinese_words_and_speaks_no_dialect_of_the_machine(reachable: Path) -> None:
    with PostgresServer(reachable / "data", durable=False) as server:
        ask(server, "create extension pg_trgm")
        assert ask(server, "select array_length(show_trgm('溯源批次'), 1)") == 5
        assert ask(server, "select datlocprovider::text || datcollate from pg_database where datname = 'postgres'") == "bC.UTF-8"
        assert ask(server, "show timezone") == "UTC"
        assert ask(server, "show fsync") == "off"


@NEEDS_15
def test_the_systems_postgresql_15_is_served_alike(reachable: Path) -> None:
    with PostgresServer(reachable / "data", bin_dir=POSTGRES_15, durable=False, settings={"work_mem": "7MB"}) as server:
        assert ask(server, "select current_setting('server_version_num')::int / 10000") == 15
        assert ask(server, "select datcollate from pg_database where datname = 'postgres'") == "C.UTF-8"
        assert ask(server, "show work_mem") == "7MB"
        ask(server, "create extension pg_trgm")
        assert ask(server, "select array_length(show_trgm('溯源批次'), 1)") == 5


def test_only_the_password_of_a_private_file_opens_it(prepared: Path) -> None:
    with PostgresServer(prepared / "data", durable=False) as server:
        assert (prepared / "data.password").stat().st_mode & 0o777 == 0o600
        assert (prepared / "data.password").read_text().strip() == server.password
        wrong = server.dsn_for("postgres", password="wrong")
        with pytest.raises(asyncpg.InvalidPasswordError):
            asyncio.run(connect(wrong))
        command_line = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert server.password.encode() not in command_line


@NEEDS_ROOT
def test_as_root_it_runs_as_nobody_where_that_user_can_reach_the_data(prepared: Path) -> None:
    with PostgresServer(prepared / "data", durable=False) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == placement.NOBODY
        assert "Groups:\t \n" in Path(f"/proc/{server.pid}/status").read_text()


@NEEDS_ROOT
def test_as_root_it_runs_in_a_user_namespace_where_nobody_can_t_reach_the_data(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    data_dir = tmp_path / "data"
    with PostgresServer(data_dir, durable=False) as server:
        assert ask(server, "select 1") == 1
        assert os.readlink(f"/proc/{server.pid}/ns/user") != os.readlink("/proc/self/ns/user")
    assert data_dir.stat().st_uid == 0
    # Where the way to the data opens later, the ordinary user takes them over.
    reachable = Path(tempfile.mkdtemp(prefix="embedded-"))
    reachable.chmod(0o755)
    for name in ("data", "data.password"):
        shutil.move(tmp_path / name, reachable / name)
    with PostgresServer(reachable / "data", durable=False) as server:
        assert ask(server, "select 1") == 1
    assert (reachable / "data" / "base").stat().st_uid == placement.NOBODY
    shutil.rmtree(reachable)


def test_a_killed_server_is_reported_and_starts_again_on_its_port_with_what_was_committed(prepared: Path) -> None:
    with PostgresServer(prepared / "data") as server:
        ask(server, "create table kept as select 7 as n")
        port, pid = server.port, server.pid
        assert server.poll() is None
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while server.poll() is None:
            time.sleep(0.01)
        assert server.poll() == -signal.SIGKILL

        server.start()
        assert server.port == port
        assert ask(server, "select n from kept") == 7


def test_an_orphan_of_an_earlier_run_is_stopped_and_its_data_are_served(prepared: Path) -> None:
    data_dir = prepared / "data"
    with PostgresServer(data_dir, durable=False) as server:
        ask(server, "create table kept as select 7 as n")
        program = os.readlink(f"/proc/{server.pid}/exe")
        launched_as = Path(f"/proc/{server.pid}").stat().st_uid
    orphan = subprocess.Popen(
        [program, "-D", str(data_dir), "-p", str(server.port), "-k", "", "-c", "listen_addresses=127.0.0.1"],
        user=launched_as,
        extra_groups=[] if os.geteuid() == 0 else None,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not servers_in(data_dir):
        time.sleep(0.01)

    with PostgresServer(data_dir, durable=False) as recovered:
        assert orphan.wait(1) == 0
        assert ask(recovered, "select n from kept") == 7


def test_a_stale_pid_file_that_names_a_living_stranger_is_ignored(prepared: Path) -> None:
    data_dir = prepared / "data"
    with PostgresServer(data_dir, durable=False):
        shutil.copy(data_dir / "postmaster.pid", prepared / "pid")
    lines = (prepared / "pid").read_text().splitlines()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data_dir / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        with PostgresServer(data_dir, durable=False) as server:
            assert ask(server, "select 1") == 1
        assert look_at(stranger.pid) is not None
        stranger.kill()


def test_a_half_made_cluster_of_a_killed_run_is_made_anew(reachable: Path) -> None:
    (reachable / "data.new").mkdir()
    (reachable / "data.new" / "PG_VERSION").write_text("18\n")
    with PostgresServer(reachable / "data", durable=False) as server:
        assert server.poll() is None
    assert sorted(path.name for path in reachable.iterdir()) == ["data", "data.lock", "data.password", "logs"]


def test_a_taken_port_is_refused_with_the_name_of_its_holder(prepared: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        own_name = Path("/proc/self/comm").read_text().strip()
        with pytest.raises(PortTaken) as caught:
            PostgresServer(prepared / "data", port, durable=False).start()
    assert caught.value.message == f"Port {port} on 127.0.0.1 is taken by {own_name} (process {os.getpid()}): stop it, or choose another port."
    assert servers_in(prepared / "data") == []


def test_a_second_instance_is_refused_and_the_first_goes_on(prepared: Path) -> None:
    with PostgresServer(prepared / "data", durable=False) as server:
        with pytest.raises(AlreadyRunning) as caught:
            PostgresServer(prepared / "data", durable=False).start()
        assert caught.value.message.startswith(f"Another instance (process {os.getpid()}, ")
        assert caught.value.message.endswith("use that one, stop it first, or choose another state directory.")
        assert ask(server, "select 1") == 1


def test_data_of_another_major_version_are_refused_and_left_alone(prepared: Path) -> None:
    version = prepared / "data" / "PG_VERSION"
    version.write_text("14\n")
    before = sorted(path.name for path in (prepared / "data").rglob("*"))
    with pytest.raises(StartupProblem, match=r"were written by PostgreSQL 14, and this is 18: dump and load") as caught:
        PostgresServer(prepared / "data", durable=False).start()
    assert "\n" not in caught.value.message
    assert sorted(path.name for path in (prepared / "data").rglob("*")) == before


def test_a_lost_password_is_said_rather_than_replaced(prepared: Path) -> None:
    (prepared / "data.password").unlink()
    with pytest.raises(StartupProblem, match=r"data\.password is missing: restore it"):
        PostgresServer(prepared / "data", durable=False).start()
    assert not (prepared / "data.password").exists()


def test_a_missing_library_is_named(reachable: Path) -> None:
    (reachable / "bin").mkdir()
    binary = (cluster.locate_package() / "pginstall" / "bin" / "postgres").read_bytes()
    assert binary.count(b"\0libz.so.1\0") == 1
    (reachable / "bin" / "postgres").write_bytes(binary.replace(b"\0libz.so.1\0", b"\0libq.so.1\0"))
    (reachable / "bin" / "postgres").chmod(0o755)
    with pytest.raises(StartupProblem) as caught:
        PostgresServer(reachable / "data", bin_dir=reachable / "bin", durable=False).start()
    assert caught.value.message == ("postgres can't start: this system lacks the library libq.so.1; install the package that contains it")


@pytest.mark.parametrize(
    ("library", "package"),
    [
        ("libz.so.1", "zlib1g"),
        ("libicuuc.so.72", "libicu72"),
        ("libssl.so.3", "libssl3"),
        ("libldap-2.5.so.0", "libldap-2.5-0"),
        ("libreadline.so.8", "libreadline8"),
        ("libstdc++.so.6", "libstdc++6"),
    ],
)
def test_a_known_library_is_named_with_its_package(library: str, package: str) -> None:
    words = f"/x/postgres: error while loading shared libraries: {library}: cannot open shared object file: No such file or directory\n"
    problem = explain_loader("postgres", words)
    assert problem is not None
    assert problem.message == f"postgres can't start: this system lacks the library {library}; install it with: apt-get install -y {package}"


def test_a_system_older_than_the_program_is_said_to_be_one() -> None:
    problem = explain_loader("postgres", "/x/postgres: /lib/libc.so.6: version `GLIBC_2.38' not found (required by /x/postgres)\n")
    assert problem is not None
    assert problem.message.startswith("postgres can't start: it needs GLIBC_2.38, and this system's C library is older")


def test_a_program_for_another_processor_is_said_to_be_one(reachable: Path) -> None:
    (reachable / "bin").mkdir()
    (reachable / "bin" / "postgres").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(100))
    (reachable / "bin" / "postgres").chmod(0o755)
    with pytest.raises(StartupProblem, match=r"can't be executed on this system .*Exec format error"):
        PostgresServer(reachable / "data", bin_dir=reachable / "bin").start()


def test_a_folder_without_a_server_is_said_to_be_one(reachable: Path) -> None:
    with pytest.raises(StartupProblem, match=r"There is no PostgreSQL server in .*give the `bin` directory of version 15 or later"):
        PostgresServer(reachable / "data", bin_dir=reachable).start()


def test_a_setting_that_the_server_refuses_is_shown_in_its_own_words(prepared: Path) -> None:
    with pytest.raises(StartupProblem, match='unrecognized configuration parameter "no_such_setting"') as caught:
        PostgresServer(prepared / "data", durable=False, settings={"no_such_setting": "1"}).start()
    assert "\n" not in caught.value.message
    assert servers_in(prepared / "data") == []


def test_erase_removes_data_and_password_and_a_start_makes_new_ones(prepared: Path) -> None:
    server = PostgresServer(prepared / "data", durable=False)
    with server:
        ask(server, "create table kept as select 7 as n")
        old = server.password
    server.erase()
    assert sorted(path.name for path in prepared.iterdir()) == ["data.lock", "logs"]
    with PostgresServer(prepared / "data", durable=False) as fresh:
        assert ask(fresh, "select to_regclass('kept')") is None
        assert fresh.password != old


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    secret = keep_secret(tmp_path / "secret")
    assert keep_secret(tmp_path / "secret") == secret
    assert len(secret) == 43
    assert keep_secret(tmp_path / "other") != secret

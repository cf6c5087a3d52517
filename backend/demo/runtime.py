"""Starts the servers, the service and its worker under one supervisor, on real PostgreSQL, Valkey and S3."""

import asyncio
import json
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.command import Command
from infra.embedded.directories import prepare_directory
from infra.embedded.object_store import ObjectStore
from infra.embedded.ports import ensure_port_free
from infra.embedded.postgres import PostgresServer
from infra.embedded.supervisor import Supervisor
from infra.embedded.valkey import ValkeyServer
from infra.provision import provision
from infra.roles import LOGIN_ROLES

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("SUYUAN_STATE_DIR", ROOT / ".suyuan"))
DATABASE = "suyuan"
BUCKET = "suyuan"


@dataclass(frozen=True, slots=True)
class Ground:
    """The servers under the service."""

    postgres: PostgresServer
    valkey: ValkeyServer
    store: ObjectStore


def web_port() -> int:
    """The one port that people see."""
    return int(os.environ.get("SUYUAN_PORT", "8000"))


def public_url() -> str:
    """Where the demo is reached."""
    return f"http://localhost:{web_port()}"


def start_ground(supervisor: Supervisor) -> Ground:
    """Start the three servers at the same time."""
    ensure_port_free(web_port())
    ground = Ground(PostgresServer(STATE / "postgres"), ValkeyServer(STATE / "valkey"), ObjectStore(STATE / "objects", origins=[public_url()]))
    supervisor.start_together(ground.postgres, ground.valkey, ground.store)
    return ground


def environment(ground: Ground) -> dict[str, str]:
    """The service's settings on these servers; provisions the database. Its secrets are made at random once and kept for the owner alone."""
    kept = _kept_secrets()
    urls = asyncio.run(provision(ground.postgres.dsn, DATABASE, {role: kept[role] for role in LOGIN_ROLES}))
    return {
        **urls.environment(),
        "SUYUAN_ENVIRONMENT": "demo",
        "SUYUAN_PUBLIC_URL": public_url(),
        "SUYUAN_PORT": str(web_port()),
        "SUYUAN_REDIS_URL": ground.valkey.url,
        "SUYUAN_S3_ENDPOINT": ground.store.endpoint,
        "SUYUAN_S3_PUBLIC_ENDPOINT": public_url(),
        "SUYUAN_S3_GATEWAY": "true",
        "SUYUAN_S3_BUCKET": BUCKET,
        "SUYUAN_S3_ACCESS_KEY": ground.store.access_key,
        "SUYUAN_S3_SECRET_KEY": ground.store.secret_key,
        "SUYUAN_TOKEN_SIGNING_KEY": kept["token"],
        "SUYUAN_ENCRYPTION_KEY": kept["encryption"],
        "SUYUAN_LOG_LEVEL": os.environ.get("SUYUAN_LOG_LEVEL", "WARNING"),
    }


def _kept_secrets() -> dict[str, str]:
    path = STATE / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    lacking = [name for name in (*LOGIN_ROLES, "token", "encryption") if name not in kept]
    if lacking:
        kept |= {name: f"demo-{secrets.token_urlsafe(24)}" for name in lacking}
        path.touch(mode=0o600)
        path.write_text(json.dumps(kept))
    return kept


def start_web(supervisor: Supervisor, settings: dict[str, str]) -> None:
    """Start the web server and wait until it listens."""
    command = [sys.executable, "-m", "backend.cli", "serve"]
    supervisor.start(Command("web", command, STATE, environment=settings, port=web_port(), directory=ROOT))


def start_worker(supervisor: Supervisor, settings: dict[str, str]) -> None:
    """Start relay and worker, and the one that captures long documents; nothing waits for them."""
    for name, queues in (("worker", ("short", "long")), ("bulk", ("bulk",))):
        command = [sys.executable, "-m", "backend.cli", "work", "--queues", *queues]
        supervisor.start(Command(name, command, STATE, environment=settings, directory=ROOT))


def reset() -> None:
    """Throw everything away that the demo keeps."""
    if STATE.exists():
        with Supervisor(STATE):
            PostgresServer(STATE / "postgres").erase()
        shutil.rmtree(STATE)
    prepare_directory(STATE)

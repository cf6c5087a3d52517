"""The image, the compose file and the steps that run in them: read as Docker reads them, since no engine can be counted on here."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import asyncpg
import pytest
import yaml

from infra.docker.provision import ADMIN_URL, ROLE_OF, provision, read_provision
from infra.embedded.postgres import PostgresServer
from infra.roles import LOGIN_ROLES
from infra.settings import Settings

ROOT: Final = Path(__file__).resolve().parents[2]
DOCKER: Final = ROOT / "infra" / "docker"
PINNED: Final = re.compile(r"[a-z0-9./-]+:[A-Za-z0-9._-]*\d[A-Za-z0-9._-]*@sha256:[0-9a-f]{64}")
OURS: Final = frozenset({"provision", "migrate", "bucket", "server", "worker", "bulk"})
SETTINGS: Final = {f"SUYUAN_{name.upper()}": field for name, field in Settings.model_fields.items()}


@dataclass(frozen=True)
class Instruction:
    word: str
    arguments: str
    stage: int


def read_dockerfile() -> list[Instruction]:
    """Instructions with continued lines joined and comments left out, each with the number of its stage."""
    lines = [line for line in (DOCKER / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    instructions: list[Instruction] = []
    stage = -1
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, arguments = line.partition(" ")
        stage += word == "FROM"
        instructions.append(Instruction(word, arguments.strip(), stage))
    return instructions


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return document


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def of(word: str, *, last_stage: bool = False) -> list[str]:
    instructions = read_dockerfile()
    return [found.arguments for found in instructions if found.word == word and (not last_stage or found.stage == instructions[-1].stage)]


def test_every_stage_of_the_image_begins_with_a_pinned_image_or_an_earlier_stage() -> None:
    earlier: set[str] = set()
    for source in of("FROM"):
        image, _, name = source.partition(" AS ")
        assert image in earlier or PINNED.fullmatch(image), source
        earlier.add(name)
    assert any(source.startswith("python:3.11.") and "-slim-" in source for source in of("FROM"))


def test_the_image_runs_as_a_fixed_user_that_is_not_root() -> None:
    words = [found.word for found in read_dockerfile() if found.stage == read_dockerfile()[-1].stage]
    assert of("USER", last_stage=True) == ["10001:10001"]
    assert "RUN" not in words[words.index("USER") :]
    assert "COPY" not in words[words.index("USER") :]


def test_the_image_takes_nothing_from_an_address() -> None:
    assert of("ADD") == []
    assert not any(re.search(r"\b(curl|wget)\b|git clone", command) for command in of("RUN"))


def test_the_image_is_installed_from_the_lock_file_without_what_only_development_needs() -> None:
    (install,) = [command for command in of("RUN") if "uv sync" in command]
    assert {"--frozen", "--no-default-groups", "--no-build", "--compile-bytecode"} <= set(install.split())
    (system,) = [command for command in of("RUN") if "apt-get install" in command]
    assert "--no-install-recommends" in system
    assert "rm -rf /var/lib/apt/lists/*" in system
    assert {"libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"} <= set(system.split())


def test_the_lock_file_has_a_hash_for_every_package_and_comes_from_the_public_index() -> None:
    lock = (ROOT / "uv.lock").read_text()
    files = re.findall(r'\{ url = "([^"]+)"([^}]*)\}', lock)
    assert files
    assert [url for url, rest in files if 'hash = "sha256:' not in rest] == []
    assert {url.split("/")[2] for url, _ in files} == {"files.pythonhosted.org"}


def test_the_image_starts_without_a_shell_and_tells_whether_it_is_ready() -> None:
    assert of("ENTRYPOINT") == ['["python", "-m", "backend.cli"]']
    assert of("CMD") == ['["serve"]']
    (health,) = of("HEALTHCHECK")
    assert 'CMD ["python", "-c", ' in health
    assert "/health/ready" in health


def test_the_image_holds_no_secret_and_only_settings_that_exist() -> None:
    named = [name for arguments in (*of("ENV"), *of("ARG")) for name in re.findall(r"(?:^|\s)([A-Z][A-Z0-9_]*)(?==|$)", arguments)]
    assert {"PATH", "SUYUAN_HOST", "VERSION"} <= set(named)
    assert [name for name in named if re.search(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL", name)] == []
    assert [name for name in named if name.startswith("SUYUAN_") and name not in SETTINGS] == []


def test_the_image_carries_the_labels_of_the_open_container_initiative() -> None:
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", of("LABEL")[0]))
    assert labels == {"title", "description", "vendor", "licenses", "version", "revision"}


def test_what_the_image_copies_exists_and_is_not_ignored() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert ignored[0] == "*"
    for arguments in of("COPY"):
        if arguments.startswith("--from="):
            continue
        for source in arguments.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source


@pytest.mark.parametrize("name", [".env", "example.env", "tls.key", "tls.pem"])
def test_what_may_hold_a_secret_is_kept_out_of_the_image(name: str) -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("**/")]
    assert any(fnmatch(f"infra/docker/{name}", pattern) for pattern in ignored)


def test_every_service_is_hardened() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), name
        assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service), name
        # The server's own is the image's.
        assert ("healthcheck" in service) is (name != "server"), name
        assert service["restart"] in ({"no"} if name in {"provision", "migrate", "bucket"} else {"unless-stopped"}), name


def test_the_images_of_others_are_pinned_and_none_is_under_the_agpl() -> None:
    for name in set(services()) - OURS:
        assert PINNED.fullmatch(services()[name]["image"]), name
        assert not re.search(r"minio|garage", services()[name]["image"]), name
    assert services()["database"]["image"].startswith("postgres:18.")
    assert services()["cache"]["image"].startswith("valkey/valkey:")


def test_state_is_kept_in_named_volumes_and_nothing_of_the_host_is_mounted() -> None:
    mounted = {volume.split(":")[0] for service in services().values() for volume in service.get("volumes", [])}
    assert mounted == set(compose()["volumes"]) == {"database", "cache", "objects"}


def test_database_and_cache_are_on_the_inner_network_alone_and_ports_are_published_on_loopback() -> None:
    assert compose()["networks"]["data"] == {"internal": True}
    assert [services()[name]["networks"] for name in ("database", "cache", "provision", "migrate")] == [["data"]] * 4
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert set(published) == {"server", "objects"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_services_wait_for_the_database_the_migration_and_the_bucket() -> None:
    waits = {name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()} for name, service in services().items()}
    done, healthy = "service_completed_successfully", "service_healthy"
    assert waits["provision"] == {"database": healthy}
    assert waits["migrate"] == {"provision": done}
    assert waits["bucket"] == {"objects": healthy}
    assert waits["server"] == waits["worker"] == waits["bulk"] == {"migrate": done, "cache": healthy, "bucket": done}


def test_the_services_are_given_settings_that_exist_and_every_one_that_is_required() -> None:
    for name in OURS:
        given = {variable for variable in services()[name]["environment"] if variable.startswith("SUYUAN_")}
        assert given - set(SETTINGS) == set(), name
        if name == "provision":  # reads the addresses of the roles, and no settings
            assert given == set(ROLE_OF)
            continue
        assert {variable for variable, field in SETTINGS.items() if field.is_required()} - given == set(), name
        assert services()[name]["environment"]["SUYUAN_ENVIRONMENT"] == "production"


def test_the_administrators_and_the_migrators_password_go_no_further_than_they_must() -> None:
    def holders(variable: str) -> set[str]:
        return {name for name, service in services().items() if variable in str(service["environment"])}

    assert holders("DATABASE_ADMIN_PASSWORD") == {"database", "provision"}
    assert holders("DATABASE_MIGRATOR_PASSWORD") == {"provision", "migrate"}


def variables_of_compose() -> dict[str, set[str]]:
    """Each variable of the compose file with what follows its name: a message for a required one, a default for another."""
    found: dict[str, set[str]] = {}
    text = "\n".join(line for line in (DOCKER / "compose.yaml").read_text().splitlines() if not line.lstrip().startswith("#"))
    for name, rest in re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)([^}]*)\}", text):
        found.setdefault(name, set()).add(rest)
    assert not re.search(r"(?<!\$)\$[A-Za-z_]", text), "a variable without braces escapes this check"
    return found


def test_a_password_has_no_default_and_a_missing_value_says_what_to_do() -> None:
    secret = re.compile(r"PASSWORD|KEY")
    for name, rests in variables_of_compose().items():
        for rest in rests:
            assert re.fullmatch(r":\?[\w .-]{10,}", rest) or (not secret.search(name) and re.fullmatch(r":-\S+", rest)), name + rest


def test_the_example_explains_every_variable_once_and_holds_no_secret() -> None:
    lines = (DOCKER / "example.env").read_text().splitlines()
    assigned = [line.partition("=")[::2] for line in lines if line and not line.startswith("#")]
    assert sorted(name for name, _ in assigned) == sorted(variables_of_compose())
    defaults = {name: next(iter(rests)).removeprefix(":-") for name, rests in variables_of_compose().items() if next(iter(rests)).startswith(":-")}
    assert {name: value for name, value in assigned if value} == defaults
    for index, line in enumerate(lines):
        if line and not line.startswith("#") and not line.startswith(("OBJECTS_PORT", "SUYUAN_S3_SECRET_KEY", "CACHE_PASSWORD")):
            assert lines[index - 1].startswith("#"), line


PASSWORDS: Final = {role: f"drawn-for-{role}" for role in LOGIN_ROLES}
ENVIRONMENT: Final = {
    **{variable: f"postgresql://{role}:{PASSWORDS[role]}@database:5432/suyuan" for variable, role in ROLE_OF.items()},
    ADMIN_URL: "postgresql://postgres:secret@database:5432/postgres",
}


def test_provisioning_knows_every_role_and_the_setting_that_names_it() -> None:
    assert set(ROLE_OF.values()) == set(LOGIN_ROLES)
    assert set(ROLE_OF) <= set(SETTINGS)
    assert ADMIN_URL not in SETTINGS


def test_provisioning_reads_its_plan_from_the_addresses() -> None:
    plan, faults = read_provision(ENVIRONMENT)
    assert faults == []
    assert plan is not None
    assert (plan.admin_url, plan.database, plan.passwords) == (ENVIRONMENT[ADMIN_URL], "suyuan", PASSWORDS)


def test_provisioning_names_every_fault_at_once() -> None:
    plan, faults = read_provision(
        ENVIRONMENT
        | {
            "SUYUAN_DATABASE_URL": "postgresql://postgres:drawn-for-suyuan_app@database/suyuan",
            "SUYUAN_DATABASE_RELAY_URL": "postgresql://suyuan_relay:short@database/other",
            "SUYUAN_DATABASE_AUTH_URL": "",
            "SUYUAN_DATABASE_PUBLIC_URL": "postgresql://suyuan_public:drawn-for-suyuan_app@database/suyuan",
            ADMIN_URL: "",
        }
    )
    assert plan is None
    assert [fault.split()[0] for fault in faults] == [
        "SUYUAN_DATABASE_URL",
        "SUYUAN_DATABASE_RELAY_URL",
        "SUYUAN_DATABASE_AUTH_URL",
        "the",
        "two",
        ADMIN_URL,
    ]
    assert "drawn-for" not in "".join(faults)


def test_provisioning_without_an_environment_ends_with_one_line_for_each_fault() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "infra.docker.provision"], cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 6)


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own, because roles belong to a whole cluster."""
    directory = Path(tempfile.mkdtemp(prefix="provision-"))
    directory.chmod(0o755)
    with PostgresServer(directory / "postgres", durable=False) as started:
        yield started
    shutil.rmtree(directory)


async def test_provisioning_is_done_twice_by_an_administrator_who_is_no_superuser(server: PostgresServer) -> None:
    # What a managed PostgreSQL gives: a role that may create roles and databases, and no more.
    superuser = await asyncpg.connect(server.dsn, timeout=10)
    await superuser.execute("create role administrator login createrole createdb password 'of the administrator'")
    admin_url = server.dsn_for("postgres", user="administrator", password="of the administrator")
    plan, faults = read_provision(ENVIRONMENT | {ADMIN_URL: admin_url})
    assert (faults, plan is None) == ([], False)
    assert plan is not None

    await provision(plan)
    await provision(plan)

    owner = await superuser.fetchval("select rolcanlogin or rolsuper or rolbypassrls from pg_roles where rolname = 'suyuan_owner'")
    attributes = await superuser.fetch(
        "select rolname from pg_roles where rolname = any($1::text[]) and rolcanlogin and not"
        " (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)",
        list(LOGIN_ROLES),
    )
    await superuser.close()
    assert owner is False
    assert sorted(row["rolname"] for row in attributes) == sorted(LOGIN_ROLES)
    for role, password in PASSWORDS.items():
        connection = await asyncio.wait_for(asyncpg.connect(server.dsn_for("suyuan", user=role, password=password)), 10)
        assert await connection.fetchval("select current_schemas(false)") == ["suyuan"]
        await connection.close()

"""For developers: `python -m backend.revisions check` compares migrations with declarations, `write NAME` writes a new one."""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from infra import migrate
from infra.embedded.postgres import PostgresServer
from infra.provision import provision
from infra.roles import LOGIN_ROLES
from infra.security_audit import findings


async def check(owner_url: str, admin_dsn: str) -> int:
    """What differs, and what the audit of the migrated database finds; returns how much."""
    differences = [f"the declarations differ: {difference}" for difference in await migrate.drift(owner_url)]
    problems = differences + [f"the wall has a hole: {finding}" for finding in await findings(admin_dsn)]
    print(*problems, sep="\n", file=sys.stderr)  # noqa: T201
    if differences:
        print('Write a migration: make migration NAME="what changes"', file=sys.stderr)  # noqa: T201
    return len(problems)


async def write(owner_url: str, name: str) -> int:
    """Write the next revision."""
    number = len(list((migrate.MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    await migrate.write_revision(owner_url, name, f"{number:04d}")
    return 0


def on_throwaway_database(use: Callable[[str, str], Awaitable[int]]) -> int:
    """Run with the addresses (owner's, administrator's) of a freshly migrated database that is thrown away afterwards."""

    async def run(server: PostgresServer) -> int:
        urls = await provision(server.dsn, "throwaway", dict.fromkeys(LOGIN_ROLES, "throwaway"))
        return await use(urls.owner, server.dsn_for("throwaway"))

    with tempfile.TemporaryDirectory(prefix="suyuan-") as directory:
        Path(directory).chmod(0o755)
        server = PostgresServer(Path(directory) / "postgres", durable=False)
        server.start()
        try:
            return asyncio.run(run(server))
        finally:
            server.erase()


def main(arguments: list[str]) -> int:
    """Exit status 0 when all is well."""
    match arguments:
        case ["check"]:
            return 1 if on_throwaway_database(check) else 0
        case ["write", name] if name.strip():
            return on_throwaway_database(lambda owner_url, _: write(owner_url, name))
    print('Usage: python -m backend.revisions check | write "what changes"', file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Makes the database, its schema and its roles as the administrator: `python -m infra.docker.provision`.

Runs before a migration and may be repeated: it repairs what is missing and gives each role the password that stands in its address.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from infra.roles import APPLICATION, AUTH, MIGRATOR, PUBLIC, RELAY, ensure_database, ensure_roles

# Not one of the service's settings: no server, worker or migration ever holds it.
ADMIN_URL: Final = "DATABASE_ADMIN_URL"
ROLE_OF: Final = {
    "SUYUAN_DATABASE_OWNER_URL": MIGRATOR,
    "SUYUAN_DATABASE_URL": APPLICATION,
    "SUYUAN_DATABASE_RELAY_URL": RELAY,
    "SUYUAN_DATABASE_AUTH_URL": AUTH,
    "SUYUAN_DATABASE_PUBLIC_URL": PUBLIC,
}
MINIMUM_PASSWORD_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Provision:
    """What is to be made: as whom, in which database, with which password a role."""

    admin_url: str
    database: str
    passwords: dict[str, str]


def read_provision(environment: Mapping[str, str]) -> tuple[Provision | None, list[str]]:
    """The plan, or None and every fault of the environment at once, each with the variable's name and what to do."""
    faults: list[str] = []
    passwords: dict[str, str] = {}
    databases: set[str] = set()
    for variable, role in ROLE_OF.items():
        url = urlsplit(environment.get(variable, ""))
        password = unquote(url.password or "")
        if not url.scheme:
            faults.append(f"{variable} is not set: give the address that role {role} will use")
            continue
        if url.username != role:
            faults.append(f"{variable} names user {url.username!r}: it must be {role}")
        if len(password) < MINIMUM_PASSWORD_LENGTH:
            faults.append(f"{variable} has too short a password: draw one of at least {MINIMUM_PASSWORD_LENGTH} characters")
        passwords[role] = password
        databases.add(url.path.removeprefix("/"))
    if databases and (len(databases) > 1 or "" in databases):
        faults.append(f"the addresses must all name the same database, not {sorted(databases)}")
    if len(set(passwords.values())) < len(passwords):
        faults.append("two roles have the same password: draw one for each")
    admin_url = environment.get(ADMIN_URL, "")
    if not admin_url:
        faults.append(f"{ADMIN_URL} is not set: give the address of a role that may create roles and databases")
    if faults:
        return None, faults
    return Provision(admin_url, databases.pop(), passwords), []


async def provision(plan: Provision) -> None:
    """Make the roles, then the database that they use."""
    await ensure_roles(plan.admin_url, plan.passwords)
    await ensure_database(plan.admin_url, plan.database)


def main() -> int:
    """The exit status: 0 when everything stands, 2 when the environment is at fault."""
    plan, faults = read_provision(os.environ)
    if plan is None:
        sys.stderr.write("".join(f"{fault}\n" for fault in faults))
        return 2
    asyncio.run(provision(plan))
    sys.stdout.write(f"Database {plan.database} and its roles are ready: {', '.join(sorted(plan.passwords))}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

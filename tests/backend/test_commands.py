"""The operator's commands, run as he runs them."""

import os
import subprocess
import sys
from uuid import uuid4

import httpx

from backend.services import Services
from infra.provision import DatabaseUrls
from infra.settings import Settings
from tenants.second_factor.codes import new_secret


def run(settings: Settings, urls: DatabaseUrls, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        **urls.environment(),
        "SUYUAN_ENVIRONMENT": "test",
        "SUYUAN_PUBLIC_URL": settings.public_url,
        "SUYUAN_REDIS_URL": settings.redis_url.get_secret_value(),
        "SUYUAN_TOKEN_SIGNING_KEY": settings.token_signing_key.get_secret_value(),
        "SUYUAN_ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
    }
    return subprocess.run([sys.executable, "-m", "backend.cli", *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_created_tenants_owner_can_sign_in(settings: Settings, database_urls: DatabaseUrls, client: httpx.AsyncClient) -> None:
    slug, login = f"c{uuid4().hex[:10]}", f"{uuid4().hex[:10]}@example.com"
    made = run(settings, database_urls, "create-tenant", slug, "Acme 有限公司", login)
    assert (made.returncode, made.stderr) == (0, "")
    answer = await client.post("/auth/sign-in", json={"login": login, "password": made.stdout.strip()})
    assert (answer.status_code, answer.json()["me"]["roles"]) == (200, ["owner"])
    again = run(settings, database_urls, "create-tenant", slug, "Acme", f"x{login}")
    assert (again.returncode, again.stderr.strip()) == (1, f"The name '{slug}' is taken; choose another.")
    assert run(settings, database_urls, "lift-block", login).returncode == 0


def test_migrating_twice_changes_nothing_and_needs_the_owners_address(settings: Settings, database_urls: DatabaseUrls) -> None:
    assert run(settings, database_urls, "migrate").returncode == 0
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")}
    lacking = subprocess.run(
        [sys.executable, "-m", "backend.cli", "migrate"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (lacking.returncode, lacking.stderr.splitlines()[-1][:34]) == (1, "SUYUAN_DATABASE_OWNER_URL is not s")


async def test_secrets_that_the_current_key_has_sealed_stay_as_they_are(settings: Settings, database_urls: DatabaseUrls, services: Services) -> None:
    person = uuid4()
    async with services.auth_database.connection() as connection:
        await connection.execute("insert into person (person_id, display_name) values ($1, 'Li Lei')", person)
    await services.identity.second_factors.install(person, new_secret())
    query = "select secret from person_factor where person_id = $1"
    async with services.auth_database.connection() as connection:
        before = await connection.fetchval(query, person)
        done = run(settings, database_urls, "reseal-secrets")
        assert (done.returncode, done.stdout, done.stderr) == (0, "0 secrets sealed anew.\n", "")
        assert await connection.fetchval(query, person) == before

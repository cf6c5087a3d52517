"""The operator's command that purges retired sandboxes."""

import argparse
from uuid import uuid4

import pytest
from pydantic import SecretStr

from backend.commands import purge_retired
from backend.services import Services
from infra.errors import ConflictError
from infra.provision import DatabaseUrls
from infra.settings import Settings
from tenants.registration import create_tenant
from tenants.sandbox import generations
from tests.tenants.companies import Superuser


@pytest.fixture
def as_operator(settings: Settings, database_urls: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings as the operator's environment gives them: a server's, and the owner's address."""
    complete = settings.model_copy(update={"database_owner_url": SecretStr(database_urls.owner)})
    monkeypatch.setattr(purge_retired, "load_settings", lambda: complete)


async def purge(*arguments: str) -> list[str]:
    """What the command would print."""
    parser = argparse.ArgumentParser()
    purge_retired.add_arguments(parser)
    return await purge_retired.purge_as_told(parser.parse_args(arguments))


@pytest.mark.usefixtures("as_operator")
async def test_retired_generations_are_purged_by_age_or_by_name_and_nothing_else_is(services: Services, superuser: Superuser) -> None:
    await services.storage.ensure_bucket()
    slug = f"c{uuid4().hex[:10]}"
    company = await create_tenant(services.identity, slug=slug, name=slug)
    auth = services.auth_database
    sandbox, _ = await generations.create(auth, company)
    young, old, older = [await generations.prepare(auth, company) for _ in range(3)]
    for generation, days in ((old, 3), (older, 8)):
        back = "update tenant set retired_at = now() - $2 * interval '1 day' where tenant_id = $1"
        await superuser.execute(back, generation.tenant_id, days)
    for refused in (company, sandbox, young):
        with pytest.raises(ConflictError, match=refused.slug):
            await purge("--tenant", str(refused.public_id))
    assert older.slug in "".join(await purge())
    assert old.slug in "".join(await purge("--tenant", str(old.public_id)))
    assert slug not in "".join(await purge("--hours", "0"))
    left = await superuser.fetch("select tenant_id from tenant where sandbox_of = $1 order by tenant_id", company.tenant_id)
    assert [row["tenant_id"] for row in left] == [sandbox.tenant_id, young.tenant_id]


def test_without_the_owners_address_nothing_is_done(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge_retired, "load_settings", lambda: settings)
    with pytest.raises(SystemExit, match="SUYUAN_DATABASE_OWNER_URL is not set"):
        purge_retired.run(argparse.Namespace(tenant=None, hours=168))

"""The operator's command for a claim on a company prefix or GTIN."""

import secrets

from backend.services import Services
from infra.provision import DatabaseUrls
from infra.settings import Settings
from tenants import directory
from tests.backend.test_commands import run
from tests.firms import Firm


async def leads_to(services: Services, prefix: str) -> str | None:
    tenant = await directory.tenant_by_gtin(services.database, f"0{prefix}01")
    return tenant.slug if tenant else None


async def test_claimed_prefix_leads_to_the_company_once_it_is_proved(
    settings: Settings, database_urls: DatabaseUrls, services: Services, firm: Firm, other_firm: Firm
) -> None:
    prefix = f"9{secrets.randbelow(10**10):010d}"
    pending = run(settings, database_urls, "claim-prefix", firm.slug, prefix, "--pending")
    assert (pending.returncode, pending.stdout.strip()) == (0, f"{prefix} is reserved for {firm.slug} ({firm.tenant.name})")
    assert await leads_to(services, prefix) is None
    other = run(settings, database_urls, "claim-prefix", other_firm.slug, prefix)
    assert (other.returncode, other.stderr.strip()) == (1, f"{prefix} is claimed by another company; GS1 can tell whose it is.")
    proved = run(settings, database_urls, "claim-prefix", firm.slug, prefix)
    assert (proved.returncode, proved.stdout.strip()) == (0, f"{prefix} leads to {firm.slug} ({firm.tenant.name})")
    assert await leads_to(services, prefix) == firm.slug
    # Given again as pending, what was proved stays proved.
    assert run(settings, database_urls, "claim-prefix", firm.slug, prefix, "--pending").returncode == 0
    assert await leads_to(services, prefix) == firm.slug


async def test_claim_of_nobody_or_on_nothing_is_refused(settings: Settings, database_urls: DatabaseUrls, firm: Firm) -> None:
    for slug, claimed, said in (
        ("nobody-here", "9506000", "No company has the short name 'nobody-here'."),
        (firm.slug, "95", "'95' is neither a GTIN of 14 digits nor a company prefix of 4 to 12."),
        (firm.slug, "950600x", "'950600x' is neither a GTIN of 14 digits nor a company prefix of 4 to 12."),
    ):
        refused = run(settings, database_urls, "claim-prefix", slug, claimed)
        assert (refused.returncode, refused.stderr.strip()) == (1, said)

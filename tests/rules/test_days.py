"""Days are those of the plant: a certificate that ends today has ended where tomorrow has begun."""

from datetime import UTC, date, datetime

from backend.rules import certificates
from backend.rules.days import day_of
from backend.services import Services
from tests.factories import CUSTOMER, FLOUR, PLANT, SHOP, lot, made, quantity
from tests.firms import Firm
from tests.graphql.conftest import PUT, Caller, anonymous, caller_of, owner
from tests.rules.conftest import Tell, alerts, document, rule_on

__all__ = ["anonymous", "caller_of", "owner"]
EVENING = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


async def test_the_day_is_the_places_and_else_the_companys(services: Services, firm: Firm, owner: Caller) -> None:
    shop = {"place": SHOP, "names": {"en": "Shop"}, "kind": "shop", "own": True, "timeZone": "America/New_York"}
    assert (await owner.command(PUT["locations"], {"locations": [shop]}))["userErrors"] == []
    async with services.database.tenant(firm.tenant_id) as tx:
        assert await tx.fetchval("select time_zone from tenant where tenant_id = $1") == "Asia/Shanghai"
        assert await day_of(tx, EVENING) == await day_of(tx, EVENING, ["urn:x:nowhere"]) == date(2026, 3, 3)
        assert await day_of(tx, EVENING, ["urn:x:nowhere", SHOP]) == date(2026, 3, 2)


async def test_a_certificate_has_ended_by_the_plants_day(services: Services, firm: Firm, tell: Tell) -> None:
    async with services.database.tenant(firm.tenant_id) as tx:
        await certificates.record_certificate(
            tx, firm.principal, party=CUSTOMER, kind="organic", number="1", issuer="", valid_from=None, valid_to=date(2026, 3, 2)
        )
    await rule_on(services, firm, document({"kind": "certificate_expired", "days": 0}, scope={"steps": ["receiving"]}))
    # 20:00 UTC is the next morning in Shanghai.
    received = made(
        amounts=[quantity(lot(FLOUR, "F-9"), 5)], minutes=12 * 60, action="OBSERVE", bizStep="receiving",
        sourceList=[{"type": "possessing_party", "source": CUSTOMER}], readPoint={"id": PLANT},
    )  # fmt: skip
    await tell(received)
    told = [kind for kind, _ in await alerts(services, firm) if kind == "rule_certificate_expired"]
    assert told

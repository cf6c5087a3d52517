"""Firms whose every word is a canary: one with a day's real work, its sandbox, and one with a made-up row in every table."""

from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg

from backend.alerts import policies
from backend.alerts.rules import Policy, Severity, Step
from backend.catalog import service as catalog
from backend.holds import service as holds
from backend.instruments import service as instruments
from backend.instruments.service import InstrumentDetails
from backend.sampling import service as sampling
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.services import Services
from backend.shifts import planning
from backend.shifts.rules import Hours, Shift
from infra.database import Gate, TenantTransaction
from infra.schema import metadata
from tests.factories import CUSTOMER, DOUGH, DUMPLING, FLOUR, PLANT, capture, lot, made, packed, quantity, shipped, sscc, transformed, unit
from tests.graphql.test_commands import document
from tests.isolation.people import Person, new_person, new_tenant
from tests.isolation.planting import Planting

# Stand in whatever the victims wrote, and in no identifier by which it is found.
CANARY: Final = "CANARY金丝雀"
SANDBOX_CANARY: Final = "TRIAL金丝雀"
PLANTED: Final = "PLANTED金丝雀"
# The names of products, which are the same at every site of a firm.
WARES: Final = "WARES金丝雀"
CANARIES: Final = (CANARY, SANDBOX_CANARY, PLANTED, WARES)
FLOUR_LOT, DUMPLINGS, PALLET = lot(FLOUR, "V-F1"), lot(DUMPLING, "V-D1"), sscc(9_001)
# A planted tenant has no entry in the directory: nobody can sign in to it, and nobody has to.
PLANTED_TENANT: Final = 7_101


@dataclass(frozen=True)
class Victim:
    """A firm, the word by which whatever is its own is known, and all that an enemy might have learned to name."""

    person: Person
    canary: str
    identifiers: list[str]

    @property
    def tenant_id(self) -> int:
        return self.person.tenant.tenant_id


async def work_of(services: Services, person: Person, canary: str) -> None:
    """Goods made, packed and shipped, a catalogue, a hold: each word of it the canary."""
    wrote: dict[str, Any] = {"ex:note": canary, "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:x:{quote(canary, safe='金丝雀')}"}]}
    told = [
        made(amounts=[quantity(FLOUR_LOT, 100)], **wrote),
        transformed([FLOUR_LOT], [DUMPLINGS], **wrote),
        made([f"https://id.gs1.org/01/{DUMPLING}/10/V-D1/21/V-S1"], minutes=11, **wrote),
        packed(PALLET, [unit(DUMPLING, "V-S1")], **wrote),
        # Of an ingredient nobody wrote down which lot it was.
        transformed([f"https://id.gs1.org/01/{DOUGH}"], [DUMPLINGS], minutes=25, **wrote),
    ]
    context = {"@context": [*document()["@context"], {"ex": "https://victim.example/ns#"}]}
    await capture(services, person.tenant.tenant_id, *({**context, **event} for event in told))
    await _catalogue_and_hold(services, person, canary)
    await _duty(services, person, canary)
    await capture(services, person.tenant.tenant_id, shipped([PALLET], minutes=50), shipped([], [quantity(DUMPLINGS, 1)], minutes=51))


async def _catalogue_and_hold(services: Services, person: Person, canary: str) -> None:
    names = {"zh": canary, "en": canary}

    async def put(tx: TenantTransaction) -> None:
        wares = {"zh": WARES, "en": WARES} if canary == CANARY else names
        products = [catalog.Product(gtin, wares, catalog.ProductKind.FINISHED) for gtin in (FLOUR, DUMPLING)]
        await catalog.put_products(tx, person.principal, products)
        await catalog.put_locations(tx, person.principal, [catalog.Location(PLANT, names, "plant", True, "UTC")])
        await catalog.put_partners(tx, person.principal, [catalog.Partner(CUSTOMER, names, False, True, canary)])

    await services.in_tenant(person.tenant.tenant_id, put)
    await services.in_tenant(person.tenant.tenant_id, lambda tx: _quality(tx, person, canary))
    hold = {"key": FLOUR_LOT, "reason": canary, "note": canary}
    await services.in_tenant(person.tenant.tenant_id, lambda tx: holds.place_hold(tx, person.principal, **hold), gate=Gate.EXCLUSIVE)


async def _duty(services: Services, person: Person, canary: str) -> None:
    """A team on duty always, and an escalation that tells it at once."""
    membership_id = person.principal.membership_id
    assert membership_id is not None

    async def put(tx: TenantTransaction) -> None:
        team_id = await planning.put_team(tx, person.principal, team_id=None, name=canary, members=[membership_id])
        hours = Hours(time(), time(), team_id)
        week = [Shift(1, weekday, hours) for weekday in range(1, 8)]
        await planning.put_plan(
            tx, person.principal, plan_id=None, name=canary, time_zone="UTC", site=PLANT, weeks=1, first_monday=date(2026, 1, 5), shifts=week,
            exceptions={date(2026, 10, 1): [hours]},
        )  # fmt: skip
        await policies.put_policy(
            tx, person.principal, policy_id=None, name=canary, position=1, least_severity=Severity.NOTICE, kinds=[],
            policy=Policy((Step(0, (f"team:{team_id}",)),), 0, 0),
        )  # fmt: skip

    await services.in_tenant(person.tenant.tenant_id, put)


async def _quality(tx: TenantTransaction, person: Person, canary: str) -> None:
    definition = Definition(Scheme.ATTRIBUTES, "II", {DefectClass.MAJOR: Decimal("1.0")})
    await sampling.put_plan(tx, person.principal, plan_id=None, name=canary, definition=definition)
    details = InstrumentDetails("V-GAUGE", serial=canary, owner=canary, place=PLANT)
    await instruments.put_instrument(tx, person.principal, instrument_id=None, details=details)


async def identifiers_of(superuser: asyncpg.Connection, tenant_id: int) -> set[str]:
    """Every number, UUID and text of a tenant's rows that isn't a canary."""
    found: set[str] = set()
    for table in metadata.sorted_tables:
        if "tenant_id" in table.c and table.info["tenant_owned"]:
            for row in await superuser.fetch(f"select * from suyuan.{table.name} where tenant_id = $1", tenant_id):
                found |= {str(value) for value in row.values() if value is not None and not isinstance(value, bytes | bool)}
    return {text for text in found if not any(canary in text for canary in CANARIES) and 1 < len(text) < 200}


async def new_victim(services: Services, superuser: asyncpg.Connection, canary: str = CANARY) -> Victim:
    """A firm with a day's work."""
    person = await new_person(services, await new_tenant(services, canary), name=canary)
    await work_of(services, person, canary)
    known = await identifiers_of(superuser, person.tenant.tenant_id)
    known |= {str(person.tenant.public_id), person.tenant.slug, person.login, FLOUR_LOT, DUMPLINGS, PALLET}
    return Victim(person, canary, sorted(known))


async def as_sandbox_of(superuser: asyncpg.Connection, victim: Victim, live: Person) -> Victim:
    """The same firm as the sandbox of another."""
    await superuser.execute("update suyuan.tenant set sandbox = true where tenant_id = $1", victim.tenant_id)
    columns = await superuser.fetch("select attname from pg_attribute where attrelid = 'suyuan.tenant'::regclass and attname = 'sandbox_of'")
    if columns:
        query = "update suyuan.tenant set sandbox_of = $2 where tenant_id = $1"
        await superuser.execute(query, victim.tenant_id, live.tenant.tenant_id)
    return replace(victim)


async def plant_everywhere(superuser: asyncpg.Connection) -> list[str]:
    """A row in every table, with a canary in each column that can hold one; gives what there is to name of them."""
    taken = await superuser.fetchval("select max(tenant_id) from suyuan.event where tenant_id >= $1", PLANTED_TENANT)
    planting = Planting((taken or PLANTED_TENANT) + 1, f"{PLANTED}-{uuid4().hex[:8]}")
    await planting.plant(superuser)
    return sorted(await identifiers_of(superuser, planting.tenant_id))

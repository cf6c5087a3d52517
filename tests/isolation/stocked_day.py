"""What a firm has besides a day's work: each of these writes one of everything that it keeps, all of whose words are one word."""

import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

from backend.aliases import service as aliases
from backend.catalog import service as catalog
from backend.graphql.ids import global_id, uuid_of
from backend.holds import service as holds
from backend.inspections import schedules
from backend.inspections import service as inspections
from backend.inspections.opening import Wanted
from backend.recall_scope import watching
from backend.sampling import service as sampling
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.services import Services
from backend.specifications import service as specifications
from backend.specifications.characteristics import Characteristic, CharacteristicKind, Limit
from backend.specifications.rules import Scope
from infra.database import Gate, TenantTransaction
from tenants.audit import exports
from tenants.audit.exports import ExportWriter
from tests.factories import CUSTOMER, FLOUR, MEAT, capture, lot, made, packed, quantity, shipped, sscc, transformed
from tests.isolation.access_day import Office
from tests.isolation.people import HERE, Person
from tests.isolation.victims import DUMPLINGS, FLOUR_LOT
from tests.signing import signature_of

TANK, DRAW = "https://example.com/tank/V-T1", "urn:uuid:00000000-0000-4000-8000-0000000000f1"
CRATE, BESIDE = sscc(9_002), lot(MEAT, "V-M1")


async def fill_and_draw(services: Services, person: Person, word: str) -> None:
    """A tank of flour, of which some is drawn; flour of which nobody says how much; a lot that is the same as another."""
    drawn = transformed([TANK], [DUMPLINGS], minutes=55, transformation=DRAW)
    drawn |= {"inputEPCList": [TANK], "inputQuantityList": [{"epcClass": FLOUR_LOT}]}
    # What a trace tells of a step: papers, readings, a supplier; and rework.
    drawn |= {"bizTransactionList": [{"type": "prodorder", "bizTransaction": "https://example.com/orders/1"}]}
    read = [{"sensorReport": [{"type": "Temperature", "value": 4, "uom": "CEL"}]}]
    parties = [{"type": "possessing_party", "source": CUSTOMER}]
    supplied: dict[str, Any] = {"action": "OBSERVE", "bizStep": "receiving", "sourceList": parties, "sensorElementList": read}
    drawn["sensorElementList"] = read
    rework = [transformed([FLOUR_LOT], [lot(FLOUR, "V-L")], minutes=-99), transformed([lot(FLOUR, "V-L")], [FLOUR_LOT], minutes=58)]
    told = [packed(TANK, amounts=[quantity(FLOUR_LOT, 9)], minutes=54), drawn, made([], [quantity(lot(FLOUR, "V-F2"), 1)], minutes=56)]
    await capture(services, person.tenant.tenant_id, *told, *rework, made([], [quantity(FLOUR_LOT, 1)], minutes=-100, **supplied))

    async def declare(tx: TenantTransaction) -> None:
        cause, other = aliases.AliasCause.MISTYPED, lot(FLOUR, "V-F2")
        await aliases.assert_alias(tx, person.principal, services.capture, key=FLOUR_LOT, same_as=other, cause=cause, reason=word)

    await services.in_tenant(person.tenant.tenant_id, declare, gate=Gate.SHARED)


async def sign_a_release(services: Services, person: Person, word: str) -> None:
    """One more hold, released with a signature."""
    principal, tenant_id = person.principal, person.tenant.tenant_id

    async def release(tx: TenantTransaction) -> None:
        hold = await holds.place_hold(tx, principal, key=DUMPLINGS, reason=word)
        await holds.release_hold(tx, principal, hold_id=hold.hold_id, reason=word, signature=signature_of(principal, reason=word))

    await services.in_tenant(tenant_id, release, gate=Gate.EXCLUSIVE)


async def inspect(services: Services, person: Person, word: str) -> None:
    """Flour is inspected by a sampling plan, accepted, and again every month."""
    principal, tenant_id = person.principal, person.tenant.tenant_id

    async def work(tx: TenantTransaction) -> None:
        definition = Definition(Scheme.ATTRIBUTES, "II", {DefectClass.MAJOR: Decimal("1.0")})
        plan = await sampling.put_plan(tx, principal, plan_id=None, name=word, definition=definition)
        limit = Characteristic("DAMP", word, CharacteristicKind.NUMBER, unit="P1", lower=Limit(Decimal(5)), upper=Limit(Decimal(15)), samples=1)
        draft = specifications.Draft((limit,), plan.plan_id, note=word)
        named = {"zh": word}
        made_for = Scope(product=FLOUR)
        specification_id, version = await specifications.put_draft(tx, principal, code="FLOUR", names=named, scope=made_for, draft=draft)
        await specifications.release(tx, principal, specification_id=specification_id, version=version)
        wanted = Wanted(inspections.Kind.INCOMING, key=FLOUR_LOT, lot_size=3, reason=word)
        opened = await inspections.open_inspection(tx, principal, wanted)
        given = inspections.Given("DAMP", "13", note=word)
        await inspections.record_results(tx, principal, inspection_id=opened.inspection_id, results=[given])
        await inspections.conclude(tx, principal, inspection_id=opened.inspection_id, note=word)
        await schedules.put_schedule(tx, principal, schedules.Plan(word, specification_id, every_days=30))

    await services.in_tenant(tenant_id, work)


async def left_open(services: Services, office: Office) -> str:
    """What a day leaves open: somebody is on a phone, an export is ready, and an invitation waits, whose token this is."""
    badge = (await office.ask("issueBadge", {"memberId": office.names["member"]}))["code"]
    assert office.phone is not None
    assert (await office.phone.switch(badge=badge)).status_code == 200
    office.names["phone"] = global_id("Device", office.phone.device)
    invited = await office.ask("invite", {"login": f"{uuid4().hex}@example.com", "displayName": "x", "grants": [{"role": "worker"}]})
    principal = await services.identity.authenticate(office.headers["Authorization"].partition(" ")[2], caller=HERE)
    write = ExportWriter(services.storage)
    open_rows = "select outbox_id, payload from outbox where tenant_id = $1 and topic = $2 and done_at is null order by outbox_id limit 1"
    async with services.database.tenant(principal.tenant_id) as tx:
        while row := await tx.fetchrow(open_rows, exports.TOPIC):
            await write(tx, json.loads(row["payload"]))
            await tx.execute("update outbox set done_at = now() where tenant_id = $1 and outbox_id = $2", row["outbox_id"])
    return str(invited["link"].partition("#")[2])


async def pack_beside(services: Services, person: Person, word: str) -> None:
    """Meat in a crate with dumplings, which a recall of their flour reaches, and the meat isn't."""

    async def put(tx: TenantTransaction) -> None:
        await catalog.put_products(tx, person.principal, [catalog.Product(MEAT, {"zh": word, "en": word}, catalog.ProductKind.FINISHED)])

    await services.in_tenant(person.tenant.tenant_id, put)
    crate = packed(CRATE, amounts=[quantity(DUMPLINGS, 1), quantity(BESIDE, 2)], minutes=57)
    await capture(services, person.tenant.tenant_id, made([], [quantity(BESIDE, 5)]), crate)


async def tell_late(services: Services, person: Person, recall: str) -> None:
    """What is told after a recall was announced: more was made of its flour, and more of its dumplings has left than its scope says."""
    late = [transformed([FLOUR_LOT], [lot(FLOUR, "V-LATE")], minutes=59), shipped([], [quantity(DUMPLINGS, 2)], minutes=59)]
    await capture(services, person.tenant.tenant_id, *late)
    case = {"case_id": str(uuid_of(recall, "RecallCase"))}
    await services.in_tenant(person.tenant.tenant_id, lambda tx: watching.look(tx, case))

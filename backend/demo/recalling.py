"""What the demo shows of recalls: whom to call, a drill with its score, and a case that has just been suspected."""

from typing import Final

from rich.console import Console
from rich.markup import escape

from backend.catalog import service as catalog
from backend.demo import loading
from backend.demo.watching import LEAD, TEAM, watch
from backend.recall_drills import query_service as drills
from backend.recall_drills.rules import DrillStep
from backend.recall_drills.service import finish_drill, start_drill, take_step
from backend.recall_notices.contacts import put_contact
from backend.recall_notices.kinds import ContactRole
from backend.recall_scope import service as recall_scope
from backend.recall_scope.service import Source
from backend.recalls import service as recalls
from backend.recalls.query_service import Wanted, page_of_cases
from backend.services import Services
from infra.database import TenantTransaction
from tenants.principal import Principal
from tenants.service import Caller

DRILL: Final = "年度模拟召回 Yearly mock recall"
CASE: Final = "来料疑似沙门氏菌 Salmonella suspected in a material"


async def set_up(services: Services, tenant_id: int, *, contaminated: str, finished: str) -> None:
    """Everything in one transaction, through the services that people use; nothing where it is there already."""
    async with services.database.tenant(tenant_id) as tx:
        if await _known(tx, CASE):
            return
    tokens = await services.identity.sign_in("owner@suwei.example", loading.PASSWORD, tenant_slug=loading.MAKER, caller=Caller(address="127.0.0.1"))
    owner = tokens.principal

    async def all_of_it(tx: TenantTransaction) -> None:
        await watch(tx, owner)
        await _contacts(tx, owner, contaminated)
        await _drill(tx, owner, finished)
        await _suspect(tx, owner, contaminated)

    await services.in_tenant(tenant_id, all_of_it)


async def _known(tx: TenantTransaction, title: str) -> str | None:
    """The number of the case with this title."""
    found = await page_of_cases(tx, Wanted(text=title), cursor=None, backward=False, limit=1)
    return found[0].number if found else None


async def _contacts(tx: TenantTransaction, owner: Principal, contaminated: str) -> None:
    """One for each customer whom the contaminated lot has reached."""
    scope = await recall_scope.compute(tx, [Source.of_object(contaminated)])
    parties = sorted({item.shipment.to_party for item in scope.shipments if item.shipment.to_party})
    partners = await catalog.partners_by_party(tx, parties)
    for number, party in enumerate(parties, start=1):
        name = catalog.name_in(partners[party].names, "zh") if party in partners else "客户"
        await put_contact(
            tx, owner, contact_id=None, party=party, name=f"{name} 质量部"[:100], email=f"quality{number}@customer.example",
            phone=f"+86 21 5555 {number:04d}", language="zh", role=ContactRole.RECALLS,
        )  # fmt: skip


async def _drill(tx: TenantTransaction, owner: Principal, finished: str) -> None:
    """All steps at once: the clock has only the machine's time to show."""
    drill_id = await start_drill(
        tx, owner, title=DRILL, reason="BRCGS 3.11.3：每年一次 · once a year", sources=[Source.of_object(finished)], participants=["林溯", "陈质"]
    )
    for step in DrillStep:
        await take_step(tx, owner, drill_id, step)
    await finish_drill(tx, owner, drill_id)


async def _suspect(tx: TenantTransaction, owner: Principal, contaminated: str) -> None:
    await recalls.open_case(
        tx, owner, title=CASE, reason="客户投诉，留样检出 · A customer complained, and the retained sample tested positive",
        sources=[Source.of_object(contaminated)],
        words=recalls.Words(
            hazard="沙门氏菌 Salmonella", products={"zh": "用该批原料制成的产品", "en": "What was made of this lot"},
            instructions={"zh": "停止销售，单独存放，等待通知", "en": "Stop selling, set apart, wait for our word"},
            contact_phone="+86 573 5555 0100",
        ),
    )  # fmt: skip


async def tell(services: Services, console: Console, tenant_id: int, contaminated: str) -> None:
    """Say what is there to look at."""
    async with services.database.tenant(tenant_id) as tx:
        case = await _known(tx, CASE)
        drilled = await drills.page_of_drills(tx, states=None, cursor=None, backward=False, limit=1)
        counts = (await recall_scope.compute(tx, [Source.of_object(contaminated)])).counts
    console.rule("[bold]What would be recalled?[/]", align="left")
    reached = f"[bold]{counts.affected}[/] lots, units and containers, [bold]{counts.shipments}[/] shipments to [bold]{counts.customers}[/] customers"
    console.print(f"{case} {escape(CASE)}: {reached}; a suspicion, on which nobody has decided")
    for drill in drilled:
        both = (("forward", drill.forward_percent), ("backward", drill.backward_percent))
        percent = ", ".join(f"{word} {value:.0f} %" for word, value in both if value is not None)
        console.print(f"{drill.number} {escape(drill.title)}: {drill.seconds or 0:.1f} s, reconciled {percent}")
    console.print(f"[dim]Watched by: specification {LEAD}, a rule for the cold room, {escape(TEAM)}; whom to call stands at each customer.[/]\n")

"""Calls in whoever answers for a case, and whoever is on duty, where customers don't answer or can't be reached."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from backend.notifications import service as notifications
from backend.notifications.kinds import Urgency
from backend.recall_notices import contacts
from backend.recalls import service as recalls
from backend.recalls.kinds import ActKind
from backend.recalls.stored import RecallCase
from backend.shifts import service as shifts
from infra import clock
from infra.database import TenantTransaction
from infra.errors import SuyuanError
from tenants.people.allowed import holders_of
from tenants.permissions import Role

TOPIC: Final = "recall_notice.escalated"
MOST_TOLD: Final = 50
# Title and text, both languages at once: whom it reaches may read either.
WHYS: Final[Mapping[str, tuple[str, str]]] = {
    "no_address": (
        "{count} 个客户没有可用的地址 / {count} customers can't be written to",
        "请补充联系人或打印信件。/ Enter contacts, or print letters.",
    ),
    "failed": ("{count} 份召回通知无法送达 / {count} recall notices can't be delivered", "请电话联系。/ Call them."),
    "silence": ("{count} 个客户尚未确认召回通知 / {count} customers haven't acknowledged the recall", "请电话联系。/ Call them."),
    "unreported": ("{count} 个客户尚未上报处理情况 / {count} customers haven't reported their stock", "请电话联系。/ Call them."),
}


async def tell_owner(tx: TenantTransaction, case: RecallCase, *, why: str, count: int, parties: Sequence[str] = (), nobodys: int = 0) -> None:
    """Tell the case's owner, and whoever the plan names; the same of one case is told once. A drill tells nobody."""
    if case.drill:
        return
    title, text = WHYS[why]
    lines = [", ".join(parties) + ("…" if count > len(parties) > 0 else ""), text if count else ""]
    if nobodys:
        lines.append(f"{nobodys} 批货物的发货记录没有写明客户 / {nobodys} lots went out without a customer")
    heading = title.format(count=count) if count else lines.pop()
    values = {"title": f"{case.number}: {heading}", "text": "\n".join(line for line in lines if line), "number": case.number}
    receivers = await receivers_of_case(tx, case)
    await notifications.notify(
        tx, topic=TOPIC, subject=case.subject, receivers=receivers, template="generic", values=values, urgency=Urgency.CRITICAL
    )
    detail = {"why": why, "customers": count, "lotsWithoutCustomer": nobodys, "told": len(receivers)}
    await recalls.record_act(tx, case.case_id, kind=ActKind.ESCALATED, actor=None, detail=detail)


async def receivers_of_case(tx: TenantTransaction, case: RecallCase) -> list[UUID]:
    """The owner and whoever is on duty in the plan's team; where there is neither, the owners and quality managers of the company."""
    plan, _ = await contacts.plan_for(tx, case.case_id)
    found = [case.owner_id] if case.owner_id is not None else []
    if plan.team:
        try:
            found += await shifts.on_duty(tx, role_or_team=plan.team, at=clock.now())
        except SuyuanError:
            # The team was dissolved since: the others are told all the same.
            found = list(found)
    if not found:
        found = await holders_of(tx, [str(Role.OWNER), str(Role.QUALITY_MANAGER)], MOST_TOLD)
    return list(dict.fromkeys(found))[:MOST_TOLD]

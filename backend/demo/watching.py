"""What the demo's firm watches by: a limit for lead and a plan of inspection, a rule for the cold room, who is on duty, and who is told."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Final

import msgspec

from backend.inspections import schedules
from backend.notifications import managing
from backend.notifications.rules import Route
from backend.rules import service as rules
from backend.sampling import service as sampling
from backend.sampling.plans import DefectClass, Definition, Scheme
from backend.shifts import planning
from backend.shifts.rules import Hours, Shift
from backend.specifications import service as specifications
from backend.specifications.characteristics import Characteristic, CharacteristicKind, Limit
from backend.specifications.rules import Scope
from infra.clock import now
from infra.database import TenantTransaction
from tenants.principal import Principal

BEEF: Final = "09521001200028"
LEAD: Final = "DEMO-BEEF"
TEAM: Final = "质量值班组 Quality duty"
_COLD: Final = {
    "name": "冷藏库温度 Cold room",
    "condition": {"kind": "limit", "characteristic": {"name": "Temperature", "uom": "CEL"}, "upper": 8.0, "readings": 3},
    "actions": [{"do": "alert"}],
}


async def watch(tx: TenantTransaction, principal: Principal) -> None:
    """All of it; who calls has seen that it isn't there yet."""
    await _specify(tx, principal)
    rule_id = await rules.create_rule(tx, principal, document=msgspec.json.encode(_COLD).decode())
    await rules.switch_rule(tx, principal, rule_id=rule_id, on=True, anyway=True)
    await _duty(tx, principal)


async def _specify(tx: TenantTransaction, principal: Principal) -> None:
    """At most 0.2 mg/kg of lead (GB 2762), by a plan of ISO 2859-1, for each fifth lot of beef."""
    definition = Definition(Scheme.ATTRIBUTES, "II", {DefectClass.MAJOR: Decimal("1.0")})
    plan = await sampling.put_plan(tx, principal, plan_id=None, name="来料 AQL 1.0 Incoming, AQL 1.0", definition=definition)
    lead = Characteristic("LEAD", "铅 Lead", CharacteristicKind.NUMBER, unit="NA", upper=Limit(Decimal("0.2")), samples=1)
    draft = specifications.Draft((lead,), plan.plan_id, note="GB 2762")
    names = {"zh": "冷鲜牛腩来料规格", "en": "Chilled beef flank, incoming"}
    specification_id, version = await specifications.put_draft(tx, principal, code=LEAD, names=names, scope=Scope(product=BEEF), draft=draft)
    await specifications.release(tx, principal, specification_id=specification_id, version=version)
    await schedules.put_schedule(tx, principal, schedules.Plan("每五批牛腩抽检 Every fifth lot", specification_id, every_lots=5, product=BEEF))


async def _duty(tx: TenantTransaction, principal: Principal) -> None:
    """A team that is always on duty, and a route that tells it of warnings and worse in the application."""
    members = [principal.membership_id] if principal.membership_id else []
    team_id = await planning.put_team(tx, principal, team_id=None, name=TEAM, members=members)
    hours = Hours(time(), time(), team_id)
    monday = datetime(2026, 1, 5, tzinfo=UTC).date()
    await planning.put_plan(
        tx, principal, plan_id=None, name="全天 Day and night", time_zone="Asia/Shanghai", site=None, weeks=1, first_monday=monday,
        shifts=[Shift(1, weekday, hours) for weekday in range(1, 8)], exceptions={},
    )  # fmt: skip
    route = Route(least=2, teams=(str(team_id),), roles=("owner",))
    await managing.put_route(tx, principal, route_id=None, name=f"{TEAM} {now():%Y}", route=route, active=True)

"""Effectiveness checks as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.catalog.types import Partner, load_partner
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.recall_checks import levels, loaders, stored
from infra import clock
from tenants.permissions import Permission

strawberry.enum(
    levels.CheckLevel, name="RecallCheckLevel", description="Who is checked: A all, B a share, C 10 %, D 2 %, E nobody (21 CFR 7.42(b)(3))."
)
strawberry.enum(levels.CheckMethod, name="RecallCheckMethod", description="How a customer is asked.")
strawberry.enum(levels.CheckState, name="RecallCheckState", description="Where an effectiveness check stands.")
strawberry.enum(levels.Stock, name="RecallCheckStock", description="What a customer says of stock that he still has.")
_FEW: Final = (ListSize(assumed_size=5),)


@strawberry.type(description="A line of the script by which customers are asked; `field` is where its answer is recorded.")
class RecallCheckQuestion:
    """In both languages."""

    field: str
    zh: str
    en: str


@strawberry.type(description="A choice of how many customers are checked.")
class RecallCheckPlan:
    """Who knows `seed` draws the same sample again. `chosenByName` is the service's where a scope was extended."""

    level: levels.CheckLevel
    percentage: Decimal | None
    seed: str
    version: int
    population: int
    method: levels.CheckMethod
    due_at: datetime
    reason: str
    chosen_at: datetime
    chosen_by_name: str

    @classmethod
    def of(cls, plan: stored.Plan) -> "RecallCheckPlan":
        """From the stored one."""
        return cls(
            level=plan.level, percentage=plan.percentage, seed=plan.seed, version=plan.version, population=plan.population, method=plan.method,
            due_at=plan.due_at, reason=plan.reason, chosen_at=plan.chosen_at, chosen_by_name=plan.chosen_name,
        )  # fmt: skip


@strawberry.type(description="How far the checks of a recall are.")
class RecallCheckCounts:
    """`effectiveness` is per cent of those who could be asked, `performed` of the sample; null of none."""

    population: int
    sample: int
    open: int
    unreached: int
    ineffective: int
    effective: int
    overdue: int
    effectiveness: Decimal | None
    performed: Decimal | None

    @classmethod
    def of(cls, counts: levels.Counts) -> "RecallCheckCounts":
        """From the rules'."""
        told = {name: getattr(counts, name) for name in levels.Counts.__slots__}
        return cls(**told, effectiveness=counts.effectiveness, performed=counts.performed)


@strawberry.type(description="What a customer was asked and said, once.")
class RecallCheckRecord:
    """`followUp` says what is done about it."""

    at: datetime
    recorded_by_name: str
    method: levels.CheckMethod
    person: str
    reached: bool
    received_notice: bool | None
    acted: bool | None
    stock: levels.Stock
    stock_quantity: Decimal | None
    stock_uom: str
    told_onward: bool | None
    note: str
    result: levels.CheckState
    follow_up: str
    follow_up_due: datetime | None

    @classmethod
    def of(cls, one: stored.CheckRecord) -> "RecallCheckRecord":
        """From the stored one."""
        return cls(
            at=one.at, recorded_by_name=one.recorded_name, method=one.method, person=one.person, reached=one.reached,
            received_notice=one.received_notice, acted=one.acted, stock=one.stock, stock_quantity=one.stock_quantity, stock_uom=one.stock_uom,
            told_onward=one.told_onward, note=one.note, result=one.state, follow_up=one.follow_up, follow_up_due=one.follow_up_due,
        )  # fmt: skip


@strawberry.type(description="A customer of a recall's sample, to be asked whether it works.", directives=requires(Permission.RECALLS_READ))
class RecallCheck(Node):
    """`position` is the place in the draw. `late`: it should have been done by `dueAt`."""

    id: ID
    party: str
    position: int
    method: levels.CheckMethod
    state: levels.CheckState
    due_at: datetime
    late: bool
    attempts: int
    checked_at: datetime | None
    check_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, check: stored.Check) -> "RecallCheck":
        """From the stored one."""
        return cls(
            id=global_id("RecallCheck", check.check_id), party=check.party, position=check.position, method=check.method, state=check.state,
            due_at=check.due_at, late=levels.is_overdue(check.state, check.due_at, clock.now()), attempts=check.attempts,
            checked_at=check.checked_at, check_id=check.check_id,
        )  # fmt: skip

    @field(description="The catalogue's entry for the customer.")
    async def partner(self, info: Info) -> Partner | None:
        """As it is today."""
        return await load_partner(info.context, self.party)

    @field(description="What was asked and said, oldest first.", directives=_FEW)
    async def records(self, info: Info) -> list[RecallCheckRecord]:
        """Each time."""
        return [RecallCheckRecord.of(one) for one in await info.context.load(loaders.records, self.check_id)]


@strawberry.type(description="The effectiveness checks of a recall.", directives=requires(Permission.RECALLS_READ))
class RecallCheckOverview:
    """`plan` is null where no level was chosen yet; `plans` are all that were, newest first, at most 50."""

    plan: RecallCheckPlan | None
    plans: list[RecallCheckPlan] = strawberry.field(directives=_FEW)
    counts: RecallCheckCounts
    script: list[RecallCheckQuestion] = strawberry.field(directives=_FEW)


async def load_check(context: Context, check_id: UUID | None) -> RecallCheck | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.checks, check_id) if check_id is not None else None
    return RecallCheck.of(found) if found else None


async def find_check(context: Context, public_id: str) -> RecallCheck | None:
    """One by its public id."""
    return await load_check(context, parse_uuid(public_id))


NODES = (NodeKind("RecallCheck", Permission.RECALLS_READ, find_check),)

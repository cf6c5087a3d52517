"""Drills as GraphQL shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.access.signatures import ElectronicSignature, signatures_of
from backend.capa.types import CorrectiveAction, load_corrective_action
from backend.catalog.types import Product, load_product
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.recall_drills import candidates as drawing
from backend.recall_drills import loaders, rules, schedule, stored
from backend.recall_drills.service import subject_of
from tenants.permissions import Permission

strawberry.enum(rules.DrillState, name="RecallDrillState", description="Where a drill stands.")
strawberry.enum(rules.DrillStep, name="RecallDrillStep", description="What is timed in a drill, in this order.")
strawberry.enum(rules.FindingSeverity, name="RecallFindingSeverity", description="How grave a drill's finding is.")
_FEW: Final = (ListSize(assumed_size=5),)


@strawberry.type(description="A step of a drill with its time.")
class RecallDrillTime:
    """`seconds` count from the drill's start; `machineSeconds` is what the service itself took. `detail` says what was found."""

    step: rules.DrillStep
    at: datetime
    seconds: Decimal
    machine_seconds: Decimal
    done_by_name: str
    detail: JSON

    @classmethod
    def of(cls, one: stored.DoneStep) -> "RecallDrillTime":
        """From the stored one."""
        return cls(
            step=one.step, at=one.at, seconds=one.seconds, machine_seconds=Decimal(one.machine_ms) / 1000, done_by_name=one.done_name,
            detail=cast(JSON, one.detail),
        )  # fmt: skip


@strawberry.type(description="Something that a drill showed.")
class RecallDrillFinding:
    """`correctiveAction` mends it."""

    id: ID
    at: datetime
    found_by_name: str
    severity: rules.FindingSeverity
    text: str
    action_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, one: stored.Finding) -> "RecallDrillFinding":
        """From the stored one."""
        return cls(
            id=global_id("RecallDrillFinding", one.finding_id), at=one.at, found_by_name=one.found_name, severity=one.severity, text=one.text,
            action_id=one.corrective_action_id,
        )  # fmt: skip

    @field(description="What is done about it.")
    async def corrective_action(self, info: Info) -> CorrectiveAction | None:
        """For whoever may read it."""
        return await load_corrective_action(info.context, self.action_id)


@strawberry.type(description="A mock recall on real goods, which touches no customer.", directives=requires(Permission.RECALLS_READ))
class RecallDrill(Node):
    """Percentages and `seconds` (to the last step) are null until it is finished. `backwardPercent` is null where nothing went in.

    Passed: in time, and reconciled both ways, by the targets of when it began. `recallCaseId` is its case's id.
    """

    id: ID
    number: str
    title: str
    state: rules.DrillState
    recall_case_id: ID
    seed: str
    participants: list[str] = strawberry.field(directives=_FEW)
    target_seconds: int
    target_percent: Decimal
    started_at: datetime
    started_by_name: str
    finished_at: datetime | None
    seconds: Decimal | None
    forward_percent: Decimal | None
    backward_percent: Decimal | None
    completeness_percent: Decimal | None
    passed: bool | None
    conclusion: str
    concluded_at: datetime | None
    concluded_by_name: str
    drill_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, drill: stored.Drill) -> "RecallDrill":
        """From the stored one."""
        return cls(
            id=global_id("RecallDrill", drill.drill_id), number=drill.number, title=drill.title, state=drill.state,
            recall_case_id=global_id("RecallCase", drill.case_id), seed=drill.seed, participants=list(drill.participants),
            target_seconds=drill.target_seconds, target_percent=drill.target_percent, started_at=drill.started_at,
            started_by_name=drill.started_name, finished_at=drill.finished_at, seconds=drill.seconds, forward_percent=drill.forward_percent,
            backward_percent=drill.backward_percent, completeness_percent=drill.completeness_percent, passed=drill.passed,
            conclusion=drill.conclusion, concluded_at=drill.concluded_at, concluded_by_name=drill.concluded_name, drill_id=drill.drill_id,
        )  # fmt: skip

    @field(description="What is done of it, in order, with its times.", directives=_FEW)
    async def steps(self, info: Info) -> list[RecallDrillTime]:
        """Up to three."""
        return [RecallDrillTime.of(one) for one in await info.context.load(loaders.steps, self.drill_id)]

    @field(description="What it showed, oldest first, at most 200.", directives=_FEW)
    async def findings(self, info: Info) -> list[RecallDrillFinding]:
        """With what is done about it."""
        return [RecallDrillFinding.of(one) for one in await info.context.load(loaders.findings, self.drill_id)]

    @field(description="The signatures under it, newest first.")
    async def signatures(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ElectronicSignature]:
        """Of the conclusion."""
        return await signatures_of(info, subject_of(self.drill_id), Page.of(first, after, last, before))


@strawberry.type(description="A lot to drill on: finished goods that left.")
class RecallDrillCandidate:
    """`key` names it wherever an identifier is asked for."""

    key: str
    gtin: str | None
    code: str
    shipments: int
    last_shipped_at: datetime

    @field(description="The catalogue's entry for the product.")
    async def product(self, info: Info) -> Product | None:
        """As it is today."""
        return await load_product(info.context, self.gtin)


@strawberry.type(description="Lots drawn to drill on.", directives=requires(Permission.RECALLS_READ))
class RecallDrillCandidates:
    """With the same `seed` and `until` the same are drawn again."""

    seed: str
    since: datetime
    until: datetime
    candidates: list[RecallDrillCandidate] = strawberry.field(directives=_FEW)

    @classmethod
    def of(cls, drawn: drawing.Drawn) -> "RecallDrillCandidates":
        """From the service's."""
        told = [
            RecallDrillCandidate(key=one.key, gtin=one.gtin, code=one.code, shipments=one.shipments, last_shipped_at=one.last_shipped_at)
            for one in drawn.candidates
        ]
        return cls(seed=drawn.seed, since=drawn.since, until=drawn.until, candidates=told)


@strawberry.type(
    description="What drills have to reach, how often they are, and when the next one is due.", directives=requires(Permission.RECALLS_READ)
)
class RecallDrillSchedule:
    """Somebody is told `warnDays` before the next one is due, and when it is."""

    target_seconds: int
    target_percent: Decimal
    every_days: int
    warn_days: int
    last_at: datetime | None
    due_at: datetime
    overdue: bool

    @classmethod
    def of(cls, found: schedule.Schedule) -> "RecallDrillSchedule":
        """From the service's."""
        policy = found.policy
        return cls(
            target_seconds=policy.target_seconds, target_percent=policy.target_percent, every_days=policy.every_days, warn_days=policy.warn_days,
            last_at=found.last_at, due_at=found.due_at, overdue=found.overdue,
        )  # fmt: skip


async def load_drill(context: Context, drill_id: UUID | None) -> RecallDrill | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.drills, drill_id) if drill_id is not None else None
    return RecallDrill.of(found) if found else None


async def find_drill(context: Context, public_id: str) -> RecallDrill | None:
    """One by its public id."""
    return await load_drill(context, parse_uuid(public_id))


NODES = (NodeKind("RecallDrill", Permission.RECALLS_READ, find_drill),)

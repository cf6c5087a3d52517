"""Recall cases as GraphQL shows them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
import strawberry
from strawberry import ID
from strawberry.scalars import JSON

from backend.access.people_types import Member, load_member
from backend.access.signatures import ElectronicSignature, signatures_of
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page, connect
from backend.holds.types import Hold, load_hold
from backend.recalls import closing, holding, kinds, loaders, query_service, rules, stored
from backend.recalls.clock_types import RecallClock
from backend.recalls.clocks import LAW
from backend.recalls.law import unknown_countries
from tenants.permissions import Permission

strawberry.enum(kinds.RecallState, description="Where a recall case stands.")
strawberry.enum(kinds.RecallDecision, description="What was decided; a withdrawal takes goods back from the trade, and reaches no consumer.")
strawberry.enum(kinds.RecallClass, description="How grave a recall is; I is the gravest.")
strawberry.enum(kinds.RecallDepth, description="How far down the chain goods are taken back.")
strawberry.enum(kinds.Sector, name="RecallSector", description="Under which law the goods are; OTHER are consumer products.")
strawberry.enum(kinds.ActKind, name="RecallActKind", description="What stands in the timeline of a recall.")
strawberry.enum(rules.DutyKind, name="RecallDutyKind", description="What kind of thing is still to be done before a recall is closed.")
SEVERAL: Final = ListSize(assumed_size=10)


@strawberry.type(description="A text of a recall in Chinese and English; null where it isn't written.")
class RecallTexts:
    """Who reads it takes the language that he reads."""

    zh: str | None
    en: str | None


@strawberry.type(description="One act in the life of a recall; nobody can change it.")
class RecallAct:
    """What `detail` holds depends on the act."""

    id: ID
    at: datetime
    kind: kinds.ActKind
    actor: str
    reason: str
    detail: JSON
    signed: bool

    @classmethod
    def of(cls, act: stored.RecallAct) -> "RecallAct":
        """From the stored one."""
        return cls(
            id=global_id("RecallAct", act.act_id), at=act.at, kind=act.kind, actor=act.actor, reason=act.reason,
            detail=JSON(msgspec.Raw(act.detail_json.encode())), signed=act.signature_id is not None,
        )  # fmt: skip


@strawberry.type(description="Something that stands against closing a recall.")
class RecallOpenDuty:
    """`reference` is the rule of a clock, or the public id of what it is about."""

    kind: rules.DutyKind
    zh: str
    en: str
    reference: str


@strawberry.type(
    description="A recall, or what may become one: what is suspected, what was decided, and all that was done.",
    directives=requires(Permission.RECALLS_READ),
)
class RecallCase(Node):
    """A `drill` holds nothing and touches no customer. `grownAt`: since when late events wait for somebody to extend or reopen the case."""

    id: ID
    number: str
    drill: bool
    state: kinds.RecallState
    title: str
    reason: str
    hazard: str
    products: RecallTexts
    instructions: RecallTexts
    source_reference: str
    sector: kinds.Sector | None
    countries: list[str] = strawberry.field(directives=(SEVERAL,))
    contact_phone: str
    contact_email: str
    known_at: datetime
    opened_at: datetime
    decision: kinds.RecallDecision | None
    recall_class: kinds.RecallClass | None
    depth: kinds.RecallDepth | None
    decision_reason: str
    decided_at: datetime | None
    decided_by_name: str
    announced_at: datetime | None
    scope_version: int
    completed_at: datetime | None
    root_cause: str
    capa_waiver: str
    effect_waiver: str
    closed_at: datetime | None
    grown_at: datetime | None
    case: strawberry.Private[stored.RecallCase]

    @classmethod
    def of(cls, one: stored.RecallCase) -> "RecallCase":
        """From the stored one."""
        return cls(
            id=global_id("RecallCase", one.case_id), number=one.number, drill=one.drill, state=one.state, title=one.title, reason=one.reason,
            hazard=one.hazard, products=RecallTexts(zh=one.products.get("zh"), en=one.products.get("en")),
            instructions=RecallTexts(zh=one.instructions.get("zh"), en=one.instructions.get("en")), source_reference=one.source_reference,
            sector=one.sector, countries=list(one.countries), contact_phone=one.contact_phone, contact_email=one.contact_email,
            known_at=one.known_at, opened_at=one.opened_at, decision=one.decision, recall_class=one.recall_class, depth=one.depth,
            decision_reason=one.decision_reason, decided_at=one.decided_at, decided_by_name=one.decided_name, announced_at=one.announced_at,
            scope_version=one.scope_version, completed_at=one.completed_at, root_cause=one.root_cause, capa_waiver=one.capa_waiver,
            effect_waiver=one.effect_waiver, closed_at=one.closed_at, grown_at=one.grown_at, case=one,
        )  # fmt: skip

    @field(description="Who answers for it.")
    async def owner(self, info: Info) -> Member | None:
        """Null where the service opened it, and nobody took it over."""
        return await load_member(info.context, self.case.owner_id)

    @field(description="The law's clocks, soonest due first.", directives=(SEVERAL,))
    async def clocks(self, info: Info, *, open_only: bool = False) -> list[RecallClock]:
        """Those that ended, too, unless only open ones are asked for."""
        found = await info.context.load(loaders.clocks, self.case.case_id)
        return [RecallClock.of(one) for one in found if one.is_open or not open_only]

    @field(description="Of which of its countries the table of the law holds nothing for its sector.", directives=(SEVERAL,))
    def countries_without_law(self) -> list[str]:
        """There the company has to know by itself what is due."""
        return unknown_countries(LAW, self.case.countries, self.case.sector) if self.case.sector else []

    @field(description="The public ids of what belongs to it, like “nonconformance:0190…”.", directives=(SEVERAL,))
    async def links(self, info: Info) -> list[str]:
        """In the order in which it was linked."""
        return await info.context.load(loaders.links, self.case.case_id)

    @field(description="The holds placed for it; after its end they stay until they are released.", directives=(SEVERAL,))
    async def holds(self, info: Info, *, active_only: bool = True) -> list[Hold]:
        """At most 100, the oldest."""
        async with info.context.reading() as tx:
            rows = await holding.holds_of(tx, self.case, active_only=active_only)
        found = [await load_hold(info.context, row.hold_id) for row in rows[:100]]
        return [hold for hold in found if hold is not None]

    @field(description="What still has to be done before it is closed.", directives=(SEVERAL,))
    async def open_duties(self, info: Info) -> list[RecallOpenDuty]:
        """The same that closing refuses for."""
        async with info.context.reading() as tx:
            found = await closing.open_duties(tx, self.case, info.context.services.closing_checks)
        return [RecallOpenDuty(kind=one.kind, zh=one.zh, en=one.en, reference=one.reference) for one in found]

    @field(description="What was done, newest first.")
    async def timeline(
        self,
        info: Info,
        *,
        kinds: list[kinds.ActKind] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[RecallAct]:
        """Nobody can change it."""
        page = Page.of(first, after, last, before)
        cursor = page.uuid()
        async with info.context.reading() as tx:
            rows = await query_service.timeline(tx, self.case.case_id, kinds=kinds, cursor=cursor, backward=page.backward, limit=page.limit)
        return connect(page, rows, node=RecallAct.of, cursor=lambda row: str(row.act_id))

    @field(description="The signatures under it, newest first.")
    async def signatures(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ElectronicSignature]:
        """Of decisions, the announcement, extensions, closing and reopening."""
        return await signatures_of(info, self.case.subject, Page.of(first, after, last, before))


async def load_case(context: Context, case_id: UUID | None) -> RecallCase | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.cases, case_id) if case_id is not None else None
    return RecallCase.of(found) if found else None


async def find_case(context: Context, public_id: str) -> RecallCase | None:
    """One by its public id."""
    return await load_case(context, parse_uuid(public_id))


NODES = (NodeKind("RecallCase", Permission.RECALLS_READ, find_case),)

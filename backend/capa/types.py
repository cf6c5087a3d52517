"""Corrective actions as GraphQL shows them."""

from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry
from strawberry import ID

from backend.access.signatures import ElectronicSignature, signatures_of
from backend.capa import loaders, rules, stored
from backend.capa.request_types import NODES as REQUEST_NODES
from backend.capa.service import subject_of
from backend.graphql.context import Context, Info
from backend.graphql.directives import ListSize, requires
from backend.graphql.fields import field
from backend.graphql.ids import global_id, parse_uuid
from backend.graphql.nodes import Node, NodeKind
from backend.graphql.pagination import Connection, Page
from backend.nonconformance.history_types import QualityHistoryEntry, history_of
from backend.nonconformance.loaders import photos_of
from backend.nonconformance.types import Nonconformance, load_nonconformance
from backend.photos.types import Photo
from infra import clock
from tenants.permissions import Permission

strawberry.enum(rules.ActionKind, name="CorrectiveActionKind", description="Against what happened, or before it happens.")
strawberry.enum(rules.ActionStatus, name="CorrectiveActionStatus", description="Where a corrective action stands.")
strawberry.enum(rules.Discipline, description="The eight disciplines of an 8D report, D1 to D8.")
strawberry.enum(rules.CauseCategory, description="The bones of an Ishikawa diagram.")
SEVERAL: Final = ListSize(assumed_size=8)


@strawberry.type(description="A cause in an Ishikawa diagram.")
class IshikawaCause:
    """`root`: found to be the root cause."""

    category: rules.CauseCategory
    text: str
    root: bool


@strawberry.type(description="What a discipline of a corrective action says.")
class WrittenDiscipline:
    """`team` is D1's, `whys` and `causes` are D4's."""

    discipline: rules.Discipline
    text: str
    due_at: datetime | None
    done_at: datetime | None
    late: bool
    written: strawberry.Private[stored.Written]

    @classmethod
    def of(cls, one: stored.Written) -> "WrittenDiscipline":
        """From the stored one."""
        late = rules.is_late(one.due_at, one.done_at, clock.now())
        return cls(discipline=one.discipline, text=one.text, due_at=one.due_at, done_at=one.done_at, late=late, written=one)

    @field(description="Who is on the team.", directives=(SEVERAL,))
    def team(self) -> list[str]:
        """Names, and what each stands for."""
        return list(self.written.detail.team)

    @field(description="Why, and why that, five times or so.", directives=(SEVERAL,))
    def whys(self) -> list[str]:
        """From the problem down to the root."""
        return list(self.written.detail.whys)

    @field(description="The causes looked at.", directives=(SEVERAL,))
    def causes(self) -> list[IshikawaCause]:
        """By bone."""
        return [IshikawaCause(category=one.category, text=one.text, root=one.root) for one in self.written.detail.causes]


@strawberry.type(description="An action to be done.")
class ActionItem:
    """`evidence` says how it was done."""

    id: ID
    discipline: rules.Discipline
    text: str
    due_at: datetime | None
    done_at: datetime | None
    late: bool
    evidence: str | None
    owner_id: strawberry.Private[UUID]
    action_item_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, one: stored.Item) -> "ActionItem":
        """From the stored one."""
        return cls(
            id=global_id("ActionItem", one.action_item_id), discipline=one.discipline, text=one.text, due_at=one.due_at, done_at=one.done_at,
            late=rules.is_late(one.due_at, one.done_at, clock.now()), evidence=one.evidence, owner_id=one.owner_id,
            action_item_id=one.action_item_id,
        )  # fmt: skip

    @field(description="Photos of how it was done, oldest first.", directives=(SEVERAL,))
    async def photos(self, info: Info) -> list[Photo]:
        """Its evidence."""
        return [Photo.of(one) for one in await info.context.load(photos_of, f"action_item:{self.action_item_id}")]

    @field(description="Who does it.")
    async def owner_name(self, info: Info) -> str:
        """A member."""
        return await info.context.load(loaders.member_names, self.owner_id)


@strawberry.type(description="A corrective or preventive action in eight disciplines (8D).", directives=requires(Permission.QUALITY_READ))
class CorrectiveAction(Node):
    """Its effect is checked from `checkAt` on, by `criterion`, and watched for `watchedDays` from `watchedFrom` on."""

    id: ID
    number: str
    kind: rules.ActionKind
    status: rules.ActionStatus
    title: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    check_at: datetime | None
    criterion: str | None
    watched_gtin: str | None
    watched_characteristic: str | None
    watched_from: datetime | None
    watched_days: int | None
    action: strawberry.Private[stored.CorrectiveAction]

    @classmethod
    def of(cls, one: stored.CorrectiveAction) -> "CorrectiveAction":
        """From the stored one."""
        return cls(
            id=global_id("CorrectiveAction", one.corrective_action_id), number=one.number, kind=one.kind, status=one.status, title=one.title,
            opened_at=one.opened_at, due_at=one.due_at, closed_at=one.closed_at, check_at=one.check_at, criterion=one.criterion,
            watched_gtin=one.watched_gtin, watched_characteristic=one.watched_characteristic, watched_from=one.watched_from,
            watched_days=one.watched_days, action=one,
        )  # fmt: skip

    @field(description="Who answers for it.")
    async def owner_name(self, info: Info) -> str:
        """A member."""
        return await info.context.load(loaders.member_names, self.action.owner_id)

    @field(description="What is written, in the disciplines' order.", directives=(SEVERAL,))
    async def disciplines(self, info: Info) -> list[WrittenDiscipline]:
        """Those that nobody has begun are left out."""
        return [WrittenDiscipline.of(one) for one in await info.context.load(loaders.disciplines, self.action.corrective_action_id)]

    @field(description="Its actions, oldest first, at most 200.", directives=(SEVERAL,))
    async def items(self, info: Info) -> list[ActionItem]:
        """Done and open."""
        return [ActionItem.of(one) for one in await info.context.load(loaders.items, self.action.corrective_action_id)]

    @field(description="The nonconformances that it is for, at most 50.", directives=(SEVERAL,))
    async def nonconformances(self, info: Info) -> list[Nonconformance]:
        """Those that concern the caller's sites."""
        ids = await info.context.load(loaders.causes, self.action.corrective_action_id)
        found = [await load_nonconformance(info.context, one) for one in ids]
        return [one for one in found if one is not None]

    @field(description="What has come back since the check was planned: nonconformances of what it watches, at most 100.", directives=(SEVERAL,))
    async def recurrences(self, info: Info) -> list[Nonconformance]:
        """Those that concern the caller's sites."""
        found = await info.context.load(loaders.recurrences, self.action)
        shown = [await load_nonconformance(info.context, one.nonconformance_id) for one in found]
        return [one for one in shown if one is not None]

    @field(description="What became of it, newest first.")
    async def history(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[QualityHistoryEntry]:
        """Nobody can change it."""
        return await history_of(info, subject_of(self.action.corrective_action_id), Page.of(first, after, last, before))

    @field(description="The signatures under it, newest first.")
    async def signatures(
        self, info: Info, *, first: int | None = None, after: str | None = None, last: int | None = None, before: str | None = None
    ) -> Connection[ElectronicSignature]:
        """Each time that its effect was judged."""
        return await signatures_of(info, subject_of(self.action.corrective_action_id), Page.of(first, after, last, before))


async def load_corrective_action(context: Context, corrective_action_id: UUID | None) -> CorrectiveAction | None:
    """One by its id, through the batch."""
    found = await context.load(loaders.actions, corrective_action_id) if corrective_action_id is not None else None
    return CorrectiveAction.of(found) if found else None


async def find_corrective_action(context: Context, public_id: str) -> CorrectiveAction | None:
    """One by its public id."""
    return await load_corrective_action(context, parse_uuid(public_id))


NODES = (NodeKind("CorrectiveAction", Permission.QUALITY_READ, find_corrective_action), *REQUEST_NODES)

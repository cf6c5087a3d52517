"""Tanks: what was filled in, what each draw took of it by a policy, and what is in it."""

import asyncio
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from backend.balance import tank_repository
from backend.balance.tank_facts import Line, TankEvent, TankStory, ToldFact, story_of
from backend.balance.tanks import Basis, Drawn, Share, TankHistory, TankPolicy, TankStep, follow
from backend.catalog.sites import Sites
from backend.events.canonical import Action, EventType, Role
from backend.genealogy.rules import Certainty
from backend.units.amounts import from_base
from infra.clock import now
from infra.database import TenantTransaction

# Of a tank with more events, the newest are told, and by no policy before the first cleaning among them.
MAXIMUM_EVENTS: Final = 2_000
MAXIMUM_LINES: Final = 50_000
# Shares are told of at most so many draws at once: each may take of all that was filled in.
MAXIMUM_DRAWS: Final = 200


@dataclass(frozen=True, slots=True)
class TankShare:
    """How much of one filled content a draw took, or the tank holds; None where the policy or the events don't tell."""

    content_id: int
    quantity: Decimal | None
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class TankDraw:
    """A draw: by a transformation (`node_id`), or by an event that took contents out. `uom` is empty for pieces.

    `overdrawn` is what it took beyond what is known to have been in the tank. `by_policy` is false where a quantity that the policy needs
    isn't told; then everything since the cleaning is possible. Of draws that weren't asked about, `shares` is empty.
    """

    number: int
    event_id: int
    node_id: int | None
    at: datetime
    quantity: Decimal | None
    uom: str
    basis: Basis
    overdrawn: Decimal
    level: Decimal | None
    by_policy: bool
    place: str | None
    step: str | None
    shares: tuple[TankShare, ...]


@dataclass(frozen=True, slots=True)
class TankFill:
    """What went in: a lot or unit, or the transformation that filled the tank."""

    number: int
    event_id: int
    content_id: int
    at: datetime
    quantity: Decimal | None
    basis: Basis
    level: Decimal | None


@dataclass(frozen=True, slots=True)
class TankLevel:
    """How much was in the tank after something happened to it."""

    number: int
    at: datetime
    step: TankStep
    event_id: int
    level: Decimal | None


@dataclass(frozen=True, slots=True)
class Tank:
    """A tank as of a moment by a policy, oldest first. `uom` is None where quantities aren't told or can't be added (`several_units`)."""

    policy: TankPolicy
    until: datetime
    uom: str | None
    several_units: bool
    truncated: bool
    cleaned_at: datetime | None
    level: Decimal | None
    fills: tuple[TankFill, ...]
    draws: tuple[TankDraw, ...]
    levels: tuple[TankLevel, ...]
    composition: tuple[TankShare, ...]
    sites: Sites | None = None


async def tank_shares(
    tx: TenantTransaction,
    tank_id: int,
    policy: TankPolicy,
    until: datetime | None = None,
    *,
    nodes: Collection[int] | None = None,
    sites: Sites | None = None,
) -> list[TankDraw]:
    """Each draw of a tank by then, oldest first, with its shares by filled content: for the trace (MODEL: Tanks).

    `nodes` are the transformations whose draws are asked about; without them the newest 200. A policy changes what is certain and how
    much, never what is reached: a content with a share of nought stays, as possible. Contents are those of the life of each draw alone. With
    `sites` only events there are looked at, and quantities worked out of them alone.
    """
    story, truncated = await _story(tx, tank_id, until or now(), sites)
    draws = [one for one in story.told if one.fact.step is TankStep.DRAWN and (nodes is None or one.event.node_id in nodes)]
    wanted = {one.fact.number for one in draws[-MAXIMUM_DRAWS:]}
    history = await asyncio.to_thread(follow, [one.fact for one in story.told], policy, wanted=wanted, begun=not truncated)
    return [draw for draw in _draws(story, history) if draw.number in wanted]


async def tank_history(
    tx: TenantTransaction,
    tank_id: int,
    policy: TankPolicy,
    until: datetime | None = None,
    *,
    wanted: Collection[int] = (),
    sites: Sites | None = None,
) -> Tank:
    """All that is told of a tank by then; shares of the draws with the numbers `wanted`."""
    moment = until or now()
    story, truncated = await _story(tx, tank_id, moment, sites)
    facts = [one.fact for one in story.told]
    history = await asyncio.to_thread(follow, facts, policy, wanted=frozenset(wanted), begun=not truncated)
    after = {level.fact.number: _told(level.level, story.uom) for level in history.levels}
    fills = tuple(
        TankFill(
            one.fact.number, one.event.event_id, one.content, one.fact.at, _told(one.fact.quantity, story.uom), one.fact.basis,
            after[one.fact.number],
        )
        for one in story.told
        if one.fact.step is TankStep.FILLED and one.content is not None
    )  # fmt: skip
    levels = tuple(TankLevel(one.fact.number, one.fact.at, one.fact.step, one.event.event_id, after[one.fact.number]) for one in story.told)
    return Tank(
        policy, moment, story.uom, story.several_units, truncated, history.cleaned_at, levels[-1].level if levels else None, fills,
        tuple(_draws(story, history)), levels, tuple(_share(share, story.uom) for share in history.composition), sites,
    )  # fmt: skip


def _draws(story: TankStory, history: TankHistory) -> list[TankDraw]:
    told = {one.fact.number: one for one in story.told}
    return [_draw(told[drawn.fact.number], drawn, story.uom) for drawn in history.draws]


def _draw(told: ToldFact, drawn: Drawn, uom: str | None) -> TankDraw:
    return TankDraw(
        told.fact.number, told.event.event_id, told.event.node_id, told.fact.at, _told(told.fact.quantity, uom), uom or "", told.fact.basis,
        _told(drawn.overdrawn, uom) or Decimal(0), _told(drawn.level, uom), drawn.by_policy,
        told.event.place, told.event.step, tuple(_share(share, uom) for share in drawn.shares),
    )  # fmt: skip


def _share(share: Share, uom: str | None) -> TankShare:
    return TankShare(share.content, _told(share.quantity, uom), share.certainty)


def _told(quantity: Fraction | None, uom: str | None) -> Decimal | None:
    return from_base(quantity, uom) if quantity is not None and uom is not None else None


async def _story(tx: TenantTransaction, tank_id: int, until: datetime, sites: Sites | None) -> tuple[TankStory, bool]:
    """The tank's story, and whether its beginning was cut off."""
    rows = await tank_repository.events_of(tx, tank_id, until, MAXIMUM_EVENTS + 1, sites)
    truncated = len(rows) > MAXIMUM_EVENTS
    rows = rows[:MAXIMUM_EVENTS]
    steps = {row["event_id"]: _node_key(row["transformation_id"], row["event_key"]) for row in rows if row["event_type"] == EventType.TRANSFORMATION}
    nodes = await tank_repository.nodes_by_key(tx, set(steps.values())) if steps else {}
    parts: dict[int, set[int]] = defaultdict(set)
    for row in await tank_repository.parts_of(tx, nodes.values(), MAXIMUM_LINES) if nodes else []:
        parts[row["node_id"]].add(row["event_id"])
    events = [
        TankEvent(
            row["event_id"], row["event_key"], row["event_time"], EventType(row["event_type"]), Action(row["action"]) if row["action"] else None,
            row["biz_step"], Role(row["role"]), row["quantity"], row["uom"], nodes.get(steps.get(row["event_id"], "")), row["place"],
        )
        for row in rows
    ]  # fmt: skip
    asked = {event.event_id for event in events}.union(*parts.values())
    lines: dict[int, list[Line]] = defaultdict(list)
    found = await tank_repository.lines_of(tx, asked, MAXIMUM_LINES + 1) if asked else []
    for row in found[:MAXIMUM_LINES]:
        lines[row["event_id"]].append(Line(row["object_id"], Role(row["role"]), row["quantity"], row["uom"]))
    return story_of(tank_id, events, lines, parts), truncated or len(found) > MAXIMUM_LINES


def _node_key(transformation_id: str | None, event_key: str) -> str:
    """As `backend.genealogy.rules.transformation_node` makes it."""
    return f"transformation:{transformation_id or f'urn:suyuan:transformation:{event_key}'}"
